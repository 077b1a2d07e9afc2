"""Repayment plans and what they cost the borrower a year, exact to the fen.

Interest of a period is the opening principal x annual rate / 12, whatever the days of the month (30/360),
rounded down to the fen. So a plan never costs more than its nominal rate, and a loan priced at a cap stays
within it; rounding the payment up and stopping there would take 24% to 24.0008%.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Final

from contracts.money import Rounding, divide, ratio
from contracts.programme import CostConvention, RepaymentMethod

DUE_DAY_MAX: Final = 28
"""Latest day of the month on which a payment falls due: the last day every month has."""

MONTHS_MAX: Final = 360

PERIODIC_RATE_MAX: Final = 100
"""A cost above 10,000% a period is a mistake in the flows, not a price."""

_PLACES: Final = Decimal("1e-10")
_DIGITS: Final = 50  # room for (1 + rate)^365 and ten exact places behind it
_CLOSE: Final = Decimal("1e-24")


@dataclass(frozen=True, slots=True)
class PlanItem:
    """What falls due in one period. `period` counts from 1; amounts are fen."""

    period: int
    due_on: date
    principal_fen: int
    interest_fen: int
    fee_fen: int = 0
    guarantee_fen: int = 0

    @property
    def total_fen(self) -> int:
        """All that is due in the period."""
        return self.principal_fen + self.interest_fen + self.fee_fen + self.guarantee_fen


@dataclass(frozen=True, slots=True)
class Flow:
    """A payment of `fen` at `period + fraction` unit periods after the money was received."""

    period: int
    fen: int
    fraction: Fraction = Fraction(0)


def instalment(
    principal_fen: int, annual_rate: Decimal, months: int, rounding: Rounding = Rounding.UP
) -> int:
    """Return the level monthly payment of an annuity, in fen, computed exactly and rounded once.

    P x i x (1+i)^n / ((1+i)^n - 1) with i = annual_rate / 12, or P / n when the rate is nil; up to the fen
    unless told otherwise. ValueError for an amount, rate or term out of range.
    """
    _check(principal_fen, annual_rate, months)
    rate = Fraction(annual_rate) / 12
    if rate == 0:
        return divide(principal_fen, months, rounding)
    # Over the denominator b of i = a/b the powers are integers, so nothing is approximated.
    a, b = rate.numerator, rate.denominator
    grown = (a + b) ** months
    return divide(principal_fen * a * grown, b * (grown - b**months), rounding)


def plan(
    principal_fen: int,
    annual_rate: Decimal,
    months: int,
    method: RepaymentMethod,
    *,
    first_due_on: date | None = None,
    disbursed_on: date | None = None,
    rounding: Rounding = Rounding.UP,
    guarantee_rate: Decimal = Decimal(0),
) -> tuple[PlanItem, ...]:
    """Return the repayment plan, one item a month; its principal adds up to `principal_fen`.

    Give either the first due date or the day of disbursement (then the first payment is due a month later).
    Days after the 28th become the 28th. `rounding` applies to the level payment, or to the level share of
    principal under equal principal; the last period takes what remains. `guarantee_rate` is an annual fee on
    the opening principal, rounded down like the interest. ValueError for an argument out of range.
    """
    _check(principal_fen, annual_rate, months)
    if not 0 <= guarantee_rate <= 1:
        raise ValueError("guarantee_rate lies between 0 and 1")
    top, bottom = ratio(guarantee_rate)
    first = _first_due(first_due_on, disbursed_on)
    items = []
    opening = principal_fen
    for index, (principal, interest) in enumerate(
        _periods(principal_fen, annual_rate, months, method, rounding)
    ):
        guarantee = opening * top // (bottom * 12)
        due = _months_after(first, index)
        items.append(PlanItem(index + 1, due, principal, interest, guarantee_fen=guarantee))
        opening -= principal
    return tuple(items)


def outstanding_fen_months(
    principal_fen: int, annual_rate: Decimal, months: int, method: RepaymentMethod
) -> int:
    """Return the sum of the principal outstanding at the start of every month: the base of annual costs.

    A cost of r a year on the balance comes to this x r / 12 over the life of a loan repaid on time.
    """
    _check(principal_fen, annual_rate, months)
    total, opening = 0, principal_fen
    for principal, _ in _periods(principal_fen, annual_rate, months, method, Rounding.UP):
        total += opening
        opening -= principal
    return total


def annual_cost(
    received_fen: int,
    payments: Sequence[int | Flow],
    *,
    periods_per_year: int = 12,
    convention: CostConvention = CostConvention.COMPOUND,
) -> Decimal:
    """Return the all-in annual cost as a fraction with ten places, rounded half up (公告〔2021〕第3号).

    `received_fen` is what the borrower has in hand: the principal less any fee taken up front. `payments` is
    all that is paid back, fees and guarantee included; a plain amount is paid at the end of the period whose
    turn it is, a `Flow` says when. The periodic rate i solves
    received = sum of payment / ((1 + fraction x i) (1 + i)^period).

    ValueError when nothing is received, a payment is negative (the rate would not be unique), or less comes
    back than was received (there is no cost to state).
    """
    flows = _flows(payments)
    if received_fen <= 0:
        raise ValueError("the borrower receives a positive amount")
    if sum(flow.fen for flow in flows) < received_fen:
        raise ValueError("the payments do not return what was received")
    with localcontext() as context:
        context.prec = _DIGITS
        context.rounding = ROUND_HALF_EVEN
        rate = _periodic_rate(Decimal(received_fen), flows)
        if convention is CostConvention.SIMPLE:
            annual = rate * periods_per_year
        else:
            annual = (1 + rate) ** periods_per_year - 1
        return annual.quantize(_PLACES, rounding=ROUND_HALF_UP)


def plan_cost(
    received_fen: int, items: Iterable[PlanItem], *, convention: CostConvention = CostConvention.COMPOUND
) -> Decimal:
    """Return the all-in annual cost of a monthly plan; see `annual_cost`."""
    return annual_cost(received_fen, [item.total_fen for item in items], convention=convention)


def _periods(
    principal_fen: int, annual_rate: Decimal, months: int, method: RepaymentMethod, rounding: Rounding
) -> Iterator[tuple[int, int]]:
    """Yield (principal, interest) of each period."""
    method = RepaymentMethod(method)  # a method read from storage is its plain text
    top, bottom = ratio(annual_rate)
    bottom *= 12
    level_payment = level_principal = 0
    if method is RepaymentMethod.EQUAL_INSTALMENT:
        level_payment = instalment(principal_fen, annual_rate, months, rounding)
    elif method is RepaymentMethod.EQUAL_PRINCIPAL:
        level_principal = divide(principal_fen, months, rounding)
    opening = principal_fen
    for left in range(months, 0, -1):
        interest = opening * top // bottom
        if left == 1:
            principal = opening
        elif level_payment:
            # Rounded up over many terms, the level payment can return a tiny loan early.
            principal = min(opening, level_payment - interest)
        else:
            principal = min(opening, level_principal)
        yield principal, interest
        opening -= principal


def _periodic_rate(received: Decimal, flows: Sequence[Flow]) -> Decimal:
    """Newton from zero: the value of the flows is convex and falling in the rate, so no step overshoots."""
    rate = Decimal(0)
    while True:
        value, slope = _value(rate, flows)
        step = (received - value) / slope
        rate += step
        if rate > PERIODIC_RATE_MAX:
            raise ValueError("the payments dwarf what was received; check their units")
        if abs(step) <= _CLOSE:
            return max(rate, Decimal(0))


def _value(rate: Decimal, flows: Sequence[Flow]) -> tuple[Decimal, Decimal]:
    """Return the present value of the flows, ordered by period, and its derivative by the rate."""
    discount = 1 / (1 + rate)
    power, at = Decimal(1), 0
    value = weighted = slope = Decimal(0)
    for flow in flows:
        power *= discount if flow.period == at + 1 else discount ** (flow.period - at)
        at = flow.period
        present = flow.fen * power
        if flow.fraction:
            fraction = Decimal(flow.fraction.numerator) / flow.fraction.denominator
            present /= 1 + fraction * rate
            slope -= present * fraction / (1 + fraction * rate)
        value += present
        weighted += present * at
    return value, slope - weighted * discount


def _flows(payments: Sequence[int | Flow]) -> list[Flow]:
    """Return the payments that are not nil, ordered by time; ValueError for one that cannot be."""
    flows = [
        item if isinstance(item, Flow) else Flow(period, item)
        for period, item in enumerate(payments, start=1)
    ]
    for flow in flows:
        if flow.fen < 0:
            raise ValueError("a payment is not negative")
        # Most payments lie at whole periods, and comparing a Fraction costs more than all the rest.
        inside = not flow.fraction or 0 < flow.fraction < 1
        if flow.period < 0 or not inside or not (flow.period or flow.fraction):
            raise ValueError("a payment lies after the receipt; take one at that time off what is received")
    return sorted((flow for flow in flows if flow.fen), key=lambda flow: (flow.period, flow.fraction))


def _first_due(first_due_on: date | None, disbursed_on: date | None) -> date:
    if first_due_on is not None and disbursed_on is None:
        return first_due_on
    if disbursed_on is not None and first_due_on is None:
        return _months_after(disbursed_on, 1)
    raise ValueError("give either first_due_on or disbursed_on")


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, DUE_DAY_MAX))


def _check(principal_fen: int, annual_rate: Decimal, months: int) -> None:
    if isinstance(principal_fen, bool) or not isinstance(principal_fen, int) or principal_fen <= 0:
        raise ValueError("principal_fen is a positive integer")
    if not isinstance(annual_rate, Decimal) or not annual_rate.is_finite() or not 0 <= annual_rate <= 1:
        raise ValueError("annual_rate is a Decimal between 0 and 1")
    if not 1 <= months <= MONTHS_MAX:
        raise ValueError(f"months lie between 1 and {MONTHS_MAX}")
