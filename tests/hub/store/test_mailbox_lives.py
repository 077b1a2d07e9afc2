"""Any order of claims, ends, crashes and comebacks: no work is lost, doubled or out of its lane's order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select

from hub.store import mailbox
from hub.store.mailbox import BURIED, LEASE, LEASED, MAX_ATTEMPTS, READY, WAITING, Job, LeaseLost
from hub.store.session import Database
from hub.store.tables import T

START = datetime(2026, 1, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Expected:
    """What the model knows of a job."""

    lane: str | None
    due_at: datetime
    place: int
    state: str = READY
    attempts: int = 0
    lost: bool = False
    deaths: int = 0
    until: datetime | None = None


class Mailbox(RuleBasedStateMachine):
    """The mailbox beside a model of it: a dictionary, and lanes as the order of their places."""

    jobs = Bundle("jobs")

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.now = START
        self.model: dict[str, Expected] = {}
        self.placed = 0
        with database.write() as tx:
            tx.execute(delete(T.work))

    def _settle(self) -> None:
        """The first of each lane that is not set aside is ready; the others wait."""
        taken = {job.lane for job in self.model.values() if job.state in (READY, LEASED)}
        for job in sorted(self.model.values(), key=lambda job: job.place):
            if job.state == WAITING and job.lane not in taken:
                job.state = READY
                taken.add(job.lane)

    def _add(self, ref: str, lane: str | None, due_at: datetime, attempts: int = 0) -> None:
        self.placed += 1
        state = READY if lane is None else WAITING
        self.model[ref] = Expected(lane, due_at, self.placed, state, attempts)
        self._settle()

    def _held(self, job: Job) -> Expected | None:
        found = self.model.get(job.ref)
        return found if found and found.state == LEASED and found.attempts == job.attempts else None

    @rule(lane=st.sampled_from([None, "a", "b"]), wait=st.integers(0, 3))
    def put(self, lane: str | None, wait: int) -> None:
        ref, due_at = f"job-{self.placed}", self.now + wait * SECOND
        with self.database.write() as tx:
            mailbox.put(tx, queue="q", kind="k", ref=ref, lane=lane, now=self.now, due_at=due_at)
        self._add(ref, lane, due_at)

    @rule(target=jobs, most=st.integers(1, 4))
    def claim(self, most: int) -> object:
        with self.database.write() as tx:
            found = mailbox.claim(tx, queue="q", most=most, owner="me", now=self.now)
        ready = [(j.due_at, j.place, ref) for ref, j in self.model.items() if j.state == READY]
        expected = [ref for due_at, _, ref in sorted(ready) if due_at <= self.now][:most]
        assert sorted(job.ref for job in found) == sorted(expected)
        for job in found:
            kept = self.model[job.ref]
            kept.state, kept.attempts, kept.until = LEASED, kept.attempts + 1, self.now + LEASE
            assert (job.attempts, job.lost, job.lane) == (kept.attempts, kept.lost, kept.lane)
            assert job.deaths == kept.deaths
        return multiple(*found)

    @rule(job=consumes(jobs))
    def done(self, job: Job) -> None:
        found = self.model.get(job.ref)
        with self.database.write() as tx:
            if found is None or found.attempts != job.attempts:
                with pytest.raises(LeaseLost):
                    mailbox.done(tx, job)
                return
            mailbox.done(tx, job)
        del self.model[job.ref]
        self._settle()

    @rule(job=consumes(jobs), wait=st.integers(0, 3), lost=st.booleans())
    def retry(self, job: Job, wait: int, lost: bool) -> None:
        held, due_at = self._held(job), self.now + wait * SECOND
        with self.database.write() as tx:
            if held is None:
                with pytest.raises(LeaseLost):
                    mailbox.retry(tx, job, due_at=due_at, error="", lost=lost)
                return
            alive = mailbox.retry(tx, job, due_at=due_at, error="", lost=lost)
        assert alive is (job.attempts - job.deaths < MAX_ATTEMPTS)
        held.state, held.lost = (READY, lost) if alive else (BURIED, False)
        held.due_at = due_at if alive else held.due_at
        self._settle()

    @rule(job=consumes(jobs))
    def bury(self, job: Job) -> None:
        held = self._held(job)
        with self.database.write() as tx:
            if held is None:
                with pytest.raises(LeaseLost):
                    mailbox.bury(tx, job, error="")
                return
            mailbox.bury(tx, job, error="")
        held.state, held.lost = BURIED, False
        self._settle()

    @rule(job=consumes(jobs), wait=st.integers(0, 3))
    def requeue(self, job: Job, wait: int) -> None:
        found, due_at = self.model.get(job.ref), self.now + wait * SECOND
        with self.database.write() as tx:
            if found is None or found.attempts != job.attempts:
                with pytest.raises(LeaseLost):
                    mailbox.requeue(tx, job, due_at=due_at, now=self.now)
                return
            mailbox.requeue(tx, job, due_at=due_at, now=self.now)
        del self.model[job.ref]
        self._settle()
        self._add(job.ref, None, due_at, job.attempts - job.deaths)

    @rule(job=consumes(jobs))
    def give_back(self, job: Job) -> None:
        held = self._held(job)
        with self.database.write() as tx:
            if held is None:
                with pytest.raises(LeaseLost):
                    mailbox.give_back(tx, job)
                return
            mailbox.give_back(tx, job)
        held.state, held.attempts = READY, held.attempts - 1

    @rule(seconds=st.sampled_from([1, 2, 31]))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule(job=jobs)
    def renew(self, job: Job) -> None:
        with self.database.write() as tx:
            mailbox.renew(tx, [job], owner="me", now=self.now)
        if held := self._held(job):
            held.until = self.now + LEASE

    @precondition(lambda self: any(job.state == LEASED for job in self.model.values()))
    @rule()
    def take_back(self) -> None:
        dead = [j for j in self.model.values() if j.state == LEASED and j.until and j.until < self.now]
        with self.database.write() as tx:
            assert mailbox.take_back(tx, self.now) == len(dead)
        for job in dead:
            job.deaths += 1
            if job.deaths >= MAX_ATTEMPTS:
                job.state = BURIED
            else:
                job.state, job.lost, job.due_at = READY, True, self.now
        self._settle()

    @invariant()
    def agrees_with_the_model(self) -> None:
        w = T.work.c
        with self.database.read() as tx:
            rows = tx.execute(select(w.ref, w.lane, w.state, w.attempts)).all()
        stored = sorted((row.ref, row.lane or "", row.state, row.attempts) for row in rows)
        known = sorted((ref, j.lane or "", j.state, j.attempts) for ref, j in self.model.items())
        assert stored == known


def test_no_order_of_events_loses_doubles_or_misorders_work(database: Database) -> None:
    examples = settings.default.max_examples if settings.default is not None else 100
    run_state_machine_as_test(
        lambda: Mailbox(database),
        settings=settings(max_examples=min(examples, 60), stateful_step_count=40, deadline=None),
    )
