"""What a programme takes and what it refuses, one check for each term."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from contracts.programme import Programme
from hub.domain.reasons import Reason, because, percent, yuan
from hub.domain.routing.case import QuotaUse, RoutingCase


@dataclass(frozen=True, slots=True)
class Moment:
    """The business day, the time of day and the quota in use when a programme is looked at."""

    day: date
    hour: time
    use: QuotaUse


def refusals(case: RoutingCase, programme: Programme, moment: Moment) -> list[Reason]:
    """Return every reason for which the programme may not fund the case, its price apart."""
    return [why for check in _CHECKS if (why := check(case, programme, moment)) is not None]


def _excluded(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return case.excluded.get(programme.id)


def _effective(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return None if programme.effective_on(moment.day) else because("not_effective", "effective_from")


def _product(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return None if case.product in programme.products else because("product_not_funded", "product")


def _amount(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if case.amount_fen < programme.amount_min_fen:
        return because("amount_too_small", "amount_fen", limit=yuan(programme.amount_min_fen))
    if case.amount_fen > programme.amount_max_fen:
        return because("amount_too_large", "amount_fen", limit=yuan(programme.amount_max_fen))
    return None


def _term(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if case.term_months in programme.terms:
        return None
    return because("term_not_offered", "term_months", limit=", ".join(map(str, sorted(programme.terms))))


def _method(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return None if case.method in programme.methods else because("method_not_offered", "method")


def _age(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if case.age < programme.age_min:
        return because("too_young", "age", limit=programme.age_min)
    if case.age > programme.age_max:
        return because("too_old", "age", limit=programme.age_max)
    return None


def _region(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if programme.regions_denied and case.region.startswith(programme.regions_denied):
        return because("region_denied", "region")
    if programme.regions_allowed and not case.region.startswith(programme.regions_allowed):
        return because("region_not_allowed", "region")
    return None


def _customer_rate(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if case.annual_rate < programme.customer_rate_min:
        return because("rate_too_low", "annual_rate", limit=percent(programme.customer_rate_min))
    if case.annual_rate > programme.customer_rate_max:
        return because("rate_too_high", "annual_rate", limit=percent(programme.customer_rate_max))
    return None


def _window(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    window = programme.window
    if window is None or window.covers(moment.hour):
        return None
    return because("closed_now", "window", limit=f"{window.opens:%H:%M}-{window.closes:%H:%M}")


def _quota(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    quota, use, amount = programme.quota, moment.use, case.amount_fen
    if use.daily_fen + amount > quota.daily_fen:
        return _used("daily_quota_used", quota.daily_fen - use.daily_fen)
    if quota.monthly_fen is not None and use.monthly_fen + amount > quota.monthly_fen:
        return _used("monthly_quota_used", quota.monthly_fen - use.monthly_fen)
    if quota.total_fen is not None and use.total_fen + amount > quota.total_fen:
        return _used("total_quota_used", quota.total_fen - use.total_fen)
    return None


def _used(code: str, left_fen: int) -> Reason:
    return because(code, "amount_fen", limit=yuan(max(0, left_fen)))


_CHECKS: Final[tuple[Callable[[RoutingCase, Programme, Moment], Reason | None], ...]] = (
    _excluded,
    _effective,
    _product,
    _amount,
    _term,
    _method,
    _age,
    _region,
    _customer_rate,
    _window,
    _quota,
)
