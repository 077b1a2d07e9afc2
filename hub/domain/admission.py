"""Admission: may this application go to any partner at all? Every reason against it, not only the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from contracts.application import Submission
from contracts.programme import Consent, Product, RepaymentMethod
from hub.domain.reasons import Reason, because, percent, yuan
from hub.domain.schedule import MONTHS_MAX, plan, plan_cost

BULLET_MONTHS_MAX: Final = 12
"""Longest term of a loan repaid in one sum at the end (商业银行互联网贷款管理暂行办法, 2020)."""


@dataclass(frozen=True, slots=True)
class Case:
    """What admission looks at. `annual_rate` is the customer's nominal rate; `age` is in full years."""

    amount_fen: int
    term_months: int
    method: RepaymentMethod
    annual_rate: Decimal
    age: int
    region: str
    """GB/T 2260 code of the place of residence, six digits."""
    purpose: str
    consents: frozenset[Consent]

    @classmethod
    def of(cls, submission: Submission, *, today: date) -> Case:
        """Return the case of a submission, the borrower's age taken from the identity number."""
        return cls(
            amount_fen=submission.amount_fen,
            term_months=submission.term_months,
            method=submission.method,
            annual_rate=submission.annual_rate,
            age=submission.applicant.id_number.age_on(today),
            region=submission.applicant.region,
            purpose=submission.purpose,
            consents=frozenset(submission.consents),
        )


def admit(case: Case, product: Product, *, today: date) -> tuple[Reason, ...]:
    """Return every reason against the application; empty means admitted. `today` is the business day."""
    return tuple(reason for check in _CHECKS for reason in check(case, product, today))


def _amount(case: Case, product: Product, today: date) -> Iterator[Reason]:
    if case.amount_fen < product.amount_min_fen:
        yield because("amount_too_small", "amount_fen", limit=yuan(product.amount_min_fen))
    elif case.amount_fen > product.amount_max_fen:
        yield because("amount_too_large", "amount_fen", limit=yuan(product.amount_max_fen))
    if case.amount_fen % product.amount_step_fen:
        yield because("amount_off_step", "amount_fen", limit=yuan(product.amount_step_fen))


def _term(case: Case, product: Product, today: date) -> Iterator[Reason]:
    if case.term_months not in product.terms:
        offered = ", ".join(str(term) for term in sorted(product.terms))
        yield because("term_not_offered", "term_months", limit=offered)


def _method(case: Case, product: Product, today: date) -> Iterator[Reason]:
    if case.method not in product.methods:
        yield because("method_not_offered", "method")
    if case.method is RepaymentMethod.INTEREST_FIRST and case.term_months > BULLET_MONTHS_MAX:
        yield because("bullet_too_long", "term_months", limit=BULLET_MONTHS_MAX)


def _price(case: Case, product: Product, today: date) -> Iterator[Reason]:
    if case.annual_rate < product.annual_rate_min:
        yield because("rate_too_low", "annual_rate", limit=percent(product.annual_rate_min))
    elif case.annual_rate > product.annual_rate_max:
        yield because("rate_too_high", "annual_rate", limit=percent(product.annual_rate_max))


def _all_in_cost(case: Case, product: Product, today: date) -> Iterator[Reason]:
    """The cap holds for the plan as it will be paid, to ten places: nothing is rounded in our favour."""
    if case.amount_fen <= 0 or not 1 <= case.term_months <= MONTHS_MAX or not 0 <= case.annual_rate <= 1:
        return  # no plan exists; the amount, term or rate was refused above
    items = plan(case.amount_fen, case.annual_rate, case.term_months, case.method, disbursed_on=today)
    cost = plan_cost(case.amount_fen, items, convention=product.cap_convention)
    if cost > product.all_in_cap:
        yield because(
            "cost_above_cap", "annual_rate", limit=percent(product.all_in_cap), actual=percent(cost)
        )


def _person(case: Case, product: Product, today: date) -> Iterator[Reason]:
    if case.age < product.age_min:
        yield because("too_young", "age", limit=product.age_min)
    elif case.age > product.age_max:
        yield because("too_old", "age", limit=product.age_max)
    if not re.fullmatch(r"[1-9][0-9]{5}", case.region):
        yield because("region_unknown", "region")


def _purpose(case: Case, product: Product, today: date) -> Iterator[Reason]:
    if case.purpose not in product.purposes:
        yield because("purpose_not_allowed", "purpose")


def _consents(case: Case, product: Product, today: date) -> Iterator[Reason]:
    for consent in product.consents:
        if consent not in case.consents:
            yield because("consent_missing", "consents", actual=consent.value)


_CHECKS: Final[tuple[Callable[[Case, Product, date], Iterator[Reason]], ...]] = (
    _amount,
    _term,
    _method,
    _price,
    _all_in_cost,
    _person,
    _purpose,
    _consents,
)
