"""What is overdue goes to a person and stays pending; it ends by itself when the partner decides."""

from __future__ import annotations

from contracts.messages import CreditOutcome, CreditTold
from hub.flows import desk
from hub.store.audit import audit
from hub.store.tables import T
from tests.hub.flows.world import World, say

ANN = {"why": "called them", "who": "operator:ann"}


def overdue(world: World) -> list[tuple[str, str]]:
    return [(row.about, row.state) for row in world.rows(T.matter, T.matter.c.kind == "overdue")]


def pending(world: World, attempt_id: str) -> None:
    """Let alpha say for a long time that it has not decided."""
    told = CreditTold(event_id="p", subject=attempt_id, outcome=CreditOutcome.PENDING)
    world.wires["alpha"].reactions += [lambda request: say(told)] * 200


def test_an_outcome_that_is_overdue_goes_to_a_person_once_and_stays_pending(world: World) -> None:
    application_id = world.routed()
    pending(world, world.attempt(application_id).id)
    world.pass_time(hours=23)
    assert overdue(world) == []
    world.pass_time(hours=2)
    world.pass_time(hours=2)
    assert overdue(world) == [("credit", "open")]
    matter = world.row(T.matter)
    assert (matter.application_id, matter.partner) == (application_id, "alpha")
    assert world.application(application_id).state == "reviewing"
    assert len(world.rows(T.attempt)) == 1  # nobody else is asked while it is open


def test_the_partners_word_ends_it(world: World) -> None:
    application_id = world.routed()
    pending(world, world.attempt(application_id).id)
    world.pass_time(hours=25)
    world.tell("alpha", "credit", world.approve(application_id))
    world.pass_time(minutes=1)
    assert overdue(world) == [("credit", "closed")]
    assert world.row(T.matter).closed_how == "ended"
    assert audit(world.database)[0] == []


def test_a_drawdown_that_is_overdue_is_another_matter(world: World) -> None:
    application_id = world.routed()
    pending(world, world.attempt(application_id).id)
    world.pass_time(hours=25)
    world.drawn(application_id)
    world.pass_time(hours=25)
    assert sorted(overdue(world)) == [("credit", "closed"), ("drawdown", "open")]


def test_what_a_person_dismissed_is_not_brought_up_again(world: World) -> None:
    application_id = world.routed()
    pending(world, world.attempt(application_id).id)
    world.pass_time(hours=25)
    desk.dismiss(world.context, world.row(T.matter).id, **ANN)
    world.pass_time(hours=25)
    assert overdue(world) == [("credit", "closed")]
