"""Partners that tell no repayments are asked about every day, once, to its last page."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from connectors.port import Answer, Unreachable
from contracts.messages import PageTold
from hub.flows import day_inquiries
from hub.store.tables import T
from tests.hub.flows.world import World, say

DAY = date(2026, 1, 5)


def page(day: date, skip: int | None = None) -> PageTold:
    return PageTold(event_id=f"page/{day}/{skip}", day=day, skip=skip)


def asked(world: World, name: str = "alpha") -> list[tuple[str, int]]:
    bodies: list[dict[str, Any]] = [json.loads(request.body) for request in world.wires[name].sent]
    return [(body["day"], body["skip"]) for body in bodies if body["kind"] == "query_movements"]


def test_a_day_is_asked_about_when_it_has_ended_and_begun_but_once(world: World) -> None:
    day_inquiries.begin(world.context)
    day_inquiries.begin(world.context)
    world.wires["alpha"].then(say(page(DAY)), say(page(DAY + timedelta(days=1))))
    world.pass_time(hours=14)  # until midnight in Shanghai
    assert asked(world) == []
    world.pass_time(hours=1)
    assert asked(world) == [("2026-01-05", 0)]
    world.pass_time(days=1)
    assert asked(world) == [("2026-01-05", 0), ("2026-01-06", 0)]


def test_a_full_page_is_followed_by_the_next_and_every_row_is_applied(world: World) -> None:
    application_id = world.routed()
    loan = world.loan(application_id)
    day_inquiries.begin(world.context)
    first, second = (world.repayment(loan, f"S{period}", period) for period in (1, 2))
    world.wires["alpha"].then(say(first, page(DAY, skip=1)), say(second, page(DAY)))
    world.pass_time(hours=15)
    assert asked(world) == [("2026-01-05", 0), ("2026-01-05", 1)]
    assert len(world.rows(T.message, T.message.c.kind == "query_movements")) == 2
    paid = world.rows(T.money_event, T.money_event.c.kind == "repayment")
    assert [event.serial for event in paid] == ["S1", "S2"]
    assert not world.parked()


def test_no_failure_ends_the_asking(world: World) -> None:
    day_inquiries.begin(world.context)
    rubbish = Answer(200, {}, b"rubbish")
    world.wires["alpha"].then(
        Unreachable("down"), rubbish, rubbish, say(), *[Unreachable("down")] * 20, say(page(DAY))
    )
    world.pass_time(hours=15)
    for _ in range(40):
        world.pass_time(minutes=5)
    assert asked(world).count(("2026-01-05", 0)) == 25
    assert len(world.rows(T.matter, T.matter.c.partner == "alpha")) == 1
    world.wires["alpha"].then(say(page(DAY + timedelta(days=1))))
    world.pass_time(days=1)
    assert asked(world)[-1] == ("2026-01-06", 0)
