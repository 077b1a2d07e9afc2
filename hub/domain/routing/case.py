"""What routing looks at: the application, and the quota in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Final

from contracts.terms import Collateral, CustomerKind
from contracts.vocabulary import Consent, DocumentKind, RepaymentMethod
from hub.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class History:
    """What the person has at one partner: loans not settled, and days since its latest decline."""

    open_loans: int = 0
    declined_days_ago: int | None = None


@dataclass(frozen=True, slots=True)
class RoutingCase:
    """What routing looks at. `annual_rate` is the customer's nominal rate, `region` a GB/T 2260 code.

    `excluded` names programmes, or versions of them as id@version, that this application may not go to, each
    with its reason. What is None was
    not told; a programme that asks for it refuses. `person` names the borrower without saying who it is, and
    `history` is by partner.
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
    person: str = ""
    identity_region: str | None = None
    work_region: str | None = None
    occupation: str | None = None
    customer: CustomerKind | None = None
    card_bank: str | None = None
    tier: str | None = None
    collateral: Collateral | None = None
    documents: tuple[DocumentKind, ...] = ()
    consents: tuple[Consent, ...] = ()
    history: Mapping[str, History] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A method read from storage is its plain text; the record keeps the word.
        object.__setattr__(self, "method", RepaymentMethod(self.method))


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """What of a programme's quota is already used or reserved: fen today, this month, in all.

    `rules` are units by code of a quota rule, in its current period. `balance_fen` is what the partner has
    outstanding of its own share in loans with us.
    """

    daily_fen: int = 0
    monthly_fen: int = 0
    total_fen: int = 0
    rules: Mapping[str, int] = field(default_factory=dict)
    balance_fen: int = 0


NO_USE: Final = QuotaUse()


@dataclass(frozen=True, slots=True)
class Moment:
    """The business day, the time of day and the quota in use when a programme is looked at."""

    day: date
    hour: time
    use: QuotaUse
