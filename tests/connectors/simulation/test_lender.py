"""The lender: steered by identity number and amount, idempotent by number, and repeatable by seed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from stdnum.cn import ric

from connectors.conformance.rig import id_number
from connectors.simulation.books import Decision, Event, Loan, Transfer
from connectors.simulation.lender import Habits, Known, Lender, Refused
from connectors.simulation.lives import MIX, life_of
from contracts.programme import RepaymentMethod
from contracts.sensitive import IdNumber

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
RATE = Decimal("0.0850")
GOOD = id_number(1)


def apply(lender: Lender, number: str, amount: int = 1_000_000, who: IdNumber = GOOD) -> None:
    lender.apply(number, amount_fen=amount, annual_rate=RATE, id_number=who, now=NOW)


def draw(lender: Lender, number: str, credit_no: str, now: datetime = NOW, amount: int = 1_000_000) -> Loan:
    return lender.draw(
        number,
        credit_no,
        amount_fen=amount,
        annual_rate=RATE,
        months=6,
        method=RepaymentMethod.EQUAL_INSTALMENT,
        now=now,
    )


def credit_no(lender: Lender, number: str) -> str:
    case = lender.case(number)
    assert case is not None
    return case.credit_no


def with_order(order: int) -> IdNumber:
    """Return an identity number whose 15th to 17th digits are given and which does not end in X."""
    for day in range(1, 29):
        stem = f"110101199003{day:02d}{order:03d}"
        check = ric.calc_check_digit(stem + "0")
        if check != "X":
            return IdNumber(stem + check)
    raise AssertionError("no such number")


@pytest.mark.parametrize(
    ("who", "amount", "decision", "reason"),
    [
        (GOOD, 20_000_000, Decision.APPROVED, ""),
        (GOOD, 20_000_001, Decision.DECLINED, "AMOUNT"),
        (id_number(1, declined=True), 1_000_000, Decision.DECLINED, "SCORE"),
    ],
)
def test_the_tail_and_the_amount_decide(who: IdNumber, amount: int, decision: Decision, reason: str) -> None:
    lender = Lender("B")
    apply(lender, "a", amount, who)
    assert lender.advance(NOW + timedelta(seconds=59)) == []
    (event,) = lender.advance(NOW + timedelta(seconds=60))
    case = lender.case("a")
    assert case is not None
    assert (case.decision, case.reason, case.decided_at) == (decision, reason, event.at)


def test_a_number_with_99_before_its_check_digit_is_approved_but_never_paid() -> None:
    lender = Lender("B")
    apply(lender, "a", who=with_order(199))
    lender.advance(NOW + timedelta(minutes=1))
    loan = draw(lender, "d", credit_no(lender, "a"))
    lender.advance(NOW + timedelta(days=1))
    assert (loan.transfer, loan.reason) == (Transfer.FAILED, "ACCOUNT")
    assert lender.loans() == []
    assert lender.next_due() is None


def test_each_number_is_used_once_and_a_credit_drawn_once() -> None:
    lender = Lender("B")
    apply(lender, "a")
    with pytest.raises(Known):
        apply(lender, "a")
    with pytest.raises(Refused, match="NO_CREDIT"):
        draw(lender, "d", credit_no(lender, "a"))  # not decided yet
    lender.advance(NOW + timedelta(minutes=1))
    with pytest.raises(Refused, match="AMOUNT"):
        draw(lender, "d", credit_no(lender, "a"), amount=1_000_001)
    with pytest.raises(Refused, match="NO_CREDIT"):
        draw(lender, "d", "nobody")
    with pytest.raises(Refused, match="NO_CREDIT"):
        draw(lender, "d", credit_no(lender, "a"), now=NOW + timedelta(days=32))
    loan = draw(lender, "d", credit_no(lender, "a"))
    assert lender.loan(loan.loan_no) is None  # not paid yet
    with pytest.raises(Known):
        draw(lender, "d", credit_no(lender, "a"))
    with pytest.raises(Refused, match="USED"):
        draw(lender, "e", credit_no(lender, "a"))


def run(numbers: list[str], seed: int) -> tuple[list[Event], list[Loan]]:
    lender = Lender("B", seed=seed, habits=Habits(pays_after=timedelta(hours=1)))
    for number in numbers:
        apply(lender, number)
    events = lender.advance(NOW + timedelta(minutes=1))
    for number in numbers:
        draw(lender, f"d{number}", credit_no(lender, number))
    events += lender.advance(NOW + timedelta(days=400))
    return events, lender.loans()


def test_every_loan_ends_with_nothing_outstanding_and_its_money_accounted_for() -> None:
    events, loans = run([f"a{n}" for n in range(300)], seed=1)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert len(loans) == 300
    for loan in loans:
        assert loan.outstanding_fen == 0
        back = loan.received_principal_fen + loan.compensated_fen + loan.refunded_fen
        assert back >= loan.principal_fen


def test_a_run_repeats_whatever_the_order_and_another_seed_gives_another() -> None:
    numbers = [f"a{n}" for n in range(100)]

    def outcome(order: list[str], seed: int) -> dict[str, tuple[int, ...]]:
        return {
            loan.loan_no: (loan.received_principal_fen, loan.compensated_fen, loan.refunded_fen)
            for loan in run(order, seed)[1]
        }

    assert outcome(numbers, 1) == outcome(numbers[::-1], 1)
    assert outcome(numbers, 1) != outcome(numbers, 2)


def test_the_mix_is_as_documented() -> None:
    chosen: Counter[str] = Counter()
    method = RepaymentMethod.EQUAL_INSTALMENT
    for number in range(4000):
        loan = Loan(f"L{number}", "d", "c", 1_000_000, RATE, 12, method, disbursed_on=date(2026, 1, 5))
        chosen[getattr(life_of(loan, 0), "__name__", "")] += 1
    below = 0
    for upper, life in MIX:
        share = (upper - below) / 1000
        assert abs(chosen[life.__name__] / 4000 - share) < 0.02
        below = upper
    assert below == 1000


def test_a_loan_of_one_month_lives_too() -> None:
    for number in range(200):
        loan = Loan(
            f"L{number}", "d", "c", 1, RATE, 1, RepaymentMethod.INTEREST_FIRST, disbursed_on=date(2026, 1, 31)
        )
        list(life_of(loan, 0))
