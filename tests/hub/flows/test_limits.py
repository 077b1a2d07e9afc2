"""A limit the lender freezes, closes or adjusts is obeyed when the borrower draws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from contracts.application import DrawdownWish
from contracts.messages import LimitState, LimitTold
from hub.flows import outbound
from hub.flows.errors import FlowError
from hub.store import queries
from hub.store.tables import T
from tests.hub.flows.world import World

SAID_AT = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


def limit(state: str, minute: int, available_fen: int = 1_200_000, **changes: Any) -> LimitTold:
    fields: dict[str, Any] = {
        "event_id": f"limit/{state}/{minute}",
        "occurred_at": SAID_AT + timedelta(minutes=minute),
        "credit_no": "C1",
        "state": LimitState(state),
        "total_fen": 1_200_000,
        "available_fen": available_fen,
    }
    return LimitTold(**{**fields, **changes})


def approved(world: World, number: int = 1) -> str:
    application_id = world.routed(number)
    world.tell("alpha", "credit", world.approve(application_id))
    return application_id


def draw(world: World, application_id: str, amount_fen: int = 1_200_000) -> str:
    wish = DrawdownWish(amount_fen=amount_fen)
    try:
        outbound.request_drawdown(
            world.context, application_id, wish, owner="shop", key=f"d{world.time}{amount_fen}", sha256="x"
        )
    except FlowError as refused:
        return refused.code
    return "drawn"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (limit("frozen", 1), "limit_frozen"),
        (limit("closed", 1), "limit_closed"),
        (limit("unsigned", 1), "limit_unsigned"),
        (limit("normal", 1, 1_199_999), "over_limit"),
        (limit("normal", 1, 0), "limit_used_up"),
        (limit("normal", 1), "drawn"),
        # A limit that was raised does not lend more than was asked for.
        (limit("normal", 1, 2_000_000, total_fen=2_000_000), "drawn"),
    ],
)
def test_a_drawdown_obeys_the_limit(world: World, said: LimitTold, code: str) -> None:
    application_id = approved(world)
    world.tell("alpha", "limit", said)
    assert not world.parked()
    assert draw(world, application_id) == code
    assert draw(world, application_id, 1_200_001) != "drawn"


def test_a_limit_set_free_again_is_drawn_on(world: World) -> None:
    application_id = approved(world)
    for fact in (limit("frozen", 1), limit("normal", 2, 500_000)):
        world.tell("alpha", "limit", fact)
    assert draw(world, application_id, 500_000) == "drawn"
    whats = [row.what for row in world.rows(T.event) if row.what.startswith("limit_")]
    assert whats == ["limit_frozen", "limit_normal"]


def test_every_order_of_the_words_ends_with_the_newest_even_before_the_approval(world: World) -> None:
    words = (limit("frozen", 1), limit("normal", 2, 7), limit("closed", 3))
    for number, order in enumerate(permutations((*words, None)), 1):
        application_id, name = world.routed(number), f"N{number}"
        for word in order:
            if word is None:
                world.tell("alpha", "credit", world.approve(application_id, credit_no=name))
            else:
                world.tell("alpha", "limit", word.model_copy(update={"credit_no": name}))
    world.pass_time(seconds=5)
    assert not world.parked()
    assert {(row.state, row.available_fen) for row in world.rows(T.credit_limit)} == {("closed", 1_200_000)}
    assert len(world.rows(T.credit_limit)) == 24


def test_the_same_word_again_changes_nothing_and_two_words_at_one_time_are_parked(world: World) -> None:
    application_id = approved(world)
    for fact in (limit("frozen", 1), limit("frozen", 1), limit("normal", 1)):
        world.tell("alpha", "limit", fact)
    (reason,) = world.parked()
    assert reason.startswith("at one time the limit is 'frozen'")
    assert draw(world, application_id) == "limit_frozen"
    assert len(world.rows(T.event, T.event.c.what == "limit_frozen")) == 1


def test_another_partners_word_does_not_touch_it(world: World) -> None:
    application_id = approved(world)
    world.tell("beta", "limit", limit("frozen", 1))
    assert draw(world, application_id) == "drawn"


def test_the_front_end_is_shown_the_limit(world: World) -> None:
    application_id = approved(world)
    world.tell("alpha", "limit", limit("frozen", 1, 900))
    found = queries.application(world.database, "shop", application_id)
    assert found is not None
    shown = found["attempts"][0]["limit"]
    assert (shown["state"], shown["available_fen"], shown["told_at"]) == (
        "frozen",
        900,
        SAID_AT + timedelta(minutes=1),
    )
