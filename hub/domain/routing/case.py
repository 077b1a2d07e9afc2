"""What routing looks at: the application, and the quota in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from contracts.programme import RepaymentMethod
from hub.domain.reasons import Reason


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
