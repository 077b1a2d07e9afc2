"""A loan that a payment channel collects: agreed, debited on its day, booked by the lender, never twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.port import Rejected, Uncertain
from contracts.application import DrawdownWish, RepaymentWish, SigningWish
from contracts.messages import (
    AgreementOutcome,
    AgreementTold,
    OneTimeCode,
    OrderOutcome,
    OrderTold,
    RepaymentKind,
    RepayOrderTold,
    RepayOutcome,
)
from hub.flows import collecting, outbound, repaying
from hub.flows.errors import NotKnown, OverLimit, WrongState
from hub.store.tables import T
from tests.hub.flows.world import World, say


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A hub whose lenders have the channel `pay` collect for them."""
    made = World(database_url, holders={"collected_by": "pay"})
    yield made
    made.database.close()


def agreement(order: Any, outcome: AgreementOutcome, **changes: Any) -> AgreementTold:
    return AgreementTold(event_id=f"agr/{outcome}", subject=order.id, outcome=outcome, **changes)


def orders(world: World, kind: str) -> list[Any]:
    return sorted(world.rows(T.money_order, T.money_order.c.kind == kind), key=lambda order: order.id)


def sign(world: World, application: str, key: str, code: str | None = None) -> str:
    wish = SigningWish(code=None if code is None else OneTimeCode(code))
    reply = repaying.sign(world.context, application, wish, owner="shop", key=key, sha256=key)
    world.worker.drain()
    return str(reply.body["state"])


def signed(world: World, application: str) -> None:
    world.tell("alpha", "credit", world.approve(application))
    world.wires["pay"].reactions.append(lambda request: _says(request, AgreementOutcome.CODE_SENT))
    assert sign(world, application, "s1") == "code_wanted"
    said = {"agreement_no": "XY1"}
    world.wires["pay"].reactions.append(lambda request: _says(request, AgreementOutcome.SIGNED, **said))
    assert sign(world, application, "s2", "123456") == "confirming"


def _says(request: Any, outcome: AgreementOutcome, **changes: Any) -> Any:
    subject = json.loads(request.body)["subject"]
    return say(AgreementTold(event_id=f"agr/{outcome}", subject=subject, outcome=outcome, **changes))


def lent(world: World) -> Any:
    """A loan of 12,000 yuan over 12 months, whose borrower has agreed to be debited."""
    application = world.routed()
    signed(world, application)
    wish = DrawdownWish(amount_fen=1_200_000)
    outbound.request_drawdown(world.context, application, wish, owner="shop", key="d", sha256="d")
    world.worker.drain()
    world.tell("alpha", "drawdown", world.disbursed(application))
    collecting.begin(world.context)
    return world.row(T.loan)


def on_due_day(world: World, period: int = 1) -> Any:
    term = world.row(T.plan_term, T.plan_term.c.period == period)
    world.time = world.time.replace(year=term.due_on.year, month=term.due_on.month, day=term.due_on.day)
    world.worker.drain()
    return term


def done(order: Any, amount_fen: int | None = None, serial: str = "S1") -> OrderTold:
    return OrderTold(
        event_id=f"order/{order.id}/done",
        subject=order.id,
        outcome=OrderOutcome.DONE,
        serial=serial,
        amount_fen=order.amount_fen if amount_fen is None else amount_fen,
    )


def paid(order: Any, outcome: RepayOutcome = RepayOutcome.PAID) -> RepayOrderTold:
    return RepayOrderTold(event_id=f"repay/{order.id}/{outcome}", subject=order.id, outcome=outcome)


def booked(world: World, loan: Any, order: Any, serial: str) -> Any:
    """What the lender tells of a repayment we asked it to book."""
    parts = {name: order.detail[name] for name in ("principal_fen", "interest_fen")}
    how = RepaymentKind(order.detail["how"])
    return world.repayment(loan, serial, order.detail["period"], how=how, paid_on=date(2026, 2, 5), **parts)


def held(world: World) -> tuple[int, int]:
    books = world.books()
    return books.get(("custody", "pay"), 0), books.get(("collected", "alpha"), 0)


def test_nobody_draws_before_the_agreement_is_signed(world: World) -> None:
    application = world.routed()
    world.tell("alpha", "credit", world.approve(application))
    with pytest.raises(WrongState, match="signs the debit agreement"):
        outbound.request_drawdown(
            world.context, application, DrawdownWish(amount_fen=1), owner="shop", key="d", sha256="d"
        )


def test_the_bank_sends_a_code_and_the_borrower_hands_it_in(world: World) -> None:
    application = world.routed()
    signed(world, application)
    (asked, confirmed) = [json.loads(request.body) for request in world.wires["pay"].sent]
    (order,) = orders(world, "sign_debit")
    assert (asked["kind"], asked["subject"], asked["limit_fen"]) == ("sign_debit", order.id, 2_400_000)
    assert (confirmed["kind"], confirmed["subject"], confirmed["code"]) == (
        "confirm_code",
        order.id,
        "123456",
    )
    assert (order.state, order.number) == ("done", "XY1")
    assert sign(world, application, "s3") == "signed"
    with pytest.raises(WrongState, match="no agreement waits"):
        sign(world, application, "s4", "123456")
    with pytest.raises(NotKnown):
        repaying.sign(world.context, application, SigningWish(), owner="thief", key="x", sha256="x")


