"""Bid prices as a decision takes them; `hub.domain.optimiser`, which has a solver, makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PriceSet:
    """Bid prices (see `hub.domain.routing.ranking.bid`), and how long they may be used."""

    version: int
    made_at: datetime
    expires_at: datetime
    prices: Mapping[str, Decimal]

    def at(self, now: datetime) -> Mapping[str, Decimal]:
        """Return the prices to route by: none once they have expired, so that cost alone decides."""
        return self.prices if self.made_at <= now < self.expires_at else {}
