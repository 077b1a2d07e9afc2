"""Which quota rules a loan takes from, and whether they have room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from contracts.quota import Period, Quota, QuotaRule
from hub.domain.reasons import Reason, because, yuan
from hub.domain.routing.case import QuotaUse, RoutingCase


@dataclass(frozen=True, slots=True)
class Charge:
    """The rules a loan takes from, in order; or with `refused` the reason why it may not."""

    rules: tuple[QuotaRule, ...]
    refused: Reason | None = None


def buckets(day: date) -> tuple[str, str, str]:
    """Return where a business day, its month and the whole time are counted."""
    return day.isoformat(), day.strftime("%Y-%m"), Period.TOTAL.value


def bucket_of(rule: QuotaRule, day: date) -> str:
    """Return where a rule counts on a business day."""
    return f"{rule.code}/{buckets(day)[list(Period).index(rule.period)]}"


def applicable(quota: Quota, case: RoutingCase) -> tuple[QuotaRule, ...]:
    """Return the rules that count a loan."""
    return tuple(rule for rule in quota.rules if rule.applies(case.term_months, case.region, case.product))


def charge(rules: tuple[QuotaRule, ...], used: Mapping[str, int], amount_fen: int) -> Charge:
    """Decide which of the applicable rules are charged.

    Every strict rule must have room. A rule that is not strict is charged when it has room; the loan is
    refused when no rule of any kind has. `used` holds what is taken by code, reservations included.
    """
    with_room = []
    for rule in rules:
        if used.get(rule.code, 0) + rule.units(amount_fen) <= rule.most:
            with_room.append(rule)
        elif rule.strict:
            left = max(0, rule.most - used.get(rule.code, 0))
            words = yuan(left) if rule.units(2) == 2 else str(left)
            return Charge((), because("quota_rule_used", "amount_fen", limit=rule.code, actual=words))
    if rules and not with_room:
        return Charge((), because("quota_rules_all_used", "amount_fen"))
    return Charge(tuple(with_room))


def refused(quota: Quota, use: QuotaUse, case: RoutingCase) -> Reason | None:
    """Return why a loan finds no room in a programme's quota, None when it does."""
    amount = case.amount_fen
    if use.daily_fen + amount > quota.daily_fen:
        return _used("daily_quota_used", quota.daily_fen - use.daily_fen)
    if quota.monthly_fen is not None and use.monthly_fen + amount > quota.monthly_fen:
        return _used("monthly_quota_used", quota.monthly_fen - use.monthly_fen)
    if quota.total_fen is not None and use.total_fen + amount > quota.total_fen:
        return _used("total_quota_used", quota.total_fen - use.total_fen)
    if quota.rules:
        return charge(applicable(quota, case), use.rules, amount).refused
    return None


def _used(code: str, left_fen: int) -> Reason:
    return because(code, "amount_fen", limit=yuan(max(0, left_fen)))
