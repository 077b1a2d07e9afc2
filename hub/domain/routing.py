"""Routing: the cheapest funding that is allowed, and why not every other.

A pure function of the case, the programmes, the quota in use and the time. Hard filters come first, then the
price, then the order: funding cost, priority, weight, id. Reserving the quota is the caller's, in the same
transaction as the decision; when the reservation fails, it decides again with the new usage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from pydantic import TypeAdapter

from contracts.money import divide, ratio
from contracts.programme import Programme, RepaymentMethod
from hub.domain.calendar import shanghai
from hub.domain.reasons import Reason, because, percent, yuan
from hub.domain.schedule import outstanding_fen_months


@dataclass(frozen=True, slots=True)
class RoutingCase:
    """What routing looks at. `annual_rate` is the customer's nominal rate, `region` a GB/T 2260 code.

    `excluded` names programmes this application may not go to again, each with its reason.
    """

    application_id: str
    product: str
    amount_fen: int
    term_months: int
    method: RepaymentMethod
    annual_rate: Decimal
    age: int
    region: str
    excluded: Mapping[str, Reason] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A method read from storage is its plain text; the record keeps the word.
        object.__setattr__(self, "method", RepaymentMethod(self.method))


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """Fen of a programme's quota already used or reserved: today, this month, in all."""

    daily_fen: int = 0
    monthly_fen: int = 0
    total_fen: int = 0


NO_USE: Final = QuotaUse()


@dataclass(frozen=True, slots=True)
class CostLine:
    """One part of a funding cost, in fen over the life of the loan."""

    code: str
    fen: int


