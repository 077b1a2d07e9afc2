"""Bid prices for the online decision: made by the solver beside the request, used while they are fresh.

A quota is worth what its next fen would save later in the day. Adding that to the funding cost keeps a cheap
quota for the loans that gain most by it. (Talluri and van Ryzin 1998, bid prices; Jasin and Kumar 2012, that
solving again on what is left keeps the loss small.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from contracts.money import divide, ratio
from hub.domain.optimiser.assignment import Limit, Loans, solve
from hub.domain.optimiser.forecast import remaining

FIRST_REFRESH: Final = 5
"""Arrivals after which a day without history makes its first prices."""

_PARTS: Final = 60


@dataclass(frozen=True, slots=True)
class PriceSet:
    """Bid prices by programme id in fen for each fen lent, and how long they may be used."""

    version: int
    made_at: datetime
    expires_at: datetime
    prices: Mapping[str, Decimal]

    def at(self, now: datetime) -> Mapping[str, Decimal]:
        """Return the prices to route by: none once they have expired, so that cost alone decides."""
        return self.prices if self.made_at <= now < self.expires_at else {}


def reprice(
    history: Loans | None, today: Loans, expected: int, limits: Sequence[Limit], programmes: Sequence[str]
) -> dict[str, Decimal]:
    """Return bid prices by programme id for what is left of the day; empty when nothing can be foretold.

    `limits` are those of whole programmes with what is left of them. `expected` as in `remaining`. Raises
    Unsolved.
    """
    to_come = remaining(history, today, expected)
    if to_come is None:
        return {}
    prices: dict[str, Decimal] = {}
    for limit, price in zip(limits, solve(to_come, limits).prices, strict=True):
        if price and not limit.counted and limit.among is None:
            name = programmes[limit.programme]
            prices[name] = prices.get(name, Decimal(0)) + Decimal(price).scaleb(-6)
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
