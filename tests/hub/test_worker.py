"""The worker does everything once, holds nobody's work up for another's, and ends what it began."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update
from sqlalchemy.exc import OperationalError

from connectors.port import Answer, Request, Uncertain
from hub.flows import outbound
from hub.flows.requests import queue_of
from hub.store import mailbox
from hub.store.mailbox import MAX_ATTEMPTS
from hub.store.tables import T
from hub.worker import LOCAL, Signal, Worker
from tests.hub.flows.world import World, say

PATIENCE = 20.0
"""Seconds after which a test that waits for a thread gives up."""


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A hub with two partners and an empty database."""
    made = World(database_url)
    yield made
    made.database.close()


class Hanging:
    """A partner that takes requests and does not answer until it is let go."""

    def __init__(self, world: World, name: str, times: int = 1) -> None:
        self.taken = threading.Semaphore(0)
        self.let_go = threading.Event()
        world.wires[name].reactions += [self._react] * times

    def _react(self, request: Request) -> Answer:
        self.taken.release()
        assert self.let_go.wait(PATIENCE)
        return say()


def answering(world: World, name: str, times: int) -> threading.Semaphore:
    """Let a partner answer at once; the semaphore counts what it took."""
    taken = threading.Semaphore(0)

    def react(request: Request) -> Answer:
        taken.release()
        return say()

    world.wires[name].reactions += [react] * times
    return taken


def await_all(taken: threading.Semaphore, times: int = 1) -> None:
    for _ in range(times):
        assert taken.acquire(timeout=PATIENCE)


@contextmanager
def working(world: World, **changes: Any) -> Iterator[Worker]:
    worker = Worker(replace(world.context, **changes), owner="test", signal=world.signal)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def stopping(worker: Worker) -> threading.Thread:
    """A thread in which the worker stops."""
    thread = threading.Thread(target=worker.stop, daemon=True)
    thread.start()
    return thread


def ends(thread: threading.Thread) -> bool:
    thread.join(PATIENCE)
    return not thread.is_alive()


def work(world: World) -> list[tuple[str, str, int, bool]]:
    return [(row.kind, row.state, row.attempts, row.lost) for row in world.rows(T.work)]


# One thread


def test_drain_does_all_that_is_due_and_what_that_causes(world: World) -> None:
    for number in range(3):
        world.submit(number)
    assert world.worker.drain() == 6  # each is routed, and sent
    assert len(world.wires["alpha"].sent) == 3
    assert world.worker.drain() == 0
    assert {state for _, state, _, _ in work(world)} == {"ready"}  # the queries, due later


def _poison(world: World, queue: str = LOCAL, kind: str = "apply", ref: str = "msg_none") -> None:
    with world.database.write() as tx:
        mailbox.put(tx, queue=queue, kind=kind, ref=ref, now=world.time)


POISONS = [
    {},
    {"kind": "route"},
    {"kind": "of a newer version"},
    {"queue": queue_of("alpha"), "kind": "send"},
]


@pytest.mark.parametrize("poison", POISONS)
def test_a_poisoned_job_holds_no_other_up_and_is_buried_after_its_attempts(
    world: World,
    poison: dict[str, str],
) -> None:
    application_id = world.routed()
    _poison(world, **poison)
    world.call("alpha", "credit", "m1", world.approve(application_id))
    world.worker.drain()
    assert world.application(application_id).state == "approved"
    w = T.work.c
    for attempt in range(1, MAX_ATTEMPTS):
        row = world.row(T.work, w.ref == "msg_none")
        assert (row.state, row.attempts) == ("ready", attempt)
        assert row.due_at > world.time
        world.pass_time(minutes=6)
    row = world.row(T.work, w.ref == "msg_none")
    assert (row.state, row.attempts) == ("buried", MAX_ATTEMPTS)
    assert row.error
    world.pass_time(days=1)
    assert world.row(T.work, w.ref == "msg_none").attempts == MAX_ATTEMPTS


def test_a_poisoned_message_in_a_batch_is_the_only_one_that_waits(world: World) -> None:
    ids = [world.routed(number) for number in range(5)]
    for number, application_id in enumerate(ids):
        world.call("alpha", "credit", f"m{number}", world.approve(application_id))
        if number == 2:
            _poison(world)
    world.worker.drain()
    assert {world.application(i).state for i in ids} == {"approved"}
    assert [kind for kind, state, attempts, _ in work(world) if attempts] == ["apply"]


