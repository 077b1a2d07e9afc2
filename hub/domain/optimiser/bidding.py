"""Bid prices for the online decision: made by the solver beside the request, used while they are fresh.

A quota is worth what its next fen would save later in the day. Adding that to the funding cost keeps a cheap
quota for the loans that gain most by it. (Talluri and van Ryzin 1998, bid prices; Jasin and Kumar 2012, that
solving again on what is left keeps the loss small.)
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from contracts.money import divide, ratio
from hub.domain.optimiser.assignment import Limit, Loans, solve
from hub.domain.optimiser.forecast import remaining

FIRST_REFRESH: Final = 5
"""Arrivals between the first prices of a day and the next."""
TRUST_TERMS: Final = 10
"""How many arrivals weigh as much as what programmes' own terms let expect."""
TRUST_EARLIER_DAY: Final = 200
"""How many arrivals weigh as much as an earlier day."""

_PARTS: Final = 60


def reprice(
    known: Loans | None,
    today: Loans,
    total_fen: int,
    limits: Sequence[Limit],
    keys: Sequence[str],
    *,
    trust: int,
) -> dict[str, Decimal]:
    """Return the price of each limit by its key for the rest of the day; none when nothing is foretold.

    `limits` are of what is left of each; for `known`, `total_fen` and `trust` see `remaining`. Raises
    Unsolved.
    """
    to_come = remaining(known, today, total_fen, trust=trust)
    if to_come is None:
        return {}
    prices: dict[str, Decimal] = {}
    for key, price in zip(keys, solve(to_come, limits).prices, strict=True):
        if price and key:
            prices[key] = prices.get(key, Decimal(0)) + Decimal(price).scaleb(-6)
    return prices


def next_refresh(arrived: int, expected: int) -> int:
    """Return after how many arrivals to make new prices: soon at first, then sixty times a day."""
    return arrived + max(1, min(max(FIRST_REFRESH, arrived // 2), expected // _PARTS))


def own_funds_fen(base_fen_months: int, annual_rate: Decimal) -> int:
    """Return the cost of own funds over a loan's life, half up; the base is `outstanding_fen_months`."""
    numerator, denominator = ratio(annual_rate)
    return divide(base_fen_months * numerator, 12 * denominator)


def own_funds_better(cost_fen: int, bid_fen: int, own_fen: int) -> bool:
    """Whether own funds cost less than a programme and what its quota is worth elsewhere."""
    return own_fen < cost_fen + bid_fen
