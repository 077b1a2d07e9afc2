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
from hub.domain.routing.record import Candidate, FundingCost, Refusal

Rank = tuple[int, int, int, str, int]
"""Compared from the left: fen, priority, weight negated, programme id, version."""


def bid(programme: str, amount_fen: int, prices: Mapping[str, Decimal]) -> int:
    """Return what the quota of a programme is worth for an amount, in fen, half up.

    `prices` are bid prices by programme id, in fen for each fen lent; a negative one draws to a commitment
    not yet kept. An absent programme has none.
    """
    price = prices.get(programme)
    return 0 if price is None else portion(amount_fen, price)


def rank(programme: Programme, fen: int) -> Rank:
    """Return the place of a programme at a cost and bid of `fen`; no two programme versions are equal."""
    return fen, programme.priority, -programme.weight, programme.id, programme.version


def ranked(
    programme: Programme, cost: FundingCost, amount_fen: int, prices: Mapping[str, Decimal]
) -> tuple[Rank, Candidate]:
    """Return a programme that may fund an amount as a candidate, with its place; the least goes first."""
    worth = bid(programme.id, amount_fen, prices)
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
