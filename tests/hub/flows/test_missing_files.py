"""A file that has not come by its time is told of once; an empty day and a restated file are not missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from contracts.programme import DailyFile
from hub.flows import desk
from hub.flows.inbound import take_file
from hub.store.tables import T
from tests.hub.flows.world import World


def expecting(world: World, **changes: Any) -> None:
    fields = {"name": "repay_{day}.txt", "since": date(2026, 1, 5)} | changes
    one = world.context.desks["alpha"]
    partner = one.partner.model_copy(update={"daily_files": (DailyFile(**fields),)})
    world.context.desks["alpha"] = replace(one, partner=partner)  # type: ignore[index]


def at(world: World, day: int, hour: int, minute: int = 0) -> None:
    """Shanghai time, in January 2026."""
    world.time = datetime(2026, 1, day, hour, minute, tzinfo=UTC) - SHIFT
    world.pass_time(seconds=6)


SHIFT = timedelta(hours=8)


def missed(world: World) -> list[tuple[str, str]]:
    rows = world.rows(T.matter, T.matter.c.kind == "missing_file")
    return sorted((row.about, row.closed_how or "open") for row in rows)


def test_a_missing_file_is_told_of_once_after_its_time_and_ended_by_its_coming(world: World) -> None:
    expecting(world)
    at(world, 6, 8, 59)
    assert missed(world) == []
    at(world, 6, 9, 1)
    at(world, 6, 9, 30)
    assert missed(world) == [("repay_20260105.txt", "open")]
    assert world.row(T.matter).partner == "alpha"
    take_file(world.context, "alpha", "repay_20260105.txt", b"")
    world.worker.drain()
    assert missed(world) == [("repay_20260105.txt", "ended")]
    assert world.row(T.daily_file).facts == 0


def test_an_empty_day_is_a_file_and_nothing_is_missed(world: World) -> None:
    expecting(world)
    take_file(world.context, "alpha", "repay_20260105.txt", b"")
    at(world, 6, 10)
    assert missed(world) == []
    row = world.row(T.daily_file)
    assert (row.versions, row.facts) == (1, 0)


def test_a_partner_that_sends_nothing_on_an_empty_day_misses_nothing(world: World) -> None:
    expecting(world, empty="nothing")
    at(world, 8, 10)
    assert missed(world) == []


def test_a_restated_file_is_one_file_in_two_versions(world: World) -> None:
    expecting(world)
    loan = world.loan(world.routed())
    lines = [world.repayment(loan, f"R{n}", n).model_dump_json().encode() for n in (1, 2)]
    take_file(world.context, "alpha", "repay_20260105.txt", lines[0])
    take_file(world.context, "alpha", "repay_20260105.txt", lines[0])  # the very same
    take_file(world.context, "alpha", "repay_20260105.txt", b"\n".join(lines))
    row = world.row(T.daily_file)
    assert (row.versions, row.facts) == (2, 2)
    at(world, 6, 10)
    assert missed(world) == []


def test_a_file_nobody_can_read_has_come_and_calls_a_person_for_that(world: World) -> None:
    expecting(world)
    take_file(world.context, "alpha", "repay_20260105.txt", b"rubbish")
    at(world, 6, 10)
    assert [row.kind for row in world.rows(T.matter)] == ["parked"]
    assert world.row(T.daily_file).facts is None


def test_days_missed_are_all_told_of_and_a_dismissed_one_is_let_be(world: World) -> None:
    expecting(world, by=time(12))
    at(world, 8, 12, 1)
    assert [name for name, _ in missed(world)] == [
        "repay_20260105.txt",
        "repay_20260106.txt",
        "repay_20260107.txt",
    ]
    first = world.rows(T.matter, T.matter.c.about == "repay_20260105.txt")[0]
    desk.dismiss(world.context, first.id, why="they had no business that day", who="operator:ann")
    at(world, 8, 13)
    assert missed(world)[0] == ("repay_20260105.txt", "dismissed")
    assert len(missed(world)) == 3


def test_a_file_of_workdays_is_not_missed_at_a_weekend(world: World) -> None:
    expecting(world, on="workdays", since=date(2026, 1, 9))
    at(world, 12, 10)  # Friday's is due on Saturday; Saturday and Sunday have none
    assert missed(world) == [("repay_20260109.txt", "open")]
