"""The record of a routing: enough to reproduce it, in JSON's own types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from pydantic import TypeAdapter

from hub.domain.reasons import Reason
from hub.domain.routing.case import QuotaUse, RoutingCase


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
    bid_fen: int = 0
    """What the quota it takes would earn elsewhere, by its bid price; weighed in the order, not paid."""


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
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    """Bid prices the order weighed; see `ranking.bid`."""

    def to_json(self) -> dict[str, object]:
        """The decision in JSON's own types, rates as decimal strings, times in UTC."""
        dumped: dict[str, object] = _DECISION.dump_python(self, mode="json")
        return dumped

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Decision:
        """The inverse of `to_json`; raises pydantic's ValidationError for anything else."""
        return _DECISION.validate_python(data)


_DECISION: Final = TypeAdapter(Decision)