@dataclass(frozen=True, slots=True)
class FundingCost:
    """What the money costs us if the loan is repaid on time.

    `fen` is the sum of `lines`; `annual_rate` is that sum over the principal outstanding, simple, six places.
    """

    fen: int
    annual_rate: Decimal
    lines: tuple[CostLine, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A programme version that may fund the case, and its price."""

    programme: str
    version: int
    partner: str
    cost: FundingCost


@dataclass(frozen=True, slots=True)
class Refusal:
    """A programme version that was not chosen, and every reason why."""

    programme: str
    version: int
    partner: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The record of a routing: its inputs, the allowed candidates in order, a reason for all not chosen.

    `chosen` is the id of the first candidate's programme, None when no programme may fund the case.
    `refusals` covers every other programme version, allowed but dearer ones included.
    """

    chosen: str | None
    candidates: tuple[Candidate, ...]
    refusals: tuple[Refusal, ...]
    case: RoutingCase
    usage: Mapping[str, QuotaUse]
    decided_at: datetime

    def to_json(self) -> dict[str, object]:
        """The decision in JSON's own types, rates as decimal strings, times in UTC."""
        dumped: dict[str, object] = _DECISION.dump_python(self, mode="json")
        return dumped

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Decision:
        """The inverse of `to_json`; raises pydantic's ValidationError for anything else."""
        return _DECISION.validate_python(data)


_DECISION: Final = TypeAdapter(Decision)


def route(
    case: RoutingCase, programmes: Sequence[Programme], usage: Mapping[str, QuotaUse], *, now: datetime
) -> Decision:
    """Choose the cheapest programme that may fund the case, with a reason for every other.

    `usage` is by programme id; an absent one is unused. The order of `programmes` makes no difference.
    Raises ValueError for a `now` without zone, and for an amount, rate or term no loan can have.
    """
    base = outstanding_fen_months(case.amount_fen, case.annual_rate, case.term_months, case.method)
    here = shanghai(now)
    day, hour = here.date(), here.time()
    allowed: list[tuple[_Rank, Candidate]] = []
    refused: list[Refusal] = []
    for programme in programmes:
        moment = _Moment(day, hour, usage.get(programme.id, NO_USE))
        reasons = [why for check in _CHECKS if (why := check(case, programme, moment)) is not None]
        if not reasons:
            cost = funding_cost(case, programme, base)
            if case.annual_rate - cost.annual_rate >= programme.margin_min:
                candidate = Candidate(programme.id, programme.version, programme.partner, cost)
                allowed.append((_rank(programme, cost), candidate))
                continue
            reasons.append(_margin(programme, cost))
        refused.append(Refusal(programme.id, programme.version, programme.partner, tuple(reasons)))
    allowed.sort(key=lambda ranked: ranked[0])
    candidates = tuple(candidate for _, candidate in allowed)
    refused.extend(_behind(candidates[0], other) for other in candidates[1:])
    refused.sort(key=lambda refusal: (refusal.programme, refusal.version))
    seen = {programme.id: usage.get(programme.id, NO_USE) for programme in programmes}
    return Decision(
        chosen=candidates[0].programme if candidates else None,
        candidates=candidates,
        refusals=tuple(refused),
        case=case,
        usage=dict(sorted(seen.items())),
        decided_at=now,
    )


def funding_cost(case: RoutingCase, programme: Programme, base: int | None = None) -> FundingCost:
    """Price the case at a programme: capital of each side by its share, guarantee, fees; each line half up.

    Yearly prices run on the principal outstanding month by month (30/360). `base` is
    `outstanding_fen_months` of the case, where it is already known.
    """
    if base is None:
        base = outstanding_fen_months(case.amount_fen, case.annual_rate, case.term_months, case.method)
    share = programme.own_share
    lines = [CostLine("capital", _yearly(base, share * programme.funding_rate))]
    if programme.co_funding_rate is not None:
        lines.append(CostLine("co_capital", _yearly(base, (1 - share) * programme.co_funding_rate)))
    if programme.guarantee_rate:
        lines.append(CostLine("guarantee", _yearly(base, programme.guarantee_rate)))
    if programme.per_loan_fee_fen:
        lines.append(CostLine("per_loan_fee", programme.per_loan_fee_fen))
    if programme.per_application_fee_fen:
        lines.append(CostLine("per_application_fee", programme.per_application_fee_fen))
    total = sum(line.fen for line in lines)
    millionths = divide(total * 12_000_000, base)
    return FundingCost(total, Decimal(millionths).scaleb(-6), tuple(lines))


def first_configured(decision: Decision, programmes: Sequence[Programme]) -> Candidate | None:
    """Return what "always the first partner that may" would have taken, for comparison.

    The order is that of `programmes`; quotas are as the decision saw them.
    """
    place = {(programme.id, programme.version): at for at, programme in enumerate(programmes)}
    return min(decision.candidates, key=lambda c: place[c.programme, c.version], default=None)


def at_random(decision: Decision, pick: Callable[[int], int]) -> Candidate | None:
    """Return what a blind choice among the allowed would have taken; `pick(n)` returns 0 to n-1."""
    if not decision.candidates:
        return None
    return decision.candidates[pick(len(decision.candidates))]


@dataclass(frozen=True, slots=True)
class _Moment:
    """The business day, the time of day and the quota in use when a programme is looked at."""

    day: date
    hour: time
    use: QuotaUse


_Rank = tuple[int, int, int, str, int]


def _rank(programme: Programme, cost: FundingCost) -> _Rank:
    return cost.fen, programme.priority, -programme.weight, programme.id, programme.version


def _yearly(base: int, rate: Decimal) -> int:
    """A yearly rate on a base of fen-months, half up to the fen, in integers only."""
    numerator, denominator = ratio(rate)
    return divide(base * numerator, 12 * denominator)


def _margin(programme: Programme, cost: FundingCost) -> Reason:
    limit, actual = percent(programme.margin_min), percent(cost.annual_rate)
    return because("margin_too_small", "annual_rate", limit=limit, actual=actual)


def _behind(chosen: Candidate, other: Candidate) -> Refusal:
    gap = other.cost.fen - chosen.cost.fen
    why = because("dearer", "cost", actual=yuan(gap)) if gap else because("later_in_order", "cost")
    return Refusal(other.programme, other.version, other.partner, (why,))


def _excluded(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
    return case.excluded.get(programme.id)


def _effective(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
    return None if programme.effective_on(moment.day) else because("not_effective", "effective_from")


def _product(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
    return None if case.product in programme.products else because("product_not_funded", "product")


def _amount(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
    if case.amount_fen < programme.amount_min_fen:
        return because("amount_too_small", "amount_fen", limit=yuan(programme.amount_min_fen))
    if case.amount_fen > programme.amount_max_fen:
        return because("amount_too_large", "amount_fen", limit=yuan(programme.amount_max_fen))
    return None


def _term(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
    if case.term_months in programme.terms:
        return None
    return because("term_not_offered", "term_months", limit=", ".join(map(str, sorted(programme.terms))))


def _method(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
    return None if case.method in programme.methods else because("method_not_offered", "method")


def _age(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
    if case.age < programme.age_min:
        return because("too_young", "age", limit=programme.age_min)
    if case.age > programme.age_max:
        return because("too_old", "age", limit=programme.age_max)
    return None


def _region(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
    if programme.regions_denied and case.region.startswith(programme.regions_denied):
        return because("region_denied", "region")
    if programme.regions_allowed and not case.region.startswith(programme.regions_allowed):
        return because("region_not_allowed", "region")
    return None


def _customer_rate(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
    if case.annual_rate < programme.customer_rate_min:
        return because("rate_too_low", "annual_rate", limit=percent(programme.customer_rate_min))
    if case.annual_rate > programme.customer_rate_max:
        return because("rate_too_high", "annual_rate", limit=percent(programme.customer_rate_max))
    return None


def _window(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
    window = programme.window
    if window is None or window.covers(moment.hour):
        return None
    return because("closed_now", "window", limit=f"{window.opens:%H:%M}-{window.closes:%H:%M}")


def _quota(case: RoutingCase, programme: Programme, moment: _Moment) -> Reason | None:
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


_CHECKS: Final[tuple[Callable[[RoutingCase, Programme, _Moment], Reason | None], ...]] = (
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
