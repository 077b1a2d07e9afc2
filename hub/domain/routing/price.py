"""What the borrower pays a year, all fees in, against a programme's cap."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from contracts.money import Rounding, portion
from contracts.terms import BorrowerPrice
from contracts.vocabulary import CostConvention, RepaymentMethod
from hub.domain.reasons import Reason, because, percent
from hub.domain.routing.case import RoutingCase
from hub.domain.schedule import annual_cost, plan

_ANY_DAY: Final = date(2000, 1, 1)  # months count as twelfths of a year, whatever their days


def dearer_than_cap(case: RoutingCase, price: BorrowerPrice) -> Reason | None:
    """Refuse a loan whose internal rate of return over all payments exceeds the cap, to ten places."""
    if price.all_in_cap is None:
        return None
    if _no_fees(price) and _nominal(case.annual_rate, price.cap_convention) <= price.all_in_cap:
        return None  # a plan without fees never costs more than its nominal rate: see hub.domain.schedule
    cost = _cost(case.amount_fen, case.annual_rate, case.term_months, case.method, price)
    if cost <= price.all_in_cap:
        return None
    return because("cost_above_cap", "annual_rate", limit=percent(price.all_in_cap), actual=percent(cost))


def _no_fees(price: BorrowerPrice) -> bool:
    return not (price.guarantee_rate or price.upfront_rate or price.monthly_fee_fen)


@lru_cache(maxsize=512)
def _nominal(annual_rate: Decimal, convention: CostConvention) -> Fraction:
    rate = Fraction(annual_rate)
    return rate if convention is CostConvention.SIMPLE else (1 + rate / 12) ** 12 - 1


@lru_cache(maxsize=512)
def _cost(
    amount_fen: int, annual_rate: Decimal, months: int, method: RepaymentMethod, price: BorrowerPrice
) -> Decimal:
    items = plan(
        amount_fen,
        annual_rate,
        months,
        method,
        disbursed_on=_ANY_DAY,
        guarantee_rate=price.guarantee_rate,
    )
    received = amount_fen - portion(amount_fen, price.upfront_rate, Rounding.UP)
    payments = [item.total_fen + price.monthly_fee_fen for item in items]
    return annual_cost(received, payments, convention=price.cap_convention)
