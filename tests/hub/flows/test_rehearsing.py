"""A dry run decides as the hub would and writes nothing; a record gives its decision again; days replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hub.domain.calendar import business_day
from hub.domain.routing.learning import DECAY
from hub.flows import rehearsing
from hub.flows.errors import NotKnown
from hub.store.tables import T
from hub.wiring import _apply
from tests.hub.flows.world import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    with made.database.write() as tx:
        _apply(tx, made.context.catalogue, made.time)
    yield made
    made.database.close()


def test_a_dry_run_is_the_decision_that_follows_and_leaves_nothing(world: World) -> None:
    world.submit(1)
    world.worker.drain()
    wish = world.submission(2)
    before = {name: world.rows(table) for name, table in T.metadata.tables.items()}
    reasons, tried = rehearsing.dry_run(world.context, wish)
    assert {name: world.rows(table) for name, table in T.metadata.tables.items()} == before
    made = world.submit(2).body["id"]
    world.worker.drain()
    (one,) = rehearsing.recorded(world.context, made)
    assert (reasons, one.agrees) == ((), True)
    assert tried is not None
    case = replace(tried.case, application_id=made)
    assert replace(tried, case=case) == one.decision


def test_what_is_not_admitted_is_told(world: World) -> None:
    wish = world.submission(1)
    reasons, decision = rehearsing.dry_run(world.context, wish.model_copy(update={"purpose": "stocks"}))
    assert ([why.code for why in reasons], decision) == (["purpose_not_allowed"], None)
    with pytest.raises(NotKnown):
        rehearsing.dry_run(world.context, wish.model_copy(update={"product": "house"}))
    with pytest.raises(NotKnown):
        rehearsing.recorded(world.context, "app_none")


def test_a_day_is_replayed_under_a_draft_with_what_partners_answered(world: World) -> None:
    for number in range(3):
        attempt = world.routed(number)
        fact = world.decline(attempt) if number == 0 else world.approve(attempt)
        world.call("alpha", "credit", f"m{number}", fact)
    world.worker.drain()
    day, found = business_day(world.time), world.context.catalogue
    same, beliefs = rehearsing.replay(world.context, day, day, found)
    assert (same.applications, same.changed, same.was) == (3, 0, same.draft)
    seen = beliefs["alpha"]
    assert (seen.approved, seen.declined) == (2 * DECAY, DECAY)
    draft = replace(found, programmes=found.programmes[1:])
    other, _ = rehearsing.replay(world.context, day, day, draft)
    assert (other.changed, other.draft.partners["beta"].loans) == (3, 3)
    assert other.draft.total.cost_fen > other.was.total.cost_fen
    nothing, _ = rehearsing.replay(world.context, day.replace(year=2025), day.replace(year=2025), found)
    assert nothing.applications == 0
