"""What a programme takes beyond product, amount, term, age and residence: whom, when, and under which law.

Everything here is optional in a programme; what is not given is not asked.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.money import Fen, Rate
from contracts.vocabulary import Consent, CostConvention, DocumentKind, Id, RegionPrefix, Terms

CONCENTRATION_MAX = Decimal("0.25")
"""Most of a bank's tier-1 net capital lent together with one partner: 银保监办发〔2021〕24号."""


class Collateral(StrEnum):
    """What secures a loan."""

    NONE = "none"  # 信用
    GUARANTEE = "guarantee"  # 担保
    VEHICLE = "vehicle"
    PROPERTY = "property"
    DEPOSIT = "deposit"


class CustomerKind(StrEnum):
    """Whether the platform has lent to the person before."""

    NEW = "new"
    RETURNING = "returning"


class Regions(Terms):
    """Places by GB/T 2260 code, each with all below it. Empty `allowed` means everywhere."""

    allowed: tuple[RegionPrefix, ...] = ()
    denied: tuple[RegionPrefix, ...] = ()


class Words(Terms):
    """A list of words taken or refused. Empty `allowed` means any."""

    allowed: tuple[Id, ...] = ()
    denied: tuple[Id, ...] = ()


class Borrowers(Terms):
    """Whom the programme takes. A fact that is asked for and was not told refuses."""

    identity_regions: Regions = Regions()
    """Where the identity card was first issued: the first six digits of its number."""
    work_regions: Regions = Regions()
    occupations: Words = Words()
    customers: tuple[CustomerKind, ...] = ()
    card_banks: Words = Words()
    """Banks whose debit cards can be paid out to and debited."""
    tiers: Words = Words()
    """Credit grades, in the platform's words."""
    collateral: tuple[Collateral, ...] = ()
    documents: tuple[DocumentKind, ...] = ()
    """Every one of these is there before the application goes out."""
    consents: tuple[Consent, ...] = ()
    open_loans_max: Annotated[int, Field(ge=0, le=1_000)] | None = None
    """Loans of the person at this partner not yet settled, this one not counted (共债)."""
    blocked_days_after_decline: Annotated[int, Field(ge=0, le=3650)] = 0
    """Days after a decline by this partner on which the person is not sent again (rejectPeriod)."""


class BusinessDays(StrEnum):
    """On which days applications are taken."""

    EVERY_DAY = "every_day"
    WORKDAYS = "workdays"  # by the State Council's arrangement, make-up workdays included


class PermissionKind(StrEnum):
    """What must be valid for a partner to lend with us."""

    LICENCE = "licence"  # 金融许可证
    WHITE_LIST = "white_list"  # 合作机构名单: 金规〔2025〕9号, dealing outside the list is forbidden
    GUARANTOR_LICENCE = "guarantor_licence"  # 融资担保业务经营许可证


class Permission(Terms):
    """One licence or listing, first and last day included."""

    kind: PermissionKind
    number: Annotated[str, Field(min_length=1, max_length=80)]
    valid_from: date
    valid_to: date | None = None


class Concentration(Terms):
    """How much the bank may have lent together with this platform, in fen of its own share outstanding."""

    tier1_net_capital_fen: Annotated[Fen, Field(ge=1)]
    share_max: Annotated[Rate, Field(le=CONCENTRATION_MAX)] = CONCENTRATION_MAX
    balance_max_fen: Fen | None = None
    """A tighter bound agreed with the bank, such as what is left of half of all its loans."""


class Grey(Terms):
    """A part of the persons, by a hash salted with the experiment's name: the same ones every time."""

    experiment: Id
    share: Rate


class BorrowerPrice(Terms):
    """What the borrower pays beside interest, and the most all of it may cost a year."""

    guarantee_rate: Rate = Decimal(0)
    """Annual, on the principal outstanding."""
    upfront_rate: Rate = Decimal(0)
    """Of the principal, taken off when the loan is paid out."""
    monthly_fee_fen: Fen = 0
    all_in_cap: Rate | None = None
    cap_convention: CostConvention = CostConvention.COMPOUND

    @model_validator(mode="after")
    def _something_is_received(self) -> BorrowerPrice:
        if self.upfront_rate == 1:
            raise PydanticCustomError("upfront", "upfront_rate is below 1: the borrower receives something")
        return self
