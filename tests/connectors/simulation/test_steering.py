"""A tester chooses the outcome by the amount: every line of the table, and the life of a loan."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from connectors.conformance.rig import RATE, START, id_number
from connectors.simulation.books import Compensated, Decision, Movement, Paid, Refunded, Transfer
from connectors.simulation.lender import Lender
from connectors.simulation.lives import LIVES
from contracts.messages import RefundKind, RepaymentKind
from contracts.programme import RepaymentMethod

LATER = START + timedelta(minutes=10)


def applied(amount_fen: int) -> Lender:
    lender = Lender("L", seed=1)
    lender.apply("a", amount_fen=amount_fen, annual_rate=RATE, id_number=id_number(1), now=START)
    lender.advance(LATER)
    return lender


def drawn(amount_fen: int) -> Lender:
    lender = applied(amount_fen)
    case = lender.case("a")
    assert case is not None
    lender.draw(
        "d",
        case.credit_no,
        amount_fen=amount_fen,
        annual_rate=Decimal(RATE),
        months=3,
        method=RepaymentMethod.EQUAL_INSTALMENT,
        now=LATER,
    )
    return lender


@pytest.mark.parametrize(
    ("tail", "decision", "reason"),
    [
        (91, Decision.DECLINED, "FUNDS"),
        (92, Decision.DECLINED, "OPEN_LOAN"),
        (93, Decision.DECLINED, "REGION"),
        (94, Decision.PENDING, ""),
        (95, Decision.PENDING, ""),
        (96, Decision.APPROVED, ""),
        (0, Decision.APPROVED, ""),
        (99, Decision.APPROVED, ""),
    ],
)
def test_the_amount_decides(tail: int, decision: Decision, reason: str) -> None:
    case = applied(1_000_000 + tail).case("a")
    assert case is not None
    assert (case.decision, case.reason) == (decision, reason)


def test_one_is_decided_late_and_one_never() -> None:
    late, never = applied(1_000_095), applied(1_000_094)
    for lender in (late, never):
        lender.advance(START + timedelta(days=400))
    decided = [case.decision for case in (late.case("a"), never.case("a")) if case]
    assert decided == [Decision.APPROVED, Decision.PENDING]


def test_a_transfer_fails_on_request() -> None:
    lender = drawn(1_000_096)
    lender.advance(LATER + timedelta(minutes=10))
    loan = lender.drawdown("d")
    assert loan is not None
    assert (loan.transfer, loan.reason) == (Transfer.FAILED, "ACCOUNT")


# the cells of the clearing matrix that a lender can show: who paid, when, and what was taken back
LIFE = {
    80: {RepaymentKind.NORMAL},
    81: {RepaymentKind.NORMAL, RepaymentKind.EARLY},
    82: {RepaymentKind.NORMAL, RepaymentKind.PARTIAL},
    83: {RepaymentKind.NORMAL, RepaymentKind.OVERDUE},
    84: {RepaymentKind.NORMAL, RepaymentKind.AFTER_COMPENSATION, "compensation"},
    85: {RepaymentKind.NORMAL, RefundKind.REPAYMENT},
    86: {RefundKind.DISBURSEMENT},
}


@pytest.mark.parametrize("tail", LIFE)
def test_the_amount_chooses_the_life_and_the_books_close(tail: int) -> None:
    lender = drawn(1_000_000 + tail)
    events = lender.advance(START + timedelta(days=500))
    assert {_kind(event) for event in events if isinstance(event, Paid | Compensated | Refunded)} == LIFE[
        tail
    ]
    (loan,) = lender.loans()
    assert loan.outstanding_fen == 0


def test_every_life_can_be_chosen() -> None:
    assert sorted(LIFE) == [80 + number for number in range(len(LIVES))]


def _kind(event: Movement) -> object:
    match event:
        case Paid():
            return event.how
        case Refunded():
            return event.what
        case Compensated():
            return "compensation"