def test_work_that_another_has_taken_over_is_left_to_it(world: World) -> None:
    """The route was chosen here, but the lease went to another meanwhile: nothing of it is kept."""
    application_id = str(world.submit().body["id"])
    original = world.connector.write

    def write(*args: Any, **kwargs: Any) -> Request:
        with world.database.write() as tx:
            tx.execute(update(T.work).values(attempts=T.work.c.attempts + 1, lease_by="another"))
        return original(*args, **kwargs)

    world.connector.write = write  # type: ignore[method-assign]
    assert world.worker.drain() == 1
    assert world.application(application_id).state == "submitted"
    assert not world.rows(T.attempt)
    assert not world.rows(T.message)
    assert [state for _, state, _, _ in work(world)] == ["leased"]


def test_work_that_comes_back_to_who_lost_it_is_held_twice_and_let_go_of_twice(world: World) -> None:
    world.submit()
    (first,) = world.worker._claim(LOCAL, 1)
    world.time += timedelta(minutes=1)
    with world.database.write() as tx:
        mailbox.take_back(tx, world.time)
    (second,) = world.worker._claim(LOCAL, 1)
    world.worker._do(first)
    world.time += timedelta(seconds=29)
    world.worker.keep_leases()
    world.time += timedelta(seconds=29)
    world.worker.keep_leases()
    assert [job[1] for job in work(world) if job[0] == "route"] == ["leased"]
    world.worker._do(second)
    assert not world.worker._held
    assert world.rows(T.attempt)


# Threads


def test_started_it_works_without_being_told_and_stopped_it_does_not(world: World) -> None:
    taken = answering(world, "alpha", 2)
    with working(world):
        world.submit(1)
        await_all(taken)
    assert world.attempt(world.row(T.application).id).state == "accepted"
    world.submit(2)
    assert len(world.wires["alpha"].sent) == 1


def test_what_was_begun_is_ended_before_it_stops(world: World) -> None:
    hanging = Hanging(world, "alpha")
    with working(world) as worker:
        world.submit()
        await_all(hanging.taken)
        stop = stopping(worker)
        hanging.let_go.set()
        assert ends(stop)
    assert world.attempt(world.row(T.application).id).state == "accepted"
    assert [state for _, state, _, _ in work(world)] == ["ready"]  # the query, due later


def test_what_was_claimed_and_not_begun_is_given_back_untouched(world: World) -> None:
    parallel = world.context.desks["alpha"].partner.parallel
    hanging = Hanging(world, "alpha", times=parallel)
    for number in range(parallel + 3):
        world.submit(number)
    _route_all(world)
    with working(world) as worker:
        await_all(hanging.taken, parallel)
        stop = stopping(worker)
        hanging.let_go.set()
        assert ends(stop)
    sends = [job for job in work(world) if job[0] == "send"]
    assert len(world.wires["alpha"].sent) + len(sends) == parallel + 3
    assert {job[1:] for job in sends} <= {("ready", 0, False)}
    world.worker.drain()
    assert len(world.wires["alpha"].sent) == parallel + 3


def _route_all(world: World) -> None:
    """Do the hub's own queue only, so that everything waits to be sent."""
    with world.database.write() as tx:
        jobs = mailbox.claim(tx, queue=LOCAL, most=100, owner="router", now=world.time)
    for job in jobs:
        outbound.route(world.context, job)


def test_a_hanging_partner_holds_nobody_elses_work(database_url: str) -> None:
    world = World(database_url, daily_fen=6 * 1_200_000)  # the dearer partner gets what exceeds this
    parallel = world.context.desks["alpha"].partner.parallel
    hanging = Hanging(world, "alpha", times=6)
    taken = answering(world, "beta", 3)
    with working(world):
        for number in range(9):
            world.submit(number)
        await_all(hanging.taken, parallel)
        await_all(taken, 3)
        assert len(world.wires["alpha"].sent) == parallel  # and no thread more
        assert world.call("beta", "credit", "m", world.approve(_of(world, "beta"))) == "received"
        hanging.let_go.set()
    world.worker.drain()
    assert {row.state for row in world.rows(T.attempt)} == {"accepted", "approved"}
    world.database.close()


class Ill:
    """A partner that answers none of a flood before it is let go, or that fails every time; it counts."""

    def __init__(self, world: World, name: str, times: int, *, fails: bool) -> None:
        self.let_go = threading.Event()
        self.at_once = self.most_at_once = 0
        self._fails, self._counting = fails, threading.Lock()
        world.wires[name].reactions += [self._react] * times

    def _react(self, request: Request) -> Answer:
        with self._counting:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self._fails:
                raise Uncertain("500")
            assert self.let_go.wait(PATIENCE)
            return say()
        finally:
            with self._counting:
                self.at_once -= 1


