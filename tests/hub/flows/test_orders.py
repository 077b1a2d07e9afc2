"""A loan that a payment channel pays out: once, by one number, believed when proven, and never twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from connectors.port import Rejected, Uncertain, Unreachable
from contracts.messages import OrderOutcome, OrderTold, RefundKind, RefundTold
from hub.domain.absence import ENOUGH
from hub.flows import outbound
from hub.flows.errors import OverLimit
from hub.store.tables import T
from tests.hub.flows.world import World, say

AMOUNT = 1_200_000


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A hub whose lenders have the channel `pay` pay their loans out."""
    made = World(database_url, holders={"disbursed_by": "pay"})
    yield made
    made.database.close()


def payouts(world: World) -> list[Any]:
    return sorted(world.rows(T.money_order), key=lambda order: order.seq)


def told(order: Any, outcome: OrderOutcome, **changes: Any) -> OrderTold:
    fields: dict[str, Any] = {"event_id": f"order/{order.id}/{outcome}", "subject": order.id}
    if outcome in (OrderOutcome.DONE, OrderOutcome.RETURNED):
        fields |= {"serial": "S1", "amount_fen": order.amount_fen, "done_on": date(2026, 1, 5)}
    return OrderTold(outcome=outcome, **{**fields, **changes})


def held(world: World) -> tuple[int, int]:
    """What the channel holds, and what has not reached the borrower: debit and credit."""
    books = world.books()
    return books.get(("custody", "pay"), 0), books.get(("undelivered", "alpha"), 0)


def states(world: World) -> list[str]:
    return [order.state for order in payouts(world)]


def test_the_funder_pays_the_channel_and_the_channel_pays_the_borrower(world: World) -> None:
    application = world.routed()
    loan = world.loan(application)
    (drawn,) = [json.loads(r.body) for r in world.wires["alpha"].sent if r.path == "/drawdown"]
    assert (drawn["payee"], drawn["bank_card"]) == ("备付金专户", "100000000001")
    (request,) = world.wires["pay"].sent
    asked = json.loads(request.body)
    (order,) = payouts(world)
    assert (asked["kind"], asked["subject"], asked["amount_fen"]) == ("pay_out", order.id, AMOUNT)
    assert (asked["payee"], asked["merchant"]) == ("钱试", None)
    assert (order.state, order.loan_id) == ("accepted", loan.id)
    assert held(world) == (AMOUNT, -AMOUNT)
    world.tell("pay", "order", told(order, OrderOutcome.DONE))
    assert held(world) == (0, 0)
    assert states(world) == ["done"]
    assert world.parked() == []


def test_an_entrusted_payment_goes_to_the_merchant(world: World) -> None:
    application = world.routed()
    attempt = world.attempt(application)
    world.tell("alpha", "credit", world.approve(application))
    wish = outbound.DrawdownWish(amount_fen=AMOUNT, merchant="M1")
    outbound.request_drawdown(world.context, application, wish, owner="shop", key="k", sha256="x")
    world.worker.drain()
    world.tell(attempt.partner, "drawdown", world.disbursed(application))
    asked = json.loads(world.wires["pay"].sent[0].body)
    assert (asked["merchant"], asked["payee"], asked["bank_card"]) == ("M1", None, None)


def test_a_lender_that_pays_itself_takes_no_merchant(database_url: str) -> None:
    world = World(database_url)
    application = world.routed()
    world.tell("alpha", "credit", world.approve(application))
    wish = outbound.DrawdownWish(amount_fen=AMOUNT, merchant="M1")
    with pytest.raises(OverLimit, match="leave merchant out"):
        outbound.request_drawdown(world.context, application, wish, owner="shop", key="k", sha256="x")
    world.database.close()


