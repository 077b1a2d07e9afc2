"""Who is party to an agreement, what money it speaks of, and the model all its terms are built on."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from contracts.money import Number, Rate
from contracts.programme import Id, Label


class Base(StrEnum):
    """What a clause takes from, or is reckoned on: a pot of money, or the measure of a month."""

    DISBURSED = "disbursed"
    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEE = "fee"
    PENALTY = "penalty"
    BALANCE = "balance"  # principal outstanding, day by day
    APPLICATION = "application"  # one valid application each
    LOSS = "loss"  # what guarantors paid and have not recovered
    GIVEN = "given"  # what other clauses gave


RECEIVED = (Base.PRINCIPAL, Base.INTEREST, Base.FEE, Base.PENALTY)
"""The pots a repayment fills, in the order they are shared out."""

IncomeBase = Literal[Base.INTEREST, Base.FEE, Base.PENALTY]


class Role(StrEnum):
    """What a party is in the agreement; it bounds what the party may receive."""

    FUNDER = "funder"  # licensed to lend; the only kind that holds capital
    PLATFORM = "platform"
    GUARANTOR = "guarantor"
    RESERVE = "reserve"  # holds a risk reserve and nothing else


def _day(value: object) -> object:
    if type(value) is date or isinstance(value, str):
        return value
    raise PydanticCustomError("day", "is a day written as 2026-01-31")


Day = Annotated[date, BeforeValidator(_day)]
Weight = Annotated[Number, Field(gt=0, le=10**6)]
Part = Annotated[Rate, Field(gt=0)]


class AgreementModel(BaseModel):
    """Agreed terms: immutable, unknown fields refused; numbers are not converted silently."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PartyTerms(AgreementModel):
    """A party to the agreement."""

    id: Id
    role: Role
    name_zh: Label
    name_en: Label


class CapitalShare(AgreementModel):
    """A funder's share of each loan's capital, as a weight against the others'."""

    party: Id
    weight: Weight
