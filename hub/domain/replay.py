"""Past applications under other terms: who would have funded them, at what cost, and which limits are met.

Each application's first recorded decision is made again from its recorded case, by the function that decides
live. Quotas are as the record saw them, less what the record took of them since the replay began, plus what
the draft has taken. What a partner had done to the application, and bid prices, are the recorded ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from contracts.money import Rounding, portion
from contracts.programme import Programme
from contracts.rules import RuleProgram
from hub.domain.calendar import business_day
from hub.domain.reasons import Reason
from hub.domain.routing import NO_USE, Decision, QuotaUse, Router, RoutingCase
from hub.domain.routing.quotas import applicable, bucket_of, buckets, charge
from hub.domain.rules import decided

CAPS: Final = frozenset(
    {
        "daily_quota_used",
        "monthly_quota_used",
        "total_quota_used",
        "quota_rule_used",
        "quota_rules_all_used",
        "concentration_reached",
    }
)
"""Reasons that say a limit was reached."""
OF_PARTNER: Final = frozenset(
    {"declined_before", "failed_before", "partner_suspended", "tries_used", "search_too_long"}
)
"""Reasons about a partner, which hold whatever its terms are."""


@dataclass
class Funded:
    """What one partner funds on one side: loans, their amount, the cost of the money, approvals expected."""

    loans: int = 0
    fen: int = 0
    cost_fen: int = 0
    approvals: Decimal = Decimal(0)

    def add(self, fen: int, cost_fen: int, approval: Decimal) -> None:
        """Count a loan."""
        self.loans += 1
        self.fen += fen
        self.cost_fen += cost_fen
        self.approvals += approval


@dataclass
class Side:
    """One way the days went: by partner, without one, and how often each limit refused."""

    partners: dict[str, Funded] = field(default_factory=dict)
    unfunded: int = 0
    caps: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, decision: Decision, approval: Mapping[str, Decimal]) -> None:
        """Count a decision. `approval` is the probability by partner; an even chance for one not in it."""
        for refusal in decision.refusals:
            self.caps.update((refusal.programme, why.code) for why in refusal.reasons if why.code in CAPS)
        if not decision.candidates:
            self.unfunded += 1
            return
        first = decision.candidates[0]
        funded = self.partners.setdefault(first.partner, Funded())
        chance = approval.get(first.partner, Decimal("0.5"))
        funded.add(decision.case.amount_fen, first.cost.fen, chance)

    @property
    def total(self) -> Funded:
        """All partners together."""
        total = Funded()
        for one in self.partners.values():
            total.loans += one.loans
            total.fen += one.fen
            total.cost_fen += one.cost_fen
            total.approvals += one.approvals
        return total


@dataclass
class Comparison:
    """The days as they went and as they would have gone; `changed` applications go elsewhere."""

    applications: int = 0
    changed: int = 0
    was: Side = field(default_factory=Side)
    draft: Side = field(default_factory=Side)


@dataclass(frozen=True)
class Draft:
    """Terms to try: programmes, rules, and why a programme has no terms on a day, None when it has."""

    router: Router
    rules: RuleProgram
    without_terms: Callable[[Programme, date], Reason | None]


def compared(
    past: Iterable[Decision],
    kept: Mapping[tuple[str, int], Programme],
    draft: Draft,
    approval: Mapping[str, Decimal],
) -> Comparison:
    """Replay first decisions in the order they were made.

    `kept` holds the recorded programme versions, `approval` the probability of approval by partner. Raises
    KeyError for a recorded choice whose version is not kept.
    """
    found, was, would = Comparison(), Taken(), Taken()
    by_id = {(p.id, p.version): p for p in draft.router.programmes}
    for decision in past:
        again = tried(decision, draft, was, would)
        found.applications += 1
        found.changed += _chosen(decision) != _chosen(again)
        found.was.count(decision, approval)
        found.draft.count(again, approval)
        for one, taken, terms in ((decision, was, kept), (again, would, by_id)):
            if one.candidates:
                first = one.candidates[0]
                taken.take(terms[first.programme, first.version], one)
    return found


def tried(decision: Decision, draft: Draft, was: Taken, would: Taken) -> Decision:
    """Make one recorded decision again under the draft; `was` and `would` are what both sides have taken."""
    day = business_day(decision.decided_at)
    programmes = draft.router.programmes
    usage = {p.id: _use(p, decision.usage.get(p.id, NO_USE), day, was, would) for p in programmes}
    return decided(
        draft.router,
        draft.rules,
        _case(decision, draft, day),
        usage,
        now=decision.decided_at,
        prices=decision.prices,
    )


@dataclass
class Taken:
    """What one side has taken so far, by programme and bucket, and of a partner's own share."""

    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    balance: Counter[str] = field(default_factory=Counter)

    def take(self, programme: Programme, decision: Decision) -> None:
        """Count a decision's loan at the chosen programme."""
        case, day = decision.case, business_day(decision.decided_at)
        used = decision.usage.get(programme.id, NO_USE)
        for bucket in buckets(day):
            self.units[programme.id, bucket] += case.amount_fen
        rules = applicable(programme.quota, case)
        for rule in charge(rules, used.rules, case.amount_fen).rules:
            self.units[programme.id, bucket_of(rule, day)] += rule.units(case.amount_fen)
        self.balance[programme.partner] += portion(case.amount_fen, programme.own_share, Rounding.UP)


def _use(programme: Programme, seen: QuotaUse, day: date, was: Taken, would: Taken) -> QuotaUse:
    def now(units: int, bucket: str) -> int:
        key = (programme.id, bucket)
        return max(0, units - was.units[key] + would.units[key])

    daily, monthly, total = buckets(day)
    rules = {r.code: now(seen.rules.get(r.code, 0), bucket_of(r, day)) for r in programme.quota.rules}
    balance = seen.balance_fen - was.balance[programme.partner] + would.balance[programme.partner]
    return QuotaUse(
        now(seen.daily_fen, daily),
        now(seen.monthly_fen, monthly),
        now(seen.total_fen, total),
        rules,
        max(0, balance),
    )


def _case(decision: Decision, draft: Draft, day: date) -> RoutingCase:
    """The recorded case with what is out for the draft: by the partner's doing, or for want of terms."""
    by_partner = {
        refusal.partner: why
        for refusal in decision.refusals
        for why in refusal.reasons
        if why.code in OF_PARTNER
    }
    excluded: dict[str, Reason] = {}
    for programme in draft.router.programmes:
        why = by_partner.get(programme.partner)
        if why is not None:
            excluded[programme.id] = why
        elif (missing := draft.without_terms(programme, day)) is not None:
            excluded[f"{programme.id}@{programme.version}"] = missing
    return replace(decision.case, excluded=excluded)


def _chosen(decision: Decision) -> tuple[str, int] | None:
    first = decision.candidates[0] if decision.candidates else None
    return None if first is None else (first.programme, first.version)
