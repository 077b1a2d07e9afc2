"""What becomes of a simulated loan: a fixed, seeded mix of borrowers, each a generator in order of time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from connectors.simulation.books import BoughtBack, Compensated, Loan, Movement, Paid, Refunded, Waived
from connectors.simulation.plan import Term, accrued, penalty
from connectors.units import SHANGHAI
from contracts.messages import RefundKind, RepaymentKind

Life = Callable[[Loan, int], Iterator[Movement]]
"""From a loan and the term in which it goes astray to what happens, in order of time."""

GRACE_DAYS = 3
OVERDUE_DAYS = 12
COMPENSATED_AFTER_DAYS = 15
RECOVERED_AFTER_DAYS = 26
REFUNDED_AFTER_DAYS = 2
UNWOUND_AFTER_DAYS = 3


def life_of(loan: Loan, seed: int) -> Iterator[Movement]:
    """Choose a loan's life from its number and the seed: a run repeats whatever the order of events.

    A tester may choose instead, by the last two digits of the amount in fen; see `LIVES`.
    """
    if 0 <= (chosen := loan.principal_fen % 100 - _FIRST_CHOSEN) < len(LIVES):
        return LIVES[chosen](loan, 1)
    digest = hashlib.sha256(f"{seed}:{loan.loan_no}".encode()).digest()
    lot = int.from_bytes(digest[:4], "big") % 1000
    astray_in = 1 + digest[4] % min(3, loan.months)
    for below, life in MIX:
        if lot < below:
            return life(loan, astray_in)
    raise AssertionError("the last line of the mix covers every lot")


def normal(loan: Loan, astray_in: int) -> Iterator[Movement]:
    """Every term on its day."""
    for term in loan.terms():
        yield _paid(loan, term, term.due_on, RepaymentKind.NORMAL)


def early(loan: Loan, astray_in: int) -> Iterator[Movement]:
    """Terms on their days, then all at once ten days after one of them, with interest for those days."""
    left = loan.principal_fen
    for term in loan.terms():
        yield _paid(loan, term, term.due_on, RepaymentKind.NORMAL)
        left -= term.principal_fen
        if term.period == astray_in and left > 0:
            days = 10
            day = term.due_on + timedelta(days=days)
            interest = accrued(left, loan.annual_rate, days)
            yield Paid(_at(day), day, loan, _serial(loan, 0, "E"), RepaymentKind.EARLY, None, left, interest)
            return


def partial(loan: Loan, astray_in: int) -> Iterator[Movement]:
    """One term in two parts: interest and half the principal on the day, the rest within the grace days."""
    for term in loan.terms():
        half = term.principal_fen // 2
        if term.period != astray_in or half == 0:
            yield _paid(loan, term, term.due_on, RepaymentKind.NORMAL)
            continue
        rest_on = term.due_on + timedelta(days=GRACE_DAYS)
        yield _part(loan, term, term.due_on, "A", half, term.interest_fen)
        yield _part(loan, term, rest_on, "B", term.principal_fen - half, 0)


def overdue(loan: Loan, astray_in: int) -> Iterator[Movement]:
    """One term late, with penalty interest."""
    for term in loan.terms():
        if term.period != astray_in:
            yield _paid(loan, term, term.due_on, RepaymentKind.NORMAL)
            continue
        day = term.due_on + timedelta(days=OVERDUE_DAYS)
        late = penalty(term.principal_fen + term.interest_fen, loan.annual_rate, OVERDUE_DAYS)
        yield _paid(loan, term, day, RepaymentKind.OVERDUE, late)


def compensated(loan: Loan, astray_in: int) -> Iterator[Movement]:
    """One term paid by the guarantor on the 15th day, three fifths recovered from the borrower later."""
    for term in loan.terms():
        if term.period != astray_in:
            yield _paid(loan, term, term.due_on, RepaymentKind.NORMAL)
            continue
        day = term.due_on + timedelta(days=COMPENSATED_AFTER_DAYS)
        serial = _serial(loan, term.period, "C")
        yield Compensated(_at(day), day, loan, serial, term.period, term.principal_fen, term.interest_fen)
        day = term.due_on + timedelta(days=RECOVERED_AFTER_DAYS)
        yield Paid(
            _at(day),
            day,
            loan,
            _serial(loan, term.period, "R"),
            RepaymentKind.AFTER_COMPENSATION,
            term.period,
            term.principal_fen * 3 // 5,
            term.interest_fen * 3 // 5,
        )


def refunded(loan: Loan, astray_in: int) -> Iterator[Movement]:
    """One repayment taken by mistake, given back two days later, and taken again the day after."""
    for term in loan.terms():
        yield _paid(loan, term, term.due_on, RepaymentKind.NORMAL)
        if term.period == astray_in:
            day = term.due_on + timedelta(days=REFUNDED_AFTER_DAYS)
            yield Refunded(
                _at(day),
                day,
                loan,
                _serial(loan, term.period, "F"),
                RefundKind.REPAYMENT,
                _serial(loan, term.period, "N"),
                term.principal_fen,
                term.interest_fen,
            )
            again = day + timedelta(days=1)
            yield _paid(loan, term, again, RepaymentKind.NORMAL, mark="G")


def unwound(loan: Loan, astray_in: int) -> Iterator[Movement]:
    """The transfer came back: the whole disbursement is returned three days later."""
    day = loan.disbursed_on + timedelta(days=UNWOUND_AFTER_DAYS)
    yield Refunded(
        _at(day), day, loan, _serial(loan, 0, "U"), RefundKind.DISBURSEMENT, None, loan.principal_fen
    )


def on_request(loan: Loan, astray_in: int) -> Iterator[Movement]:
    """Nothing comes by itself: the borrower pays when he is debited, or the lender is asked to."""
    yield from ()


def bought_back(loan: Loan, astray_in: int) -> Iterator[Movement]:
    """One term unpaid for 15 days; then the guarantor buys the whole claim, with that term's interest."""
    left = loan.principal_fen
    for term in loan.terms():
        if term.period != astray_in:
            yield _paid(loan, term, term.due_on, RepaymentKind.NORMAL)
            left -= term.principal_fen
            continue
        day = term.due_on + timedelta(days=COMPENSATED_AFTER_DAYS)
        yield BoughtBack(_at(day), day, loan, _serial(loan, 0, "B"), left, term.interest_fen)
        return


