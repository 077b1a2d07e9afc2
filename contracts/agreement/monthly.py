"""Clauses that work once a month, on what the month's movements come to, in the order listed.

Each gives lines of its own when a month is closed. A tier begins at `from_fen` and ends just below the next
tier's; the first begins at nothing, so tiers have no gap. Amounts are fen, rates fractions; each line is
rounded once. Worked examples of every kind: `tests/hub/domain/sharing/test_monthly.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.agreement.parties import AgreementModel, Base, Part
from contracts.money import Fen, Rate, Rounding
from contracts.programme import Id

Measured = Literal[Base.DISBURSED, Base.INTEREST, Base.FEE, Base.PENALTY]


class MonthlyTerms(AgreementModel):
    """What every monthly clause has: a name that stays the same in every version, shown on statements."""

    id: Id

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        """Each field that names a party, and the party."""
        yield from ()

    @property
    def relies_on(self) -> tuple[str, ...]:
        """The clauses, listed before this one, whose amounts it looks at."""
        return ()


class BetweenTwo(MonthlyTerms):
    """A clause by which one party pays another."""

    payer: Id
    receiver: Id

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        yield "payer", self.payer
        yield "receiver", self.receiver


class TierMode(StrEnum):
    """How the tiers of a volume count."""

    MARGINAL = "marginal"  # each tier's rate on the part that lies in it
    WHOLE = "whole"  # the rate of the tier reached on all of it


class Tier(AgreementModel):
    """A tier of a volume: from `from_fen`, included, to the next tier's, not included."""

    from_fen: Fen
    rate: Rate
    flat_fen: Fen = 0
    """Paid once a month when the tier is reached, as well as the rate."""


class VolumeTiers(BetweenTwo):
    """A rate on the month's volume that changes as it grows (阶梯): on each part, or on the whole."""

    kind: Literal["volume_tiers"] = "volume_tiers"
    measure: Measured
    mode: TierMode
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]
    rounding: Rounding = Rounding.HALF_UP

    @model_validator(mode="after")
    def _without_gap(self) -> VolumeTiers:
        if self.tiers[0].from_fen != 0:
            raise PydanticCustomError("tiers", "tiers[0].from_fen: the first tier begins at 0")
        for place, (low, high) in enumerate(pairwise(self.tiers), 1):
            if high.from_fen <= low.from_fen:
                raise PydanticCustomError(
                    "tiers", "tiers[{place}].from_fen: begins above the tier before it", {"place": place}
                )
        return self


class QualityTier(AgreementModel):
    """A fraction that holds while the overdue rate is at most `at_most`; the last tier has no bound."""

    at_most: Rate | None = None
    fraction: Rate


class QualityTiers(BetweenTwo):
    """A fraction of what was received in the month, by how much of the principal is overdue (质量分润).

    The overdue rate is the principal outstanding of loans with a term unpaid for more than `overdue_days`
    over all principal outstanding, at the month's end: 30 days is M1+.
    """

    kind: Literal["quality_tiers"] = "quality_tiers"
    measure: Literal[Base.INTEREST, Base.FEE, Base.PENALTY] = Base.INTEREST
    overdue_days: Annotated[int, Field(strict=True, ge=0, le=3660)] = 30
    tiers: Annotated[tuple[QualityTier, ...], Field(min_length=1)]
    rounding: Rounding = Rounding.HALF_UP

    @model_validator(mode="after")
    def _without_gap(self) -> QualityTiers:
        bounds = [tier.at_most for tier in self.tiers]
        if bounds[-1] is not None or None in bounds[:-1]:
            raise PydanticCustomError(
                "tiers", "tiers: every tier but the last has at_most, which the last has not"
            )
        for place, (low, high) in enumerate(pairwise(bounds[:-1]), 1):
            if low is not None and high is not None and high <= low:
                raise PydanticCustomError(
                    "tiers", "tiers[{place}].at_most: is above that of the tier before it", {"place": place}
                )
        return self


class DailyBalance(BetweenTwo):
    """A yearly rate on the principal outstanding at the end of each day of the month, paid or not."""

    kind: Literal["daily_balance"] = "daily_balance"
    rate: Part
    day_count: Literal[360, 365]
    rounding: Rounding = Rounding.HALF_UP


class PerApplication(BetweenTwo):
    """A price for each valid application of the month (CPA): one that passed the checks, not a duplicate."""

    kind: Literal["per_application"] = "per_application"
    price_fen: Annotated[Fen, Field(ge=1)]


class Bounds(BetweenTwo):
    """A floor and a cap for what clauses give in a month (保底/封顶); the difference is a line of its own."""

    kind: Literal["bounds"] = "bounds"
    of: Annotated[tuple[Id, ...], Field(min_length=1)]
    floor_fen: Fen | None = None
    cap_fen: Fen | None = None

    @property
    def relies_on(self) -> tuple[str, ...]:
        return self.of

    @model_validator(mode="after")
    def _ordered(self) -> Bounds:
        if self.floor_fen is None and self.cap_fen is None:
            raise PydanticCustomError("bounds", "give floor_fen, cap_fen or both")
        if self.floor_fen is not None and self.cap_fen is not None and self.cap_fen < self.floor_fen:
            raise PydanticCustomError("bounds", "cap_fen: lies below floor_fen")
        return self


class FirstLoss(BetweenTwo):
    """The payer bears the first losses of each month's loans, up to a fraction of what was disbursed.

    A loss is what a guarantor paid and has not recovered; what lies above stays with the receiver.
    """

    kind: Literal["first_loss"] = "first_loss"
    fraction: Part
    rounding: Rounding = Rounding.HALF_UP


class ReserveReview(MonthlyTerms):
    """Sets a risk reserve against its target at the month's end: the payer tops up, or is released."""

    kind: Literal["reserve_review"] = "reserve_review"
    of: Id

    @property
    def relies_on(self) -> tuple[str, ...]:
        return (self.of,)


class Tax(BetweenTwo):
    """The value-added tax on what clauses give the receiver: within the amount, or on top of it."""

    kind: Literal["tax"] = "tax"
    of: Annotated[tuple[Id, ...], Field(min_length=1)]
    rate: Part
    inclusive: bool
    rounding: Rounding = Rounding.HALF_UP

    @property
    def relies_on(self) -> tuple[str, ...]:
        return self.of


class Withholding(BetweenTwo):
    """What the payer keeps back of what clauses give the receiver, and pays to the tax office (代扣代缴)."""

    kind: Literal["withholding"] = "withholding"
    of: Annotated[tuple[Id, ...], Field(min_length=1)]
    rate: Part
    rounding: Rounding = Rounding.HALF_UP

    @property
    def relies_on(self) -> tuple[str, ...]:
        return self.of


MonthlyClause = Annotated[
    VolumeTiers
    | QualityTiers
    | DailyBalance
    | PerApplication
    | Bounds
    | FirstLoss
    | ReserveReview
    | Tax
    | Withholding,
    Field(discriminator="kind"),
]