@pytest.mark.parametrize("fails", [True, False], ids=["errors", "floods"])
def test_an_ill_partner_costs_nobody_else_an_answer(database_url: str, fails: bool) -> None:
    world = World(database_url, daily_fen=(flood := 20) * 1_200_000)
    parallel = world.context.desks["alpha"].partner.parallel
    for number in range(flood + 3):
        world.submit(number)
    _route_all(world)  # the ill partner's work is queued before the others'
    ill = Ill(world, "alpha", flood, fails=fails)
    taken = answering(world, "beta", 3)
    with working(world):
        await_all(taken, 3)  # while the ill one has answered nothing
        assert not {r.state for r in world.rows(T.attempt, T.attempt.c.partner == "alpha")} & {"accepted"}
        ill.let_go.set()
    world.worker.drain()
    assert ill.most_at_once <= parallel < flood
    assert len(world.wires["alpha"].sent) == flood  # each once: what failed is asked about later, not now
    states = {(row.partner, row.state) for row in world.rows(T.attempt)}
    assert states == {("alpha", "uncertain" if fails else "accepted"), ("beta", "accepted")}
    world.database.close()


def _of(world: World, partner: str) -> str:
    return str(world.rows(T.attempt, T.attempt.c.partner == partner)[0].application_id)


def test_a_living_workers_leases_outlast_any_hanging_and_any_leap_of_time(world: World) -> None:
    hanging = Hanging(world, "alpha")
    with working(world) as worker:
        world.submit()
        await_all(hanging.taken)
        world.time += timedelta(days=1)
        worker.keep_leases()
        assert [job for job in work(world) if job[0] == "send"] == [("send", "leased", 1, False)]
        hanging.let_go.set()
    assert world.attempt(world.row(T.application).id).state == "accepted"


def test_a_dead_workers_request_is_asked_about_and_not_sent_again(world: World) -> None:
    world.submit()
    _route_all(world)
    with world.database.write() as tx:  # a worker of the same name claims it, and dies
        mailbox.claim(tx, queue=queue_of("alpha"), most=1, owner="test", now=world.time)
    world.worker.keep_leases()
    assert [job[1:] for job in work(world)] == [("leased", 1, False)]
    world.time += timedelta(minutes=1)
    world.worker.keep_leases()
    assert [job[1:] for job in work(world)] == [("ready", 1, True)]
    world.worker.drain()
    world.pass_time(minutes=1)
    assert [request.path for request in world.wires["alpha"].sent] == ["/query_credit"]


class Flaky:
    """A database that fails some times before it works again."""

    def __init__(self, world: World, failures: int) -> None:
        self._database = world.database
        self._failures = failures
        self.recovered = threading.Event()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._try(self._database.read) as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._try(self._database.write) as tx:
            yield tx

    def run(
        self, work: Callable[[Connection], Any], *, repeatable: bool = False, single: bool = False
    ) -> Any:
        with self.write() as tx:
            return work(tx)

    @contextmanager
    def _try(self, begin: Callable[[], Any]) -> Iterator[Connection]:
        self._failures -= 1
        if self._failures >= 0:
            raise OperationalError("SELECT", {}, Exception("the server is gone"))
        self.recovered.set()
        with begin() as tx:
            yield tx


def test_a_worker_outlives_a_database_that_fails(world: World) -> None:
    taken = answering(world, "alpha", 1)
    flaky = Flaky(world, failures=8)
    with working(world, database=flaky):
        world.submit()
        await_all(taken)
    assert flaky.recovered.is_set()
    assert world.attempt(world.row(T.application).id).state == "accepted"


# The signal


def test_a_wake_is_heard_by_the_waiter_of_its_queue() -> None:
    signal = Signal()
    signal.wake("b")
    assert signal.wait("a", 0, 0) == 0
    heard = list[int]()
    waiter = threading.Thread(target=lambda: heard.append(signal.wait("a", 0, PATIENCE)))
    waiter.start()
    signal.wake("a")
    assert ends(waiter)
    assert heard == [1]


def test_a_wake_between_two_waits_is_not_lost() -> None:
    signal = Signal()
    seen = signal.wait("a", 0, 0)
    signal.wake("a")
    seen_after = signal.wait("a", seen, PATIENCE)
    assert seen_after != seen
    signal.wake_all()
    assert signal.wait("a", seen_after, PATIENCE) != seen_after
    assert signal.wait("b", 0, 0) == 1  # what is for all is for every queue
