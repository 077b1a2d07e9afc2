"""How much a programme lends: limits by day, month and in all, by amount and by number of loans."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.money import Fen, Number, Rounding, portion
from contracts.vocabulary import Id, Months, RegionPrefix, Terms, ordered


class Period(StrEnum):
    """What a limit counts in. Day and month are Asia/Shanghai's."""

    DAY = "day"
    MONTH = "month"
    TOTAL = "total"


class Measure(StrEnum):
    """What a limit counts."""

    AMOUNT = "amount"  # fen of whole loans
    COUNT = "count"  # loans


class QuotaRule(Terms):
    """A limit on the loans it applies to. What is reserved and not yet lent counts as lent."""

    code: Id
    period: Period
    measure: Measure = Measure.AMOUNT
    plan: Annotated[int, Field(ge=0, le=10**15)]
    """Fen or loans."""
    strict: bool = True
    """A strict limit without room refuses. One that is not strict is passed over while another has room."""
    overflow_rate: Annotated[Number, Field(ge=0, le=10)] = Decimal(0)
    """How far beyond the plan it may go: "0.4" is two fifths more."""
    terms: tuple[Months, ...] = ()
    """Loan terms it applies to; empty for all."""
    regions: tuple[RegionPrefix, ...] = ()
    """Places of residence it applies to; empty for all."""
    products: tuple[Id, ...] = ()

    @property
    def most(self) -> int:
        """The most that may be taken: plan x (1 + overflow rate), rounded down."""
        return portion(self.plan, 1 + self.overflow_rate, Rounding.DOWN)

    def units(self, amount_fen: int) -> int:
        """What a loan takes of it."""
        return amount_fen if self.measure is Measure.AMOUNT else 1

    def applies(self, term_months: int, region: str, product: str) -> bool:
        """Whether a loan counts under this limit."""
        return (
            (not self.terms or term_months in self.terms)
            and (not self.regions or region.startswith(self.regions))
            and (not self.products or product in self.products)
        )


class Quota(Terms):
    """How much a programme lends, in fen of whole loans. The day and the month are Asia/Shanghai's."""

    daily_fen: Annotated[Fen, Field(ge=1)]
    monthly_fen: Annotated[Fen, Field(ge=1)] | None = None
    total_fen: Annotated[Fen, Field(ge=1)] | None = None
    rules: tuple[QuotaRule, ...] = ()
    """Further limits: by number, term, region or product, not strict, or with an overflow."""

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> Quota:
        if self.monthly_fen is not None:
            ordered(self.daily_fen, self.monthly_fen, "daily_fen", "monthly_fen")
            if self.total_fen is not None:
                ordered(self.monthly_fen, self.total_fen, "monthly_fen", "total_fen")
        codes = [rule.code for rule in self.rules]
        if len(set(codes)) != len(codes):
            raise PydanticCustomError("quota", "every quota rule has a code of its own")
        return self