def test_a_wrong_code_ends_nothing_and_a_lost_one_is_sent_anew(world: World) -> None:
    application = world.routed()
    world.tell("alpha", "credit", world.approve(application))
    world.wires["pay"].then(Uncertain("timeout"))
    sign(world, application, "s1")
    assert [order.state for order in orders(world, "sign_debit")] == ["uncertain"]
    sign(world, application, "s2")
    world.wires["pay"].then(Rejected("wrong code"))
    sign(world, application, "s3", "111111")
    (order,) = orders(world, "sign_debit")
    assert order.state == "accepted"
    assert [r.path for r in world.wires["pay"].sent] == ["/sign_debit", "/sign_debit", "/confirm_code"]
    assert "code_refused" in [event.what for event in world.rows(T.event)]
    world.tell("pay", "agreement", agreement(order, AgreementOutcome.SIGNED, agreement_no="XY1"))
    world.tell("pay", "agreement", agreement(order, AgreementOutcome.SIGNED, agreement_no="XY2"))
    assert "another number" in world.parked()[0]


def test_a_lender_that_collects_itself_has_no_agreement(database_url: str) -> None:
    world = World(database_url)
    application = world.routed()
    world.tell("alpha", "credit", world.approve(application))
    with pytest.raises(WrongState, match="collects through a channel"):
        sign(world, application, "s1")
    world.database.close()


def test_a_term_is_debited_on_its_day_and_booked_by_the_lender(world: World) -> None:
    loan = lent(world)
    world.pass_time(days=3)
    assert orders(world, "debit") == []
    term = on_due_day(world)
    (debit,) = orders(world, "debit")
    asked = json.loads(world.wires["pay"].sent[-1].body)
    assert (asked["kind"], asked["agreement_no"]) == ("debit", "XY1")
    assert asked["amount_fen"] == term.principal_fen + term.interest_fen
    assert held(world) == (0, 0)
    world.tell("pay", "order", done(debit))
    world.tell("pay", "order", done(debit))
    assert held(world) == (debit.amount_fen, -debit.amount_fen)
    (credit,) = orders(world, "repay")
    told = json.loads(world.wires["alpha"].sent[-1].body)
    assert (told["kind"], told["subject"], told["how"], told["period"]) == ("repay", credit.id, "normal", 1)
    assert (told["principal_fen"], told["interest_fen"]) == (term.principal_fen, term.interest_fen)
    assert world.row(T.plan_term, T.plan_term.c.period == 1).state == "due"
    world.tell("alpha", "repayment", booked(world, loan, credit, "R1"))
    world.tell("alpha", "repay", paid(credit))
    assert held(world) == (0, 0)
    assert [o.state for o in (*orders(world, "debit"), *orders(world, "repay"))] == ["closed", "closed"]
    assert world.row(T.plan_term, T.plan_term.c.period == 1).state == "paid"
    assert world.row(T.loan).outstanding_fen == 1_200_000 - term.principal_fen
    assert world.parked() == []


def test_what_was_debited_and_is_not_told_yet_is_not_debited_again(world: World) -> None:
    loan = lent(world)
    on_due_day(world)
    for _ in range(3):
        world.pass_time(days=1)
        assert len(orders(world, "debit")) == 1, "one that is open stands in the way"
    (debit,) = orders(world, "debit")
    world.tell("pay", "order", done(debit))
    world.tell("alpha", "repay", paid(orders(world, "repay")[0]))
    assert orders(world, "debit")[0].state == "closed"
    world.pass_time(days=1)
    assert len(orders(world, "debit")) == 1, "the plan does not show yet what was taken"
    world.tell("alpha", "repayment", booked(world, loan, orders(world, "repay")[0], "R1"))
    world.pass_time(days=1)
    assert len(orders(world, "debit")) == 1
    on_due_day(world, 2)
    assert len(orders(world, "debit")) == 2


def test_a_debit_that_failed_is_decided_on_anew_the_next_day(world: World) -> None:
    lent(world)
    on_due_day(world)
    (first,) = orders(world, "debit")
    failed = OrderTold(event_id="f", subject=first.id, outcome=OrderOutcome.FAILED, reason_code="BALANCE")
    world.tell("pay", "order", failed)
    world.pass_time(hours=5)
    assert len(orders(world, "debit")) == 1
    world.pass_time(days=1)
    _, second = orders(world, "debit")
    assert (second.state, second.seq, second.detail["how"]) == ("accepted", 2, "overdue")
    assert world.books() == {k: v for k, v in world.books().items() if k[0] not in ("custody", "collected")}


