"""A tester chooses the outcome by the amount: every line of the table, and the life of a loan."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from connectors.conformance.rig import RATE, START, id_number
from connectors.simulation.books import (
    BoughtBack,
    Compensated,
    Decided,
    Decision,
    Event,
    Paid,
    Refunded,
    Transfer,
    Transferred,
    Waived,
)
from connectors.simulation.lender import Known, Lender, Refused
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
    88: {"bought back"},
    89: {RepaymentKind.NORMAL, RepaymentKind.OVERDUE, "waived"},
}


@pytest.mark.parametrize("tail", LIFE)
def test_the_amount_chooses_the_life_and_the_books_close(tail: int) -> None:
    lender = drawn(1_000_000 + tail)
    events = lender.advance(START + timedelta(days=500))
    assert {_kind(event) for event in events if not isinstance(event, Decided | Transferred)} == LIFE[tail]
    (loan,) = lender.loans()
    assert loan.outstanding_fen == 0


def test_every_life_can_be_chosen() -> None:
    assert sorted([*LIFE, 87]) == [80 + number for number in range(len(LIVES))]


def asked(lender: Lender, order_no: str, principal_fen: int, interest_fen: int = 0) -> None:
    (loan,) = lender.loans()
    lender.repay(
        order_no,
        loan.loan_no,
        how=RepaymentKind.PARTIAL,
        period=1,
        principal_fen=principal_fen,
        interest_fen=interest_fen,
        penalty_fen=0,
        now=LATER + timedelta(days=1),
    )


@pytest.mark.parametrize("tail", [80, 87])
def test_who_is_asked_to_repay_pays_that_and_nothing_by_itself(tail: int) -> None:
    lender = drawn(1_000_000 + tail)
    lender.advance(LATER + timedelta(hours=1))
    asked(lender, "r_1", 200_000, 5_000)
    asked(lender, "r_2", 100_000, 99)
    with pytest.raises(Known):
        asked(lender, "r_1", 1)
    with pytest.raises(Refused, match="AMOUNT"):
        asked(lender, "r_3", 700_000 + tail + 1)
    (paid,) = lender.advance(START + timedelta(days=500))
    assert isinstance(paid, Paid)
    (loan,) = lender.loans()
    assert (loan.outstanding_fen, loan.received_interest_fen) == (800_000 + tail, 5_000)
    outcomes = [one.outcome for number in ("r_1", "r_2") if (one := lender.asked(number))]
    assert outcomes == [Transfer.DONE, Transfer.FAILED]


def test_nothing_comes_by_itself_on_request() -> None:
    lender = drawn(1_000_087)
    assert not any(isinstance(event, Paid) for event in lender.advance(START + timedelta(days=500)))


def _kind(event: Event) -> object:
    match event:
        case Paid():
            return event.how
        case Refunded():
            return event.what
        case Compensated():
            return "compensation"
        case BoughtBack():
            return "bought back"
        case Waived():
            return "waived"
