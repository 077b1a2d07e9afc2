"""Bid prices: made from what was routed before, used by decisions while fresh, and in their records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from hub.domain.prices import PriceSet
from hub.domain.routing import Decision, route
from hub.flows import bids
from hub.store import bids as kept
from hub.store.tables import T
from tests.hub.flows.world import World

LOANS = 6


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A hub whose quotas hold three of a day's six loans each."""
    made = World(database_url, daily_fen=3 * 1_200_000 + 1)
    yield made
    made.database.close()


def a_day(world: World, first: int = 1) -> None:
    for number in range(first, first + LOANS):
        world.submit(number)
    world.worker.drain()


def decision(world: World, application_id: str) -> Decision:
    row = world.row(T.routing_decision, T.routing_decision.c.application_id == application_id)
    return Decision.from_json(row.body)


def test_without_an_earlier_day_cost_alone_decides(world: World) -> None:
    a_day(world)
    world.pass_time(minutes=20)
    assert world.rows(T.price_set) == []


def test_an_earlier_day_makes_prices_that_decisions_weigh_and_record(world: World) -> None:
    a_day(world)
    world.pass_time(days=1)
    (made,) = world.rows(T.price_set)
    # The cheaper one has room for half of what is awaited, so its quota is worth something.
    assert Decimal(made.prices["alpha_main"]) > 0
    application_id = world.routed(number=20)
    found = decision(world, application_id)
    assert found.prices == {key: Decimal(price) for key, price in made.prices.items()}
    programmes = world.context.catalogue.programmes
    again = route(found.case, programmes, found.usage, now=found.decided_at, prices=found.prices)
    assert again == found


def test_stale_prices_leave_the_order_of_cost(world: World) -> None:
    dear = PriceSet(1, world.time, world.time + bids.LAST, {"alpha_main": Decimal("0.5")})
    with world.database.write() as tx:
        assert kept.keep(tx, dear)
        assert not kept.keep(tx, dear)
    assert decision(world, world.routed(1)).chosen == "beta_main"
    world.time += bids.LAST
    found = decision(world, world.routed(2))
    assert (found.chosen, found.prices) == ("alpha_main", {})


def test_prices_are_made_again_while_the_day_goes_on_and_not_sooner(world: World) -> None:
    a_day(world)
    world.pass_time(days=1)
    bids.look(world.context, world.time + bids.EVERY - timedelta(seconds=1))
    assert len(world.rows(T.price_set)) == 1
    bids.look(world.context, world.time + bids.EVERY)
    versions = [row.version for row in world.rows(T.price_set)]
    assert sorted(versions) == [1, 2]
