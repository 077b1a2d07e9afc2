"""A request leaves only the hands that hold it, and a question is asked until it is answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.port import Uncertain, Unreachable
from contracts.application import DrawdownWish
from contracts.messages import CreditOutcome, CreditTold, DrawdownOutcome
from hub.flows import inbound, outbound, requests
from hub.store import mailbox
from hub.store.mailbox import LEASE, MAX_ATTEMPTS, Job, LeaseLost
from hub.store.tables import T
from tests.hub.flows.world import World, say


def _claimed(world: World, owner: str) -> Job:
    with world.database.write() as tx:
        mailbox.take_back(tx, world.time)
        (job,) = mailbox.claim(tx, queue="partner:alpha", most=5, owner=owner, now=world.time)
    return job


def _written(world: World) -> None:
    """Submit and route, and leave the request unsent."""
    world.submit()
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue="local", most=5, owner="router", now=world.time)
    outbound.route(world.context, job)


def test_who_lost_the_lease_before_sending_sends_nothing(world: World) -> None:
    _written(world)
    slow = _claimed(world, "slow")
    world.time += LEASE + timedelta(seconds=1)
    _claimed(world, "quick")
    with pytest.raises(LeaseLost):
        requests.send(world.context, slow)
    assert not world.wires["alpha"].sent


def test_who_stood_still_for_a_lease_before_dialling_sends_nothing(world: World) -> None:
    _written(world)
    job = _claimed(world, "slow")
    times = iter([world.time, world.time + LEASE])
    with pytest.raises(LeaseLost):
        requests.send(replace(world.context, clock=lambda: next(times)), job)
    assert not world.wires["alpha"].sent


def test_no_such_order_counts_from_when_the_request_may_last_have_left(world: World) -> None:
    """Out of reach for longer than the partner's delay, then a request that is under way or lost."""
    world.wires["alpha"].then(*[Unreachable("no connection")] * 9, Uncertain("timeout"))
    application_id = world.routed()
    asked_at = world.time
    while world.attempt(application_id).state == "written":
        world.pass_time(minutes=5)
    assert world.time - asked_at > timedelta(minutes=10)
    attempt = world.attempt(application_id)
    gone = CreditTold(event_id="q", subject=attempt.id, outcome=CreditOutcome.NOT_FOUND)
    world.wires["alpha"].then(say(gone))
    world.pass_time(seconds=31)
    assert world.wires["alpha"].sent[-1].path == "/query_credit"
    assert world.attempt(application_id).state == "uncertain"


@pytest.mark.parametrize("leap", [timedelta(days=3), timedelta(hours=-1)])
def test_no_such_order_is_not_believed_because_a_clock_has_leapt(world: World, leap: timedelta) -> None:
    world.wires["alpha"].then(Uncertain("timeout"))
    application_id = world.routed()
    gone = CreditTold(event_id="q", subject=world.attempt(application_id).id, outcome=CreditOutcome.NOT_FOUND)
    world.wires["alpha"].reactions += [lambda request: say(gone)] * 99
    sent_at = world.time
    world.time += leap
    while world.rows(T.attempt)[0].state == "uncertain":
        world.pass_time(seconds=50)
    truly = world.time - leap - sent_at
    assert truly >= timedelta(minutes=10), "the partner's own delay has passed by a clock that did not leap"
    assert truly <= abs(leap) + timedelta(minutes=30)


def test_a_partner_that_has_it_after_all_is_believed(world: World) -> None:
    world.wires["alpha"].then(Uncertain("timeout"))
    application_id = world.routed()
    attempt = world.attempt(application_id)
    gone, has = (
        CreditTold(event_id="q", subject=attempt.id, outcome=outcome)
        for outcome in (CreditOutcome.NOT_FOUND, CreditOutcome.PENDING)
    )
    world.wires["alpha"].then(*[say(gone)] * 5, say(has))
    for _ in range(5):
        world.pass_time(minutes=3)
    assert world.attempt(application_id).absences == 5
    world.pass_time(minutes=3)
    attempt = world.attempt(application_id)
    assert (attempt.state, attempt.absences, attempt.absent_at) == ("accepted", 0, None)


def test_a_question_is_asked_until_it_is_answered(world: World) -> None:
    world.wires["alpha"].then(Uncertain("timeout"))
    application_id = world.routed()
    world.wires["alpha"].then(*[Unreachable("no connection")] * MAX_ATTEMPTS, *[Uncertain("slow")] * 9)
    for _ in range(MAX_ATTEMPTS + 9):
        world.pass_time(minutes=6)
    world.wires["alpha"].then(say(world.approve(application_id)))
    world.pass_time(minutes=6)
    assert world.application(application_id).state == "approved"


def test_doubt_about_the_request_for_credit_is_none_about_the_drawdown(world: World) -> None:
    """Whoever sent it died, the approval came and was drawn, and the drawdown is in doubt by itself."""
    _written(world)
    _claimed(world, "mortal")
    (application,) = world.rows(T.application)
    world.call("alpha", "credit", "m1", world.approve(application.id))
    with world.database.write() as tx:
        jobs = mailbox.claim(tx, queue="local", most=5, owner="me", now=world.time)
    inbound.apply(world.context, jobs)
    wish = DrawdownWish(amount_fen=1_200_000)
    outbound.request_drawdown(world.context, application.id, wish, owner="shop", key="d", sha256="x")
    world.time += LEASE + timedelta(seconds=1)
    requests.send(world.context, _claimed(world, "next"))
    assert world.attempt(application.id).state == "drawing"
    world.wires["alpha"].then(Uncertain("timeout"))
    world.worker.drain()
    assert world.attempt(application.id).state == "draw_uncertain"
    world.pass_time(seconds=31)
    assert [request.path for request in world.wires["alpha"].sent] == ["/drawdown", "/query_drawdown"]


def test_an_approval_told_again_after_the_drawdown_failed_confirms(world: World) -> None:
    application_id = world.routed()
    approved = world.approve(application_id)
    world.tell("alpha", "credit", approved)
    wish = DrawdownWish(amount_fen=1_200_000)
    outbound.request_drawdown(world.context, application_id, wish, owner="shop", key="d", sha256="x")
    world.worker.drain()
    failed = world.disbursed(
        application_id,
        outcome=DrawdownOutcome.FAILED,
        loan_no=None,
        amount_fen=None,
        disbursed_on=None,
        reason_code="ACCOUNT",
    )
    world.tell("alpha", "drawdown", failed)
    world.tell("alpha", "credit", approved)
    assert not world.parked()
    assert world.attempt(application_id).partner == "beta"
