"""Clauses that work on each movement of money, in the order listed, over its pots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.agreement.parties import AgreementModel, Base, IncomeBase, Part
from contracts.money import Fen, Rate, RemainderRule, Rounding
from contracts.programme import Id


class ClauseTerms(AgreementModel):
    """What every clause has: a name that stays the same in every version, shown on statements."""

    id: Id

    @property
    def bases(self) -> tuple[Base, ...]:
        """The pots the clause works on."""
        raise LookupError(f"{type(self).__name__} names no pot")

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        """Each field that names a party, and the party."""
        yield from ()


class CapitalSplit(ClauseTerms):
    """Capital in and principal back go by the shares of capital; so does what is left of the pots in `also`.

    The capital of a loan is split once, at disbursement, by `remainder`. Principal is returned by cumulative
    rounding against it, so a fully repaid loan has returned to each funder exactly what it put in.
    """

    kind: Literal["capital_split"] = "capital_split"
    remainder: RemainderRule = RemainderRule.LARGEST_REMAINDER
    also: tuple[IncomeBase, ...] = ()

    @property
    def bases(self) -> tuple[Base, ...]:
        return (Base.DISBURSED, Base.PRINCIPAL, *self.also)


class CostFirst(ClauseTerms):
    """Takes rate x opening balance x days / day_count of each term from interest received, as far as it goes.

    Paid in parts, a term owes the party no more than that in all. Funder's cost and guarantee fee are such.
    """

    kind: Literal["cost_first"] = "cost_first"
    party: Id
    rate: Rate
    day_count: Literal[360, 365]
    rounding: Rounding = Rounding.HALF_UP

    @property
    def bases(self) -> tuple[Base, ...]:
        return (Base.INTEREST,)

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        yield "party", self.party


class ShareOfReceived(ClauseTerms):
    """Takes a fraction of each amount received in a pot, as far as the pot still holds it (后分润).

    `least_fen` and `most_fen` bound what it takes of one payment.
    """

    kind: Literal["share_of_received"] = "share_of_received"
    party: Id
    fraction: Part
    base: IncomeBase = Base.INTEREST
    least_fen: Fen = 0
    most_fen: Fen | None = None
    rounding: Rounding = Rounding.HALF_UP

    @model_validator(mode="after")
    def _ordered(self) -> ShareOfReceived:
        if self.most_fen is not None and self.most_fen < self.least_fen:
            raise PydanticCustomError("bounds", "most_fen: lies below least_fen")
        return self

    @property
    def bases(self) -> tuple[Base, ...]:
        return (self.base,)

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        yield "party", self.party


class ShareOnDisbursement(ClauseTerms):
    """The payer owes the receiver a fraction of the amount disbursed (前分润).

    It is taken back in proportion when the loan is unwound within `refund_window_days` of the disbursement.
    """

    kind: Literal["share_on_disbursement"] = "share_on_disbursement"
    payer: Id
    receiver: Id
    fraction: Part
    refund_window_days: Annotated[int, Field(strict=True, ge=0, le=3660)]
    rounding: Rounding = Rounding.HALF_UP

    @property
    def bases(self) -> tuple[Base, ...]:
        return (Base.DISBURSED,)

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        yield "payer", self.payer
        yield "receiver", self.receiver


class RiskReserve(ClauseTerms):
    """The payer places a fraction of the amount disbursed with the holder (风险准备金).

    A compensation draws on it to repay the guarantor; what exceeds `fraction` of the balance outstanding is
    released.
    """

    kind: Literal["risk_reserve"] = "risk_reserve"
    payer: Id
    holder: Id
    fraction: Part
    rounding: Rounding = Rounding.HALF_UP

    @property
    def bases(self) -> tuple[Base, ...]:
        return (Base.DISBURSED,)

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        yield "payer", self.payer
        yield "holder", self.holder


class Residual(ClauseTerms):
    """Takes all that the clauses before it left in a pot, and what their rounding left."""

    kind: Literal["residual"] = "residual"
    party: Id
    base: IncomeBase

    @property
    def bases(self) -> tuple[Base, ...]:
        return (self.base,)

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        yield "party", self.party


Clause = Annotated[
    CapitalSplit | CostFirst | ShareOfReceived | ShareOnDisbursement | RiskReserve | Residual,
    Field(discriminator="kind"),
]
