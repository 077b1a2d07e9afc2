"""The end of each day: once over any number of processes, in order, and made up for after a standstill."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from hub.flows import days
from hub.store.tables import T
from hub.worker import Worker
from tests.hub.flows.world import World

MIDNIGHT = datetime(2026, 1, 5, 16, tzinfo=UTC)
"""The end of 5 January 2026 in Shanghai."""


def ended(world: World) -> list[date]:
    return [row.day for row in world.rows(T.day_end) if row.summary is not None]


def test_a_day_ends_at_its_shanghai_time_and_not_before(world: World) -> None:
    world.worker.drain()
    assert ended(world) == []
    world.time = MIDNIGHT + timedelta(minutes=29)
    world.worker.drain()
    assert ended(world) == []
    world.time = MIDNIGHT + timedelta(minutes=30)
    world.worker.drain()
    world.pass_time(hours=1)
    assert ended(world) == [date(2026, 1, 5)]


def test_what_a_day_booked_is_added_up(world: World) -> None:
    world.worker.drain()
    world.loan(world.routed())
    world.time = MIDNIGHT + timedelta(hours=1)
    world.worker.drain()
    summary = world.row(T.day_end, T.day_end.c.day == date(2026, 1, 5)).summary
    assert summary["difference_fen"] == 0
    assert sum(summary["entries"].values()) == len(world.rows(T.journal_entry))
    assert summary["matters"] == {}


def test_days_missed_in_a_standstill_are_ended_in_their_order(world: World) -> None:
    world.worker.drain()
    world.time = MIDNIGHT + timedelta(days=40)
    world.worker.drain()
    world.pass_time(seconds=6)
    found = world.rows(T.day_end, T.day_end.c.summary.is_not(None))
    assert [row.day for row in sorted(found, key=lambda row: row.day)] == [
        date(2026, 1, 5) + timedelta(days=n) for n in range(40)
    ]


def test_any_number_of_processes_end_a_day_once(world: World) -> None:
    world.worker.drain()
    world.time = MIDNIGHT + timedelta(days=3)
    start = threading.Barrier(4)
    workers = [Worker(world.context, owner=f"w{n}", signal=world.signal) for n in range(4)]

    def work(worker: Worker) -> None:
        start.wait(20)
        days.catch_up(world.context, world.time)
        worker.drain()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, workers))
    world.worker.drain()
    assert len(ended(world)) == 3
    assert world.rows(T.work) == []


def test_the_time_is_the_deployments_own(world: World) -> None:
    world.context = replace(world.context, day_end=time(3))
    world.worker = Worker(world.context, owner="test", signal=world.signal)
    world.worker.drain()
    world.time = MIDNIGHT + timedelta(hours=2, minutes=59)
    world.worker.drain()
    assert ended(world) == []
    world.pass_time(minutes=1)
    assert ended(world) == [date(2026, 1, 5)]


@pytest.mark.parametrize(("hours", "first"), [(-10, date(2026, 1, 3)), (1, date(2026, 1, 4))])
def test_the_count_begins_with_the_first_look(world: World, hours: int, first: date) -> None:
    """Days before the hub was there are nobody's; the day that runs will be ended."""
    world.time = datetime(2026, 1, 4, 16, tzinfo=UTC) + timedelta(hours=hours)
    world.worker.drain()
    assert [row.day for row in world.rows(T.day_end)] == [first]