def test_what_was_debited_in_part_is_booked_in_part_and_the_rest_follows(world: World) -> None:
    loan = lent(world)
    term = on_due_day(world)
    (debit,) = orders(world, "debit")
    world.tell("pay", "order", done(debit, 50_000))
    (credit,) = orders(world, "repay")
    assert (credit.detail["how"], credit.amount_fen) == ("partial", 50_000)
    assert credit.detail["interest_fen"] == term.interest_fen
    world.tell("alpha", "repay", paid(credit))
    world.tell("alpha", "repayment", booked(world, loan, credit, "R1"))
    assert world.row(T.plan_term, T.plan_term.c.period == 1).state == "partial"
    world.pass_time(days=1)
    rest = orders(world, "debit")[-1]
    assert rest.amount_fen == debit.amount_fen - 50_000


def test_more_than_was_ordered_is_no_debit_of_ours(world: World) -> None:
    lent(world)
    on_due_day(world)
    (debit,) = orders(world, "debit")
    world.tell("pay", "order", done(debit, debit.amount_fen + 1))
    assert "were ordered" in world.parked()[0]
    assert held(world) == (0, 0)


def test_a_lender_that_does_not_book_what_was_collected_is_for_a_person(world: World) -> None:
    lent(world)
    on_due_day(world)
    world.wires["alpha"].then(Rejected("no such loan"))
    (debit,) = orders(world, "debit")
    world.tell("pay", "order", done(debit))
    assert "does not book" in world.parked()[0]
    assert held(world) == (debit.amount_fen, -debit.amount_fen)
    world.pass_time(days=1)
    assert len(orders(world, "debit")) == 1


def repay(world: World, application: str, key: str, **wish: Any) -> Any:
    reply = repaying.repay(
        world.context, application, RepaymentWish.model_validate(wish), owner="shop", key=key, sha256=key
    )
    world.worker.drain()
    return reply.body


def test_the_front_end_settles_a_loan_early_through_the_channel(world: World) -> None:
    loan = lent(world)
    world.pass_time(days=10)
    body = repay(world, loan.application_id, "r1", how=RepaymentKind.EARLY)
    assert (body["principal_fen"], body["interest_fen"]) == (1_200_000, 6_000)
    with pytest.raises(WrongState, match="under way"):
        repay(world, loan.application_id, "r2", how=RepaymentKind.EARLY)
    (debit,) = orders(world, "debit")
    world.tell("pay", "order", done(debit))
    (credit,) = orders(world, "repay")
    told = world.repayment(
        loan,
        "R1",
        None,
        how=RepaymentKind.EARLY,
        paid_on=date(2026, 1, 15),
        principal_fen=1_200_000,
        interest_fen=6_000,
    )
    world.tell("alpha", "repayment", told)
    world.tell("alpha", "repay", paid(credit))
    assert world.row(T.loan).state == "settled"
    assert held(world) == (0, 0)
    with pytest.raises(WrongState, match="no loan being repaid"):
        repay(world, loan.application_id, "r3", how=RepaymentKind.EARLY)
    on_due_day(world)
    assert len(orders(world, "debit")) == 1


def test_a_lender_that_collects_itself_is_asked_to(database_url: str) -> None:
    world = World(database_url)
    loan = world.loan(world.routed())
    world.wires["alpha"].then(Uncertain("timeout"))
    body = repay(world, loan.application_id, "r1", how=RepaymentKind.PARTIAL, period=1, amount_fen=50_000)
    assert (body["amount_fen"], body["interest_fen"], body["principal_fen"]) == (50_000, 18_000, 32_000)
    (order,) = orders(world, "repay")
    assert order.state == "uncertain"
    world.wires["alpha"].then(say(paid(order)))
    world.pass_time(seconds=30)
    assert [r.path for r in world.wires["alpha"].sent[-2:]] == ["/repay", "/query_repayment"]
    assert orders(world, "repay")[0].state == "closed"
    with pytest.raises(WrongState, match="under way"):
        repay(world, loan.application_id, "r2", how=RepaymentKind.NORMAL)
    world.tell("alpha", "repayment", booked(world, loan, order, "R1"))
    body = repay(world, loan.application_id, "r3", how=RepaymentKind.NORMAL)
    term = world.row(T.plan_term, T.plan_term.c.period == 1)
    assert body["amount_fen"] == term.principal_fen + term.interest_fen - 50_000
    with pytest.raises(OverLimit):
        repay(world, loan.application_id, "r4", how="partial", period=2, amount_fen=900_000)
    world.tell("alpha", "repay", paid(orders(world, "repay")[-1], RepayOutcome.FAILED))
    assert orders(world, "repay")[-1].state == "failed"
    assert world.parked() == []
    world.database.close()


@pytest.mark.parametrize(
    ("wish", "days", "word"),
    [
        ({"how": "normal", "period": 13}, 1, "no such term"),
        ({"how": "early"}, 40, "fallen due first"),
    ],
)
def test_a_wish_that_fits_nothing_is_refused(
    world: World, wish: dict[str, Any], days: int, word: str
) -> None:
    loan = lent(world)
    world.time += timedelta(days=days)
    with pytest.raises(WrongState, match=word):
        repay(world, loan.application_id, "r1", **wish)
