"""The decision: hard filters first, then the price, then the order.

Reserving the quota is the caller's, in the same transaction as the decision; when the reservation fails, it
decides again with the new usage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from contracts.programme import Programme
from hub.domain.calendar import shanghai
from hub.domain.reasons import Reason, because, percent
from hub.domain.routing.case import NO_USE, Moment, QuotaUse, RoutingCase
from hub.domain.routing.costing import funding_cost
from hub.domain.routing.filters import refusals
from hub.domain.routing.ranking import Rank, behind, ranked
from hub.domain.routing.record import Candidate, Decision, FundingCost, Refusal
from hub.domain.schedule import outstanding_fen_months

NO_PRICES: Final[Mapping[str, Decimal]] = MappingProxyType({})


def route(
    case: RoutingCase,
    programmes: Sequence[Programme],
    usage: Mapping[str, QuotaUse],
    *,
    now: datetime,
    prices: Mapping[str, Decimal] = NO_PRICES,
) -> Decision:
    """Choose the cheapest programme that may fund the case, with a reason for every other.

    `usage` is by programme id; an absent one is unused. `prices` are bid prices, see
    `ranking.bid`: the order weighs them with the cost, and without them it is the order of cost. The order of
    `programmes` makes no difference. Raises ValueError for a `now` without zone, and for an amount, rate or
    term no loan can have.
    """
    base = outstanding_fen_months(case.amount_fen, case.annual_rate, case.term_months, case.method)
    here = shanghai(now)
    allowed: list[tuple[Rank, Candidate]] = []
    refused: list[Refusal] = []
    for programme in programmes:
        use = usage.get(programme.id, NO_USE)
        reasons = refusals(case, programme, Moment(here.date(), here.time(), use))
        if not reasons:
            cost = funding_cost(case, programme, base, volume_fen=use.monthly_fen)
            why = too_dear(case, programme, cost)
            if why is None:
                allowed.append(ranked(programme, cost, case, prices))
                continue
            reasons.append(why)
        refused.append(Refusal(programme.id, programme.version, programme.partner, tuple(reasons)))
    return assembled(case, programmes, usage, now, prices, allowed, refused)


def too_dear(case: RoutingCase, programme: Programme, cost: FundingCost) -> Reason | None:
    """Refuse a cost that leaves less than the least margin below the customer's rate."""
    if case.annual_rate - cost.annual_rate >= programme.margin_min:
        return None
    limit, actual = percent(programme.margin_min), percent(cost.annual_rate)
    return because("margin_too_small", "annual_rate", limit=limit, actual=actual)


def assembled(
    case: RoutingCase,
    programmes: Sequence[Programme],
    usage: Mapping[str, QuotaUse],
    now: datetime,
    prices: Mapping[str, Decimal],
    allowed: list[tuple[Rank, Candidate]],
    refused: list[Refusal],
) -> Decision:
    """Put the record together: candidates in order, and a reason for every programme that was not chosen."""
    allowed.sort(key=lambda placed: placed[0])
    candidates = tuple(candidate for _, candidate in allowed)
    refused.extend(behind(candidates[0], other) for other in candidates[1:])
    refused.sort(key=lambda refusal: (refusal.programme, refusal.version))
    seen = {programme.id: usage.get(programme.id, NO_USE) for programme in programmes}
    return Decision(
        chosen=candidates[0].programme if candidates else None,
        candidates=candidates,
        refusals=tuple(refused),
        case=case,
        usage=dict(sorted(seen.items())),
        decided_at=now,
        prices=dict(sorted(prices.items())),
    )