@pytest.mark.parametrize("order_of_arrival", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
def test_callback_query_and_file_are_equal_in_every_order(
    world: World, order_of_arrival: tuple[int, ...]
) -> None:
    world.loan(world.routed())
    (order,) = payouts(world)
    fact = told(order, OrderOutcome.DONE)

    def by_query() -> None:
        world.wires["pay"].then(say(fact))
        world.pass_time(hours=3)

    sources = (
        lambda: world.tell("pay", "order", fact),
        by_query,
        lambda: _take_file(world, fact),
    )
    for place in order_of_arrival:
        sources[place]()
    assert states(world) == ["done"]
    assert held(world) == (0, 0)
    assert world.parked() == []
    assert len(world.rows(T.journal_entry, T.journal_entry.c.kind == "paid_out")) == 1


def _take_file(world: World, fact: OrderTold) -> None:
    from hub.flows.inbound import take_file

    assert take_file(world.context, "pay", "settle.csv", fact.model_dump_json().encode())
    world.worker.drain()


def test_what_did_not_arrive_is_sent_again_with_the_same_bytes(world: World) -> None:
    world.wires["pay"].then(Unreachable("down"), Unreachable("down"))
    world.loan(world.routed())
    world.pass_time(seconds=2)
    world.pass_time(seconds=5)
    first, second, third = world.wires["pay"].sent
    assert first == second == third
    assert states(world) == ["accepted"]


def test_unknown_is_pending_and_asked_about_and_nothing_is_paid_beside_it(world: World) -> None:
    world.wires["pay"].then(Uncertain("timeout"))
    world.loan(world.routed())
    assert states(world) == ["uncertain"]
    (order,) = payouts(world)
    world.wires["pay"].then(say(told(order, OrderOutcome.NOT_FOUND)))
    world.pass_time(seconds=30)
    assert [r.path for r in world.wires["pay"].sent] == ["/pay_out", "/query_order"]
    assert states(world) == ["uncertain"], "no such order is early news before the partner's own delay"
    world.wires["pay"].then(say(told(order, OrderOutcome.DONE)))
    world.pass_time(minutes=10)
    assert states(world) == ["done"]
    assert [r.path for r in world.wires["pay"].sent].count("/pay_out") == 1


def test_a_proven_failure_is_decided_on_anew_under_a_new_number(world: World) -> None:
    world.loan(world.routed())
    for tries in (1, 2):
        world.tell("pay", "order", told(payouts(world)[-1], OrderOutcome.FAILED, reason_code="BALANCE"))
        assert states(world) == ["failed"] * tries + ["written"]
        world.pass_time(minutes=59)
        assert states(world)[-1] == "written", "the next decision waits for its hour"
        world.pass_time(minutes=1)
        assert states(world)[-1] == "accepted"
    assert held(world) == (AMOUNT, -AMOUNT)
    assert len({json.loads(r.body)["subject"] for r in world.wires["pay"].sent}) == 3
    world.tell("pay", "order", told(payouts(world)[-1], OrderOutcome.FAILED))
    assert states(world) == ["failed"] * 3
    assert "failed 3 times" in world.parked()[0]


@pytest.mark.parametrize("failure", [Rejected("no"), "not found after the partner's delay"])
def test_a_refusal_and_a_proven_absence_are_failures(world: World, failure: Any) -> None:
    world.wires["pay"].then(failure if isinstance(failure, Exception) else Uncertain("timeout"))
    world.loan(world.routed())
    (order, *_) = payouts(world)
    if not isinstance(failure, Exception):
        for _ in range(ENOUGH):
            assert states(world) == ["uncertain"]
            world.wires["pay"].then(say(told(order, OrderOutcome.NOT_FOUND)))
            world.pass_time(minutes=3)
    assert states(world) == ["failed", "written"]


def test_a_payout_that_comes_back_is_reversed_and_shown_to_a_person(world: World) -> None:
    world.loan(world.routed())
    (order,) = payouts(world)
    world.tell("pay", "order", told(order, OrderOutcome.DONE))
    back = told(order, OrderOutcome.RETURNED)
    world.tell("pay", "order", back)
    world.tell("pay", "order", back)
    assert states(world) == ["returned"]
    assert held(world) == (AMOUNT, -AMOUNT)
    assert len(world.rows(T.journal_entry, T.journal_entry.c.kind == "payout_returned")) == 1
    assert ["came back" in reason for reason in world.parked()] == [True]
    _unwind(world)
    assert world.row(T.loan).state == "cancelled"
    assert world.books() == {}


def _unwind(world: World) -> None:
    loan = world.row(T.loan)
    world.tell(
        loan.partner,
        "refund",
        RefundTold(
            event_id="u",
            loan_no=loan.loan_no,
            serial="U1",
            what=RefundKind.DISBURSEMENT,
            paid_on=date(2026, 1, 8),
            principal_fen=loan.principal_fen,
        ),
    )


def test_a_return_that_is_heard_of_first_says_that_it_was_done(world: World) -> None:
    world.loan(world.routed())
    (order,) = payouts(world)
    world.tell("pay", "order", told(order, OrderOutcome.RETURNED))
    world.tell("pay", "order", told(order, OrderOutcome.DONE))
    assert states(world) == ["returned"]
    assert held(world) == (AMOUNT, -AMOUNT)


def test_a_loan_unwound_before_it_was_paid_out_again_is_not_paid_out(world: World) -> None:
    world.loan(world.routed())
    world.tell("pay", "order", told(payouts(world)[0], OrderOutcome.FAILED))
    _unwind(world)
    world.pass_time(hours=2)
    assert states(world) == ["failed", "failed"]
    assert [r.path for r in world.wires["pay"].sent].count("/pay_out") == 1
    assert world.books() == {}


def test_a_loan_is_not_unwound_while_its_payout_is_under_way(world: World) -> None:
    world.loan(world.routed())
    _unwind(world)
    assert world.row(T.loan).state == "active"
    world.tell("pay", "order", told(payouts(world)[0], OrderOutcome.DONE))
    world.pass_time(minutes=2)
    assert world.row(T.loan).state == "cancelled"
    assert world.books() == {}


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"amount_fen": AMOUNT - 1}, "were ordered"), ({"subject": "ord_nobodys"}, "no order of ours")],
)
def test_what_contradicts_an_order_is_parked(world: World, changes: dict[str, Any], word: str) -> None:
    world.loan(world.routed())
    world.tell("pay", "order", told(payouts(world)[0], OrderOutcome.DONE, **changes))
    assert word in world.parked()[0]
    assert states(world) == ["accepted"]
    assert held(world) == (AMOUNT, -AMOUNT)


def test_another_partner_says_nothing_about_an_order(world: World) -> None:
    world.loan(world.routed())
    world.tell("beta", "order", told(payouts(world)[0], OrderOutcome.DONE))
    assert states(world) == ["accepted"]


def test_a_second_word_under_another_serial_number_is_parked(world: World) -> None:
    world.loan(world.routed())
    (order,) = payouts(world)
    world.tell("pay", "order", told(order, OrderOutcome.DONE))
    world.tell("pay", "order", told(order, OrderOutcome.DONE, serial="S2"))
    world.tell("pay", "order", told(order, OrderOutcome.FAILED))
    assert ["another serial" in world.parked()[0], "cannot happen" in world.parked()[1]] == [True, True]
    assert held(world) == (0, 0)


def test_the_database_holds_one_order_a_purpose(world: World) -> None:
    world.loan(world.routed())
    (order,) = payouts(world)
    world.tell("pay", "order", told(order, OrderOutcome.DONE))
    (order,) = payouts(world)
    again = {**order._asdict(), "id": "ord_2", "seq": 2, "state": "written"}
    with pytest.raises(IntegrityError), world.database.write() as tx:
        tx.execute(insert(T.money_order), again)
