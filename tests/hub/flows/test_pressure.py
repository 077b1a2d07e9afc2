"""Back-pressure: applications are refused for a while, what was begun goes on, and callbacks are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.flows.errors import Busy
from hub.flows.pressure import Bounds, Pressure
from hub.store.gauge import INTAKE, Gauge
from hub.store.session import Database
from hub.store.tables import T
from hub.worker import Worker
from tests.hub.flows.world import World

Limited = Callable[..., World]


def limited(world: World, **bounds: int) -> World:
    world.context = replace(world.context, pressure=Pressure(Bounds(**bounds)))
    world.worker = Worker(world.context, owner="test", signal=world.signal)
    return world


def test_intake_stops_at_its_bound_and_goes_on_when_work_is_done(world: World) -> None:
    limited(world, intake=3)
    for number in range(3):
        world.submit(number)
    with pytest.raises(Busy) as busy:
        world.submit(3)
    assert busy.value.retry_after == 5
    assert len(world.rows(T.application)) == 3
    world.worker.drain()
    world.time += timedelta(seconds=1)
    assert world.submit(3).status == 201  # with the same key: nothing of the refused one was kept


def test_an_answer_given_before_is_given_again_however_much_waits(world: World) -> None:
    limited(world, intake=1)
    first = world.submit(1)
    again = world.submit(1)
    assert (again.replayed, again.body) == (True, first.body)


def test_what_is_declined_at_once_waits_for_nothing(world: World) -> None:
    limited(world, intake=1)
    world.submit(1)
    assert world.submit(2, amount_fen=50).body["state"] == "declined"


def test_other_processes_are_seen_with_the_next_count(world: World) -> None:
    """Two processes over one database: each counts what the other let in."""
    limited(world, intake=4)
    world.submit(0)
    mine = world.context
    limited(world, intake=4)
    for number in (1, 2, 3):
        world.submit(number)
    world.context = mine
    world.time += timedelta(seconds=1)
    with pytest.raises(Busy):
        world.submit(4)


def test_a_callback_is_kept_whatever_else_waits(world: World) -> None:
    application_id = world.routed()
    limited(world, intake=1, inbox=2)
    world.submit(2)
    with pytest.raises(Busy):
        world.submit(3)
    assert world.call("alpha", "credit", "m1", world.approve(application_id)) == "received"
    world.worker.drain()
    assert world.application(application_id).state == "approved"


def test_past_their_own_bound_partners_are_asked_to_send_again(world: World) -> None:
    fact = world.approve(world.routed())
    limited(world, inbox=2)
    assert [world.call("alpha", "credit", f"m{n}", fact, nonce=f"n{n}") for n in range(3)] == [
        "received",
        "received",
        "busy",
    ]
    world.worker.drain()
    world.time += timedelta(seconds=2)
    # Nothing of the refused one was kept: the very same delivery is taken now.
    assert world.call("alpha", "credit", "m2", fact, nonce="n2") == "received"


def test_asking_again_costs_no_statement(world: World) -> None:
    gauge = Gauge(INTAKE, 100, timedelta(seconds=1))
    assert gauge.admit(world.database, world.time)
    nothing = Database("sqlite:///nothing/there")  # a statement would fail
    assert all(gauge.admit(nothing, world.time) for _ in range(99))
    assert not gauge.admit(nothing, world.time)


def test_counting_walks_the_index_of_what_it_counts(world: World) -> None:
    gauge = Gauge(INTAKE, 100, timedelta(seconds=1))
    statement = str(gauge._count.compile(world.database._writing, compile_kwargs={"literal_binds": True}))
    with world.database.write() as tx:
        if world.database.sqlite:
            plan = str(tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement % ()}").all())
        else:
            tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = str(tx.exec_driver_sql(f"EXPLAIN {statement}").all())
    assert "work_intake" in plan
