"""Breakers suspend a partner with a reason; what was begun goes on; a person, or the rule, lets it go on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.messages import BalanceTold, DrawdownOutcome, DrawdownTold
from contracts.programme import Breakers
from hub.config.load import Configuration
from hub.flows import desk
from hub.store.audit import audit
from hub.store.tables import T
from hub.worker import Worker
from tests.hub.flows.world import World, say

ANN = {"why": "they have topped it up", "who": "operator:ann"}


def ruled(world: World, name: str = "alpha", **rules: Any) -> None:
    one = world.context.desks[name]
    partner = one.partner.model_copy(update={"breakers": Breakers(**rules)})
    world.context.desks[name] = replace(one, partner=partner)  # type: ignore[index]


def only(world: World, name: str) -> None:
    """Leave one partner's programmes in the catalogue."""
    found = world.context.catalogue
    kept = tuple(p for p in found.programmes if p.partner == name)
    changed = Configuration(found.products, found.partners, found.agreements, kept)
    changing(world, catalogue=changed)


def changing(world: World, **changes: Any) -> None:
    world.context = replace(world.context, **changes)
    world.worker = Worker(world.context, owner="test", signal=world.signal)


def balance(fen: int) -> BalanceTold:
    return BalanceTold(event_id=f"b{fen}", account_no="A1", total_fen=fen, available_fen=fen)


def matter(world: World, kind: str) -> Any:
    return world.row(T.matter, T.matter.c.kind == kind, T.matter.c.state == "open")


LOW = {"balance_account": "A1", "balance_min_fen": 1_000_000_00}


def low(world: World) -> None:
    """Let the next question about alpha's balance be answered with too little."""
    world.wires["alpha"].then(say(balance(5_000_00)))
    world.pass_time(minutes=11)


def test_too_little_balance_sends_new_applications_elsewhere_with_the_reason(world: World) -> None:
    ruled(world, **LOW)
    low(world)
    found = matter(world, "low_balance")
    assert (found.partner, "5000.00 yuan available" in found.reason) == ("alpha", True)
    application_id = world.routed()
    assert world.attempt(application_id).partner == "beta"
    decision = world.row(T.routing_decision).body
    (refused,) = decision["refusals"]
    assert [why["code"] for why in refused["reasons"]] == ["partner_suspended"]


def test_a_payout_is_delayed_and_goes_when_a_person_lets_it(world: World) -> None:
    application_id = world.routed()
    ruled(world, **LOW)
    low(world)
    before = len(world.wires["alpha"].sent)
    world.drawn(application_id)
    world.pass_time(minutes=5)
    sent = [request.path for request in world.wires["alpha"].sent[before:]]
    assert "/drawdown" not in sent
    assert world.attempt(application_id).state == "drawing"
    desk.dismiss(world.context, matter(world, "low_balance").id, **ANN)
    world.worker.drain()
    assert "/drawdown" in [request.path for request in world.wires["alpha"].sent]
    assert len(world.rows(T.message, T.message.c.kind == "drawdown")) == 1  # the bytes of the first time
    assert [row.what for row in world.rows(T.event, T.event.c.machine == "matter")] == ["resumed"]
    assert audit(world.database)[0] == []


def test_the_balance_is_checked_again_after_a_person_let_it_go_on(world: World) -> None:
    ruled(world, **LOW)
    low(world)
    desk.dismiss(world.context, matter(world, "low_balance").id, **ANN)
    low(world)
    assert len(world.rows(T.matter)) == 2
    assert matter(world, "low_balance").times == 1
    low(world)
    assert matter(world, "low_balance").times == 2


@pytest.mark.parametrize(("resume", "left"), [("rule", 0), ("person", 1)])
def test_enough_balance_lets_it_go_on_where_the_rule_may(world: World, resume: str, left: int) -> None:
    ruled(world, **LOW, resume=resume)
    low(world)
    world.wires["alpha"].then(say(balance(2_000_000_00)))
    world.pass_time(minutes=11)
    assert len(world.rows(T.matter, T.matter.c.state == "open")) == left


def test_a_balance_in_a_callback_counts_as_well(world: World) -> None:
    ruled(world, **LOW)
    world.tell("alpha", "balance", balance(1))
    assert matter(world, "low_balance")


def test_what_only_a_suspended_partner_could_fund_waits_and_is_not_voided(world: World) -> None:
    ruled(world, **LOW)
    only(world, "alpha")
    low(world)
    application_id = world.routed()
    world.pass_time(minutes=5)
    assert world.application(application_id).state == "submitted"
    desk.dismiss(world.context, matter(world, "low_balance").id, **ANN)
    world.worker.drain()
    assert world.application(application_id).state == "reviewing"


def test_too_many_refusals_suspend_the_partner_and_are_counted_anew_afterwards(world: World) -> None:
    ruled(world, refusals=3)
    for number in range(3):
        application_id = world.routed(number)
        world.tell("alpha", "credit", world.decline(application_id))
        world.pass_time(seconds=6)
    found = matter(world, "refusals")
    assert "3 within 60 minutes" in found.reason
    assert world.attempt(world.routed(9)).partner == "beta"
    desk.dismiss(world.context, found.id, **ANN)
    world.pass_time(seconds=6)
    assert world.attempt(world.routed(10)).partner == "alpha"
    assert len(world.rows(T.matter)) == 1


def test_refusals_that_lie_back_are_not_counted(world: World) -> None:
    ruled(world, refusals=2, window_minutes=5)
    for number in range(2):
        world.tell("alpha", "credit", world.decline(world.routed(number)))
        world.pass_time(minutes=6)
    assert world.rows(T.matter) == []


def test_failed_payouts_suspend_the_partner(world: World) -> None:
    ruled(world, unpaid=2)
    for number in range(2):
        application_id = world.routed(number)
        draw_no = world.drawn(application_id)
        failed = DrawdownTold(event_id=f"f{number}", subject=draw_no, outcome=DrawdownOutcome.FAILED)
        world.tell("alpha", "drawdown", failed)
        world.pass_time(seconds=6)
    assert matter(world, "unpaid").partner == "alpha"


def test_mass_voiding_stops_until_a_person_has_looked(world: World) -> None:
    only(world, "nobody")
    changing(world, voids_per_hour=2)
    for number in range(2):
        world.routed(number)
        world.pass_time(seconds=6)
    found = matter(world, "voids")
    waiting = world.routed(3)
    world.pass_time(minutes=5)
    assert world.application(waiting).state == "submitted"
    desk.dismiss(world.context, found.id, **ANN)
    world.worker.drain()
    assert world.application(waiting).state == "declined"


def test_without_an_agreement_for_the_day_a_partner_is_not_eligible(world: World) -> None:
    found = world.context.catalogue
    ended = tuple(
        a.model_copy(update={"effective_to": a.effective_from}) if a.partner == "alpha" else a
        for a in found.agreements
    )
    changing(world, catalogue=Configuration(found.products, found.partners, ended, found.programmes))
    application_id = world.routed()
    assert world.attempt(application_id).partner == "beta"
    (refused,) = world.row(T.routing_decision).body["refusals"]
    assert [why["code"] for why in refused["reasons"]] == ["no_agreement"]
