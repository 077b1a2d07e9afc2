"""What the money of a programme costs beside its yearly rates: steps, fees, reserve, loss, tax."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.money import Fen, Rate
from contracts.vocabulary import Id, Months, Terms, ordered


class RateStep(Terms):
    """A yearly rate for some terms, credit grades and volumes, instead of the base rate."""

    rate: Rate
    terms_from: Months = 1
    terms_to: Months = 360
    tiers: tuple[Id, ...] = ()
    """Credit grades; empty for every one, an untold grade included."""
    volume_from_fen: Fen = 0
    """Taken of the programme this month before this loan; from here on the whole loan has this rate."""

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> RateStep:
        ordered(self.terms_from, self.terms_to, "terms_from", "terms_to")
        return self


class CoFunder(Terms):
    """One who provides capital beside the partner."""

    party: Id
    share: Annotated[Rate, Field(gt=0)]
    """Of the whole principal."""
    rate: Rate
    steps: tuple[RateStep, ...] = ()


class Costs(Terms):
    """Costs of a loan that are ours. Steps are tried in order and the first that fits applies."""

    steps: tuple[RateStep, ...] = ()
    """Rates of the partner's own capital instead of `funding_rate`."""
    per_call_fee_fen: Fen = 0
    calls: Annotated[int, Field(ge=0, le=100)] = 1
    """Paid calls an application makes, such as credit enquiries."""
    payout_fee_fen: Fen = 0
    collection_fee_fen: Fen = 0
    """For each instalment debited."""
    reserve_rate: Rate = Decimal(0)
    """Held of the principal outstanding (风险准备金)."""
    reserve_carry_rate: Rate = Decimal(0)
    """What a year of held money costs us."""
    loss_rate: Rate = Decimal(0)
    """Expected loss over the life of the loan, of its principal."""
    tier_losses: Mapping[Id, Rate] = Field(default_factory=dict)
    """The same for a credit grade, instead of `loss_rate`."""
    loss_share: Rate = Decimal(0)
    """Part of the loss that we carry."""
    subsidy_rate: Rate = Decimal(0)
    """What the partner gives us for the principal lent, once; a negative line."""
    subsidy_fen: Fen = 0
    tax_rate: Rate = Decimal(0)
    """Not recoverable tax on the guarantee and the fees."""


def co_funded(own_share: Decimal, rate: Decimal | None, funders: tuple[CoFunder, ...]) -> None:
    """Raise unless others are named exactly when own_share is below 1, and all shares sum to 1."""
    given = (rate is not None) + bool(funders)
    if given != (own_share != 1):
        raise PydanticCustomError(
            "co_funding",
            "co_funding_rate or co_funders is given exactly when own_share is below 1: others fund the rest",
        )
    if funders and own_share + sum(funder.share for funder in funders) != 1:
        raise PydanticCustomError("co_funding", "own_share and the shares of co_funders sum to 1")