def forgiven(loan: Loan, astray_in: int) -> Iterator[Movement]:
    """One term late; its interest is waived the day before the borrower pays its principal."""
    for term in loan.terms():
        if term.period != astray_in:
            yield _paid(loan, term, term.due_on, RepaymentKind.NORMAL)
            continue
        day = term.due_on + timedelta(days=OVERDUE_DAYS)
        before = day - timedelta(days=1)
        serial = _serial(loan, term.period, "W")
        yield Waived(_at(before), before, loan, serial, term.period, 0, term.interest_fen, 0)
        yield _paid(loan, replace(term, interest_fen=0), day, RepaymentKind.OVERDUE)


MIX: tuple[tuple[int, Life], ...] = (
    (700, normal),
    (780, early),
    (850, partial),
    (900, overdue),
    (950, compensated),
    (980, refunded),
    (1000, unwound),
)
"""Lots of a thousand, cumulative."""

LIVES: tuple[Life, ...] = (*(life for _, life in MIX), on_request, bought_back, forgiven)
"""The life of a loan whose amount ends in 80 fen, 81 and so on; it goes astray in its first term.

The last three come about in no other way: not every partner has a word for them.
"""
_FIRST_CHOSEN = 80


def _paid(loan: Loan, term: Term, day: date, how: RepaymentKind, late_fen: int = 0, mark: str = "N") -> Paid:
    serial = _serial(loan, term.period, mark)
    return Paid(
        _at(day), day, loan, serial, how, term.period, term.principal_fen, term.interest_fen, late_fen
    )


def _part(loan: Loan, term: Term, day: date, mark: str, principal_fen: int, interest_fen: int) -> Paid:
    serial = _serial(loan, term.period, mark)
    return Paid(_at(day), day, loan, serial, RepaymentKind.PARTIAL, term.period, principal_fen, interest_fen)


def _serial(loan: Loan, period: int, mark: str) -> str:
    return f"{loan.loan_no}{mark}{period:03d}"


def _at(day: date) -> datetime:
    """Collections run at noon, Shanghai."""
    return datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)
