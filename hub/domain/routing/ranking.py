"""The order of those that may fund a case: the cost of the money, then what the agreement of the house says.

A scarce quota has a price of its own. With bid prices a programme is worth its funding cost and what its
quota would earn elsewhere; without them, its funding cost alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from contracts.money import portion
from contracts.programme import Programme
from hub.domain.reasons import because, yuan
from hub.domain.routing.case import RoutingCase
from hub.domain.routing.record import Candidate, FundingCost, Refusal

Rank = tuple[int, int, int, str, int]
"""Compared from the left: fen, priority, weight negated, programme id, version."""


def rule_key(programme: str, code: str) -> str:
    """Return the name under which a rule of a programme's quota has its price."""
    return f"{programme}/{code}"


def bid(programme: Programme, case: RoutingCase, prices: Mapping[str, Decimal]) -> int:
    """Return what the quotas a case takes of a programme are worth elsewhere, in fen, each half up.

    `prices` are bid prices by programme id, in fen for each fen lent, and by `rule_key` of a strict rule, in
    fen for each fen or loan it counts; a negative one draws to a commitment not yet kept. None is nothing.
    """
    if not prices:
        return 0
    price = prices.get(programme.id)
    worth = 0 if price is None else portion(case.amount_fen, price)
    for rule in programme.quota.rules:
        price = prices.get(rule_key(programme.id, rule.code))
        if price is not None and rule.applies(case.term_months, case.region, case.product):
            worth += portion(rule.units(case.amount_fen), price)
    return worth


def rank(programme: Programme, fen: int) -> Rank:
    """Return the place of a programme at a cost and bid of `fen`; no two programme versions are equal."""
    return fen, programme.priority, -programme.weight, programme.id, programme.version


def ranked(
    programme: Programme, cost: FundingCost, case: RoutingCase, prices: Mapping[str, Decimal]
) -> tuple[Rank, Candidate]:
    """Return a programme that may fund a case as a candidate, with its place; the least goes first."""
    worth = bid(programme, case, prices)
    candidate = Candidate(programme.id, programme.version, programme.partner, cost, worth)
    return rank(programme, cost.fen + worth), candidate


def behind(chosen: Candidate, other: Candidate) -> Refusal:
    """Return why a candidate comes after the chosen one."""
    gap = other.cost.fen - chosen.cost.fen
    with_bid = gap + other.bid_fen - chosen.bid_fen
    if with_bid and (chosen.bid_fen or other.bid_fen):
        why = because("dearer_with_quota", "cost", actual=yuan(with_bid), limit=yuan(gap))
    elif with_bid:
        why = because("dearer", "cost", actual=yuan(gap))
    else:
        why = because("later_in_order", "cost")
    return Refusal(other.programme, other.version, other.partner, (why,))
