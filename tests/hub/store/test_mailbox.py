"""The mailbox: heads of lanes in their order, leases that are fenced, and messages that are kept once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, NoResultFound

from hub.store import mailbox, workload
from hub.store.mailbox import LEASE, MAX_ATTEMPTS, Job, Kept, LeaseLost
from hub.store.session import Database
from hub.store.tables import T

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
PATIENCE = 20.0
"""Seconds after which a test that waits for another thread gives up."""


def put(database: Database, *refs: str, lane: str | None = None, due_at: datetime = NOW) -> None:
    with database.write() as tx:
        for ref in refs:
            mailbox.put(tx, queue="q", kind="k", ref=ref, lane=lane, now=NOW, due_at=due_at)


def claim(database: Database, most: int = 10, now: datetime = NOW, owner: str = "me") -> list[Job]:
    with database.write() as tx:
        return mailbox.claim(tx, queue="q", most=most, owner=owner, now=now)


def done(database: Database, *jobs: Job) -> None:
    with database.write() as tx:
        for job in jobs:
            mailbox.done(tx, job)


def refs(jobs: Sequence[Job]) -> list[str]:
    return [job.ref for job in jobs]


def left(database: Database) -> dict[str, str]:
    """What is in the mailbox: its state by its ref."""
    with database.read() as tx:
        rows = tx.execute(select(T.work.c.ref, T.work.c.state)).all()
    return {row.ref: row.state for row in rows}


def test_work_without_a_lane_is_claimed_oldest_first_and_once(database: Database) -> None:
    put(database, "b", due_at=NOW - timedelta(seconds=1))
    put(database, "a", "c", due_at=NOW - timedelta(seconds=2))
    put(database, "later", due_at=LATER)
    assert refs(claim(database, 2)) == ["a", "c"]
    assert refs(claim(database)) == ["b"]
    assert claim(database) == []
    assert refs(claim(database, now=LATER)) == ["later"]


def test_a_claim_is_of_its_queue_and_says_whether_it_would_find_anything(database: Database) -> None:
    with database.write() as tx:
        mailbox.put(tx, queue="other", kind="k", ref="x", now=NOW)
    put(database, "y", due_at=LATER)
    with database.read() as tx:
        assert [mailbox.first_due(tx, queue=q) for q in ("q", "other", "none")] == [LATER, NOW, None]
    assert claim(database) == []


def test_only_the_head_of_a_lane_is_claimed_and_the_next_when_it_is_gone(database: Database) -> None:
    put(database, "a1", "a2", "a3", lane="a")
    put(database, "b1", lane="b")
    first = claim(database)
    assert refs(first) == ["a1", "b1"]
    assert claim(database) == []
    done(database, *first)
    second = claim(database)
    assert refs(second) == ["a2"]
    with database.write() as tx:
        mailbox.bury(tx, second[0], error="no")
    assert refs(claim(database)) == ["a3"]
    assert left(database) == {"a2": "buried", "a3": "leased"}


def test_a_lane_waits_for_a_head_that_is_tried_again(database: Database) -> None:
    put(database, "a1", "a2", lane="a")
    (job,) = claim(database)
    with database.write() as tx:
        assert mailbox.retry(tx, job, due_at=LATER, error="not now")
    assert claim(database) == []
    again = claim(database, now=LATER)
    assert [(j.ref, j.attempts) for j in again] == [("a1", 2)]


def test_what_came_before_its_turn_stands_in_nobodys_way(database: Database) -> None:
    put(database, "early", "awaited", lane="a")
    (job,) = claim(database)
    with database.write() as tx:
        mailbox.requeue(tx, job, due_at=LATER, now=NOW)
    assert refs(claim(database)) == ["awaited"]
    (again,) = claim(database, now=LATER)
    assert (again.ref, again.lane, again.attempts) == ("early", None, 2)


def test_a_job_is_buried_after_its_last_attempt_and_may_still_be_finished(database: Database) -> None:
    put(database, "a1", "a2", lane="a")
    now = NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        (job,) = claim(database, now=now)
        assert (job.ref, job.attempts) == ("a1", attempt)
        now += timedelta(seconds=1)
        with database.write() as tx:
            assert mailbox.retry(tx, job, due_at=now, error="x" * 600) is (attempt < MAX_ATTEMPTS)
    assert left(database) == {"a1": "buried", "a2": "ready"}
    done(database, job)
    assert left(database) == {"a2": "ready"}


def test_an_attempt_of_which_nothing_is_known_is_called_lost(database: Database) -> None:
    put(database, "a")
    (job,) = claim(database)
    with database.write() as tx:
        mailbox.retry(tx, job, due_at=NOW, error="a bug", lost=True)
    assert [j.lost for j in claim(database)] == [True]


def test_an_error_is_kept_with_the_job_in_its_first_500_characters(database: Database) -> None:
    put(database, "a")
    (job,) = claim(database)
    with database.write() as tx:
        mailbox.bury(tx, job, error="x" * 600)
    with database.read() as tx:
        assert tx.execute(select(T.work.c.error)).scalar_one() == "x" * 500


def test_a_dead_workers_job_is_taken_back_and_called_lost_until_it_is_tried_again(database: Database) -> None:
    put(database, "a")
    claim(database)
    with database.write() as tx:
        assert mailbox.take_back(tx, NOW + LEASE) == 0
        assert mailbox.take_back(tx, NOW + LEASE + timedelta(seconds=1)) == 1
    (job,) = claim(database, now=LATER)
    assert (job.lost, job.attempts) == (True, 2)
    with database.write() as tx:
        mailbox.retry(tx, job, due_at=LATER, error="asked, and heard")
    assert [j.lost for j in claim(database, now=LATER)] == [False]


def test_a_living_worker_keeps_what_it_holds(database: Database) -> None:
    put(database, "mine", "theirs")
    held = claim(database, 1)
    others = claim(database, 1, owner="them")
    with database.write() as tx:
        mailbox.renew(tx, [*held, *others], owner="me", now=NOW + LEASE)
        assert mailbox.take_back(tx, NOW + LEASE + timedelta(seconds=1)) == 1
        mailbox.renew(tx, others, owner="them", now=LATER)  # too late
        mailbox.renew(tx, [], owner="them", now=LATER)
    assert left(database) == {"mine": "leased", "theirs": "ready"}


def test_what_workers_keep_dying_of_is_buried_and_its_lane_goes_on(database: Database) -> None:
    put(database, "deadly", "next", lane="a")
    now = NOW
    for _ in range(MAX_ATTEMPTS):
        assert refs(claim(database, now=now)) == ["deadly"]
        now += 2 * LEASE
        with database.write() as tx:
            assert mailbox.take_back(tx, now) == 1
    assert left(database) == {"deadly": "buried", "next": "ready"}


def test_deaths_are_counted_apart_from_tries(database: Database) -> None:
    """Tried eleven times in vain, a death or two say nothing about the work itself."""
    put(database, "a")
    for _ in range(MAX_ATTEMPTS - 1):
        (job,) = claim(database)
        with database.write() as tx:
            assert mailbox.retry(tx, job, due_at=NOW, error="out of reach")
    now = NOW
    for _ in range(MAX_ATTEMPTS - 1):
        claim(database, now=now)
        now += 2 * LEASE
        with database.write() as tx:
            assert mailbox.take_back(tx, now) == 1
    (job,) = claim(database, now=now)
    assert (job.tries, job.deaths) == (MAX_ATTEMPTS, MAX_ATTEMPTS - 1)
    with database.write() as tx:
        assert not mailbox.retry(tx, job, due_at=NOW, error="out of reach")


def test_a_job_given_back_before_it_began_was_never_claimed(database: Database) -> None:
    put(database, "a")
    (job,) = claim(database)
    with database.write() as tx:
        mailbox.give_back(tx, job)
    (again,) = claim(database)
    assert again == job


@pytest.mark.parametrize("finished", [True, False])
def test_who_lost_a_lease_can_neither_finish_nor_change_the_job(database: Database, finished: bool) -> None:
    put(database, "a1", "a2", lane="a")
    (stale,) = claim(database)
    with database.write() as tx:
        mailbox.take_back(tx, LATER)
    (held,) = claim(database, now=LATER, owner="them")
    if finished:
        done(database, held)
    for change in (
        lambda tx: mailbox.done(tx, stale),
        lambda tx: mailbox.retry(tx, stale, due_at=LATER, error=""),
        lambda tx: mailbox.retry(tx, replace(stale, attempts=MAX_ATTEMPTS), due_at=LATER, error=""),
        lambda tx: mailbox.bury(tx, stale, error=""),
        lambda tx: mailbox.requeue(tx, stale, due_at=LATER, now=LATER),
        lambda tx: mailbox.give_back(tx, stale),
    ):
        with pytest.raises(LeaseLost), database.write() as tx:
            change(tx)
    assert left(database) == ({"a2": "ready"} if finished else {"a1": "leased", "a2": "waiting"})


def test_a_number_never_comes_again(database: Database) -> None:
    """Whoever still holds what had it before would finish the new work by it."""
    put(database, "a")
    (stale,) = claim(database, owner="slow")
    done(database, stale)
    put(database, "b")
    (fresh,) = claim(database)
    assert (fresh.seq, fresh.attempts) != (stale.seq, stale.attempts)
    with pytest.raises(LeaseLost):
        done(database, stale)
    assert left(database) == {"b": "leased"}


def test_a_question_that_is_asked_again_keeps_some_tries(database: Database) -> None:
    put(database, "a")
    for _ in range(2 * MAX_ATTEMPTS):
        (job,) = claim(database)
        with database.write() as tx:
            mailbox.ask_again(tx, job, due_at=NOW, now=NOW)
    (job,) = claim(database)
    assert job.attempts < MAX_ATTEMPTS
    assert not job.lost


def test_who_was_only_late_may_still_finish(database: Database) -> None:
    put(database, "a")
    (late,) = claim(database)
    with database.write() as tx:
        mailbox.take_back(tx, LATER)
    done(database, late)
    assert left(database) == {}


def test_the_database_refuses_two_jobs_of_a_lane_in_hand(database: Database) -> None:
    put(database, "a1", lane="a")
    row = {"queue": "q", "kind": "k", "ref": "a2", "lane": "a", "state": "ready", "lost": False}
    with pytest.raises(IntegrityError), database.write() as tx:
        tx.execute(insert(T.work), {**row, "due_at": NOW, "attempts": 0, "created_at": NOW})


def test_the_backlog_counts_what_is_due_later_and_buried(database: Database) -> None:
    put(database, "a", "b", "c")
    put(database, "d", due_at=LATER)
    (job, *_) = claim(database, 1)
    with database.write() as tx:
        mailbox.bury(tx, job, error="no")
    claim(database, 1)
    with database.read() as tx:
        assert workload.backlog(tx, now=NOW) == {"buried": 1, "later": 1, "q": 2}


# Several at a time


def test_workers_at_the_same_time_never_share_a_job_or_a_lane(database: Database) -> None:
    for number in range(60):
        put(database, f"free-{number}")
        put(database, f"lane-{number % 6}-{number // 6}", lane=f"l{number % 6}")
    seen: list[str] = []
    in_lane: dict[str, int] = {}
    doubled: list[str] = []
    lock = threading.Lock()

    def work(name: str) -> None:
        idle = 0
        while idle < 50:
            jobs = claim(database, 5, owner=name)
            idle = idle + 1 if not jobs else 0
            for job in jobs:
                with lock:
                    seen.append(job.ref)
                    if job.lane is not None:
                        in_lane[job.lane] = in_lane.get(job.lane, 0) + 1
                        doubled.extend([job.lane] if in_lane[job.lane] != 1 else [])
            for job in jobs:
                if job.lane is not None:
                    with lock:
                        in_lane[job.lane] -= 1
                done(database, job)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, "abcd"))
    assert left(database) == {}
    assert sorted(seen) == sorted({*seen})
    assert len(seen) == 120
    assert not doubled
    for lane in range(6):
        order = [ref for ref in seen if ref.startswith(f"lane-{lane}-")]
        assert order == [f"lane-{lane}-{place}" for place in range(10)]


def test_a_job_put_while_the_head_of_its_lane_ends_is_not_forgotten(database: Database) -> None:
    """Whichever commits first, the newcomer ends up ready: it never waits for a head that is gone."""
    for number in range(20):
        put(database, f"head-{number}", lane="a")
        (head,) = claim(database)
        start = threading.Barrier(2)

        def end(head: Job = head, start: threading.Barrier = start) -> None:
            start.wait(PATIENCE)
            done(database, head)

        def add(number: int = number, start: threading.Barrier = start) -> None:
            start.wait(PATIENCE)
            put(database, f"next-{number}", lane="a")

        with ThreadPoolExecutor(2) as pool:
            for future in (pool.submit(end), pool.submit(add)):
                future.result(PATIENCE)
        (following,) = claim(database)
        assert following.ref == f"next-{number}"
        done(database, following)


def test_a_claimer_does_not_wait_for_another(database: Database) -> None:
    """On PostgreSQL a claim skips what another transaction is claiming; SQLite has one writer at a time."""
    if database.sqlite:
        pytest.skip("SQLite has one writer at a time")
    put(database, "a", "b")
    with ThreadPoolExecutor(1) as pool, database.write() as tx:
        assert refs(mailbox.claim(tx, queue="q", most=1, owner="one", now=NOW)) == ["a"]
        assert refs(pool.submit(claim, database, owner="two").result(PATIENCE)) == ["b"]


# Messages


def message(number: str = "n1", **changes: object) -> Kept:
    kept = Kept(
        id=f"msg_{number}",
        direction="in",
        partner="p",
        kind="k",
        source="callback",
        number=number,
        sha256="0" * 64,
        subject=None,
        sealed=b"\x00\xff",
        facts=None,
        at=NOW,
    )
    return replace(kept, **changes)  # type: ignore[arg-type]


def test_a_message_is_kept_once_and_answers_with_its_first_hash(database: Database) -> None:
    first, other = message(), message(id="msg_other", sha256="1" * 64)
    with database.write() as tx:
        assert mailbox.keep(tx, first) is None
        assert mailbox.keep(tx, first) == first.sha256
        assert mailbox.keep(tx, other) == first.sha256
        assert mailbox.keep(tx, message(id="msg_o", direction="out")) is None
        assert mailbox.keep(tx, message(id="msg_p", partner="q")) is None
    with database.read() as tx:
        assert mailbox.read(tx, first.id) == first
        with pytest.raises(NoResultFound):
            mailbox.read(tx, other.id)


def test_a_message_that_arrives_twice_at_once_is_kept_once(database: Database) -> None:
    start = threading.Barrier(4)

    def arrive(number: int) -> str | None:
        start.wait(PATIENCE)
        with database.write() as tx:
            return mailbox.keep(tx, message(id=f"msg_{number}", sha256=f"{number}" * 64))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(arrive, range(4)))
    first = answers.index(None)
    assert answers == [None if n == first else f"{first}" * 64 for n in range(4)]


def test_a_nonce_is_used_once_per_partner(database: Database) -> None:
    with database.write() as tx:
        used = [mailbox.use_nonce(tx, partner=p, nonce="n", now=NOW) for p in ("a", "a", "b")]
    assert used == [True, False, True]
