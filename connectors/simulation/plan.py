"""A lender's own repayment plan, in integer arithmetic and independent of the hub's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from contracts.programme import RepaymentMethod

LAST_DUE_DAY = 28
"""No month lacks this day; loans made later in a month fall due on it."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term: what falls due on a day, in fen."""

    period: int
    due_on: date
    principal_fen: int
    interest_fen: int


def plan(
    principal_fen: int, annual_rate: Decimal, months: int, method: RepaymentMethod, start: date
) -> Iterator[Term]:
    """Yield the terms of a loan disbursed on `start`, one at a time, so that 5,000 loans cost no memory.

    The monthly rate is a twelfth of the annual one. The level instalment, or level share of principal, is
    rounded up to the fen and interest down; the last term takes what is left of the principal.
    """
    monthly = Fraction(annual_rate) / 12
    instalment = _instalment(principal_fen, monthly, months)
    share = -(-principal_fen // months)
    left = principal_fen
    for period in range(1, months + 1):
        interest = left * monthly.numerator // monthly.denominator
        if period == months:
            part = left
        elif method is RepaymentMethod.EQUAL_INSTALMENT:
            part = min(left, max(0, instalment - interest))
        elif method is RepaymentMethod.EQUAL_PRINCIPAL:
            part = min(left, share)
        else:
            part = 0
        left -= part
        yield Term(period, due_day(start, period), part, interest)


def due_day(start: date, period: int) -> date:
    """Return the day the given term falls due: the same day of the month, at most the 28th."""
    months = start.year * 12 + start.month - 1 + period
    return date(months // 12, months % 12 + 1, min(start.day, LAST_DUE_DAY))


def accrued(principal_fen: int, annual_rate: Decimal, days: int) -> int:
    """Return the interest in fen for some days, actual over 360, rounded down."""
    return floor(principal_fen * Fraction(annual_rate) * days / 360)


def penalty(overdue_fen: int, annual_rate: Decimal, days: int) -> int:
    """Return penalty interest in fen: one and a half times the rate, actual over 360, rounded down."""
    return floor(overdue_fen * Fraction(annual_rate) * Fraction(3, 2) * days / 360)


def _instalment(principal_fen: int, monthly: Fraction, months: int) -> int:
    if monthly == 0:
        return -(-principal_fen // months)
    growth: Fraction = (1 + monthly) ** months
    return ceil(principal_fen * monthly * growth / (growth - 1))
