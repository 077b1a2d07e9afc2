"""A hint proves nothing: it makes the hub ask sooner, never more often, and changes nothing by itself."""

from __future__ import annotations

import pytest

from contracts.messages import Hint, HintAbout
from hub.store.tables import T
from tests.hub.flows.world import World, say


def hint(subject: str, about: HintAbout = HintAbout.CREDIT) -> Hint:
    return Hint(event_id=f"hint/{subject}", subject=subject, about=about)


def asked(world: World) -> list[str]:
    return [request.path for request in world.wires["alpha"].sent]


def test_a_hint_brings_the_question_forward_and_the_answer_decides(world: World) -> None:
    application_id = world.routed()
    world.wires["alpha"].then(say())
    world.pass_time(seconds=30)
    assert asked(world) == ["/apply", "/query_credit"]
    # The next question would wait twice the spacing; the hint lets it come as soon as the partner allows.
    world.wires["alpha"].then(say(world.approve(application_id)))
    assert world.call("alpha", "credit", "h1", hint(world.attempt(application_id).id)) == "received"
    world.pass_time(seconds=29)
    assert asked(world) == ["/apply", "/query_credit"]
    world.pass_time(seconds=1)
    assert asked(world)[-1] == "/query_credit"
    assert world.application(application_id).state == "approved"


def test_many_hints_ask_no_more_often_than_the_partner_allows(world: World) -> None:
    application_id = world.routed()
    subject = world.attempt(application_id).id
    for second in range(60):
        for _ in range(3):
            world.call("alpha", "credit", f"h{second}", hint(subject))
        world.pass_time(seconds=1)
    assert asked(world).count("/query_credit") <= 2
    assert world.application(application_id).state == "reviewing"


@pytest.mark.parametrize("about", HintAbout)
def test_a_hint_about_nothing_of_ours_leaves_nothing(world: World, about: HintAbout) -> None:
    application_id = world.routed()
    kept = len(world.rows(T.message, T.message.c.direction == "in"))
    assert world.call("alpha", "credit", "h", hint("att_unknown", about)) == "received"
    assert world.call("beta", "credit", "h", hint(world.attempt(application_id).id, about)) == "received"
    world.worker.drain()
    assert len(world.rows(T.message, T.message.c.direction == "in")) == kept
    assert asked(world) == ["/apply"]


def test_a_hint_about_a_drawdown_asks_about_the_drawdown(world: World) -> None:
    application_id = world.routed()
    draw_no = world.drawn(application_id)
    world.pass_time(seconds=30)
    before = asked(world).count("/query_drawdown")
    world.wires["alpha"].then(say(world.disbursed(application_id)))
    world.call("alpha", "drawdown", "h", hint(draw_no, HintAbout.DRAWDOWN))
    world.pass_time(seconds=30)
    assert asked(world).count("/query_drawdown") == before + 1
    assert world.application(application_id).state == "repaying"
