"""A loan's states follow its money, there and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from contracts.messages import (
    AnyTold,
    BuyBackTold,
    CompensationTold,
    RefundKind,
    RefundTold,
    RepaymentKind,
    WaiverTold,
)
from hub.store.tables import T
from tests.hub.flows.world import World


def test_a_refund_reopens_a_compensated_loan_as_a_compensated_one(world: World) -> None:
    loan = world.loan(world.routed())
    first = world.repayment(loan, "R1", 1)
    paid = CompensationTold(
        event_id="c",
        loan_no=loan.loan_no,
        serial="K1",
        period=1,
        paid_on=date(2026, 2, 20),
        principal_fen=first.principal_fen,
        interest_fen=first.interest_fen,
    )
    rest = world.repayment(
        loan,
        "R2",
        None,
        how=RepaymentKind.EARLY,
        principal_fen=loan.principal_fen - first.principal_fen,
        interest_fen=0,
        paid_on=date(2026, 3, 1),
    )
    back = RefundTold(
        event_id="b",
        loan_no=loan.loan_no,
        serial="B1",
        what=RefundKind.REPAYMENT,
        original_serial="R2",
        paid_on=date(2026, 3, 2),
        principal_fen=rest.principal_fen,
    )
    states = []
    for kind, fact in (("compensation", paid), ("repayment", rest), ("refund", back)):
        world.tell("alpha", kind, fact)
        states.append((world.row(T.loan).state, world.application(loan.application_id).state))
    assert not world.parked()
    assert states == [("compensated", "repaying"), ("settled", "settled"), ("compensated", "repaying")]


def bought(loan: Any, serial: str, principal_fen: int, interest_fen: int = 0) -> BuyBackTold:
    return BuyBackTold(
        event_id=f"buy_back/{serial}",
        loan_no=loan.loan_no,
        serial=serial,
        paid_on=date(2026, 3, 20),
        principal_fen=principal_fen,
        interest_fen=interest_fen,
    )


def recovered(world: World, loan: Any, serial: str, principal_fen: int) -> AnyTold:
    return world.repayment(
        loan,
        serial,
        None,
        how=RepaymentKind.AFTER_COMPENSATION,
        principal_fen=principal_fen,
        interest_fen=0,
        paid_on=date(2026, 4, 1),
    )


def test_a_claim_bought_back_is_the_guarantors_until_the_borrower_has_paid_him(world: World) -> None:
    loan = world.loan(world.routed())
    first = world.repayment(loan, "R1", 1)
    left = loan.principal_fen - first.principal_fen
    states = []
    steps = (first, bought(loan, "B1", left, 17_000), recovered(world, loan, "A1", left - 1))
    for fact in (*steps, recovered(world, loan, "A2", 1)):
        world.tell("alpha", fact.kind, fact)
        states.append((world.row(T.loan).state, world.application(loan.application_id).state))
    active, claim, over = ("active", "repaying"), ("bought_back", "repaying"), ("settled", "settled")
    assert (world.parked(), states) == ([], [active, claim, claim, over])
    books = world.books()
    # The funder has its principal back; the guarantor's claim for it is recovered, that for interest is not.
    assert ("loan_principal", "alpha") not in books
    assert books["claim", "guard"] == 17_000
    events = [row.what for row in world.rows(T.event, T.event.c.machine == "loan")]
    assert events == ["bought_back", "settled"]


def test_a_recovery_given_back_leaves_a_claim_that_was_bought(world: World) -> None:
    loan = world.loan(world.routed())
    back = RefundTold(
        event_id="b",
        loan_no=loan.loan_no,
        serial="B1",
        what=RefundKind.REPAYMENT,
        original_serial="A1",
        paid_on=date(2026, 4, 2),
        principal_fen=5,
    )
    whole = loan.principal_fen
    for fact in (bought(loan, "K1", whole), recovered(world, loan, "A1", whole), back):
        world.tell("alpha", fact.kind, fact)
    assert not world.parked()
    assert (world.row(T.loan).state, world.row(T.application).state) == ("bought_back", "repaying")


@pytest.mark.parametrize(("more", "said"), [(1, "more principal came back"), (-1, "never came")])
def test_only_all_that_is_left_is_bought_back(world: World, more: int, said: str) -> None:
    loan = world.loan(world.routed())
    world.tell("alpha", "buy_back", bought(loan, "B1", loan.principal_fen + more))
    for _ in range(45):
        world.pass_time(minutes=1)
    (reason,) = world.parked()
    assert said in reason
    assert world.row(T.loan).state == "active"


def test_a_buy_back_told_twice_counts_once_and_told_otherwise_is_parked(world: World) -> None:
    loan = world.loan(world.routed())
    for interest_fen in (10, 10, 11):
        world.tell("alpha", "buy_back", bought(loan, "B1", loan.principal_fen, interest_fen))
    assert len(world.rows(T.money_event, T.money_event.c.kind == "buy_back")) == 1
    assert world.parked() == ["the buy_back B1 was booked with other amounts or another day"]


def test_every_order_of_payment_waiver_and_buy_back_ends_alike(world: World) -> None:
    """Four facts of one loan, in each of their orders, each order on a loan of its own."""
    ends = set()
    orders = list(permutations(range(4)))
    loans = [world.loan(world.routed(number)) for number, _ in enumerate(orders, 1)]
    for loan, order in zip(loans, orders, strict=True):
        facts = _story(world, loan)
        for place in order:
            world.tell("alpha", facts[place].kind, facts[place])
    for _ in range(12):
        world.pass_time(seconds=40)
    assert not world.parked()
    for loan in loans:
        ends.add(_end(world, loan))
    assert len(ends) == 1


def _story(world: World, loan: Any) -> Sequence[AnyTold]:
    first = world.repayment(loan, f"R1-{loan.id}", 1, interest_fen=0)
    free = WaiverTold(
        event_id="w",
        loan_no=loan.loan_no,
        serial="W1",
        period=1,
        waived_on=date(2026, 2, 4),
        interest_fen=18_000,
    )
    paid = CompensationTold(
        event_id="c",
        loan_no=loan.loan_no,
        serial="K1",
        period=2,
        paid_on=date(2026, 3, 19),
        principal_fen=100_000,
        interest_fen=500,
    )
    left = loan.principal_fen - first.principal_fen - 100_000
    return (first, free, paid, bought(loan, "B1", left, 900))


def _end(world: World, loan: Any) -> tuple[Any, ...]:
    terms = sorted(tuple(row)[1:] for row in world.rows(T.plan_term, T.plan_term.c.loan_id == loan.id))
    now = world.row(T.loan, T.loan.c.id == loan.id)
    sums: dict[tuple[str, str, str], int] = {}
    for line in world.rows(T.share_line, T.share_line.c.loan_id == loan.id):
        key = (line.kind, line.party, line.base)
        sums[key] = sums.get(key, 0) + line.amount_fen
    return (now.state, now.outstanding_fen, tuple(terms), tuple(sorted(sums.items())))
