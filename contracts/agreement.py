"""What the parties agreed on money: who lends what share, and who takes what from each fen that comes in.

An agreement is data: parties, shares of capital, and clauses that work in the order listed over pots of
money. Each repayment fills the pots principal, interest, fee and penalty; a disbursement is a pot of its own.
A clause takes from its pot; what ends a pot (`residual`, `capital_split`) takes all that is left, so no fen
stays unassigned. Validation errors name the field and the remedy. Rates are annual fractions, amounts fen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.money import Number, Rate, RemainderRule, Rounding
from contracts.programme import OWN_SHARE_MIN, Id, Label


class Base(StrEnum):
    """A pot of money: what a clause takes from, or is reckoned on."""

    DISBURSED = "disbursed"
    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEE = "fee"
    PENALTY = "penalty"


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
    """Takes a fraction of each amount received in a pot, as far as the pot still holds it (后分润)."""

    kind: Literal["share_of_received"] = "share_of_received"
    party: Id
    fraction: Part
    base: IncomeBase = Base.INTEREST
    rounding: Rounding = Rounding.HALF_UP

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


class Agreement(AgreementModel):
    """One version of an agreement with a partner. A loan keeps the version it was disbursed under."""

    id: Id
    version: Annotated[int, Field(strict=True, ge=1)]
    effective_from: Day
    effective_to: Day | None = None
    """Last day on which loans are disbursed under the version; none for "until further notice"."""
    partner: Id
    """The licensed lender that disburses, collects, and owes the others their shares."""
    parties: Annotated[tuple[PartyTerms, ...], Field(min_length=1)]
    capital: Annotated[tuple[CapitalShare, ...], Field(min_length=1)]
    clauses: Annotated[tuple[Clause, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _holds_together(self) -> Agreement:
        problems = list(_names_unclear(self)) or list(_terms_unsound(self))
        if problems:
            raise PydanticCustomError("agreement", "{problems}", {"problems": " | ".join(problems)})
        return self

    def effective_on(self, day: date) -> bool:
        """Whether loans may be disbursed under this version on a business day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    @cached_property
    def by_pot(self) -> Mapping[Base, tuple[Clause, ...]]:
        """The clauses that work on each pot, in order."""
        return MappingProxyType(
            {base: tuple(clause for clause in self.clauses if base in clause.bases) for base in Base}
        )

    @cached_property
    def by_party(self) -> Mapping[str, PartyTerms]:
        """The parties by id."""
        return MappingProxyType({party.id: party for party in self.parties})

    @cached_property
    def weights(self) -> tuple[Decimal, ...]:
        """The capital weights, in the order of `capital`."""
        return tuple(share.weight for share in self.capital)

    @cached_property
    def capital_split(self) -> CapitalSplit:
        """The clause by which capital and principal go."""
        return next(clause for clause in self.clauses if isinstance(clause, CapitalSplit))

    @cached_property
    def reference(self) -> str:
        """The agreement and its version, as written on every share line: `id@version`."""
        return f"{self.id}@{self.version}"


def _names_unclear(terms: Agreement) -> Iterator[str]:
    """Yield names that are doubled or unknown, each with its field and remedy."""
    yield from _repeated("parties", [party.id for party in terms.parties])
    yield from _repeated("clauses", [clause.id for clause in terms.clauses])
    yield from _repeated("capital", [share.party for share in terms.capital])
    yield from _unknown(terms)


def _terms_unsound(terms: Agreement) -> Iterator[str]:
    """Yield what contradicts itself, the law or the conservation of money, each with its field and remedy."""
    if terms.effective_to is not None and terms.effective_to < terms.effective_from:
        yield "effective_to: lies before effective_from; give a later day or leave it out"
    yield from _capital(terms)
    for base in RECEIVED:
        yield from _pot(terms, base)
    for place, clause in enumerate(terms.clauses):
        yield from _allowed(terms, f"clauses[{place}]", clause)


def _repeated(field: str, names: list[str]) -> Iterator[str]:
    for place, name in enumerate(names):
        if name in names[:place]:
            yield f"{field}[{place}]: {name} is listed twice; keep one"


def _unknown(terms: Agreement) -> Iterator[str]:
    named = [("partner", terms.partner)]
    named += [(f"capital[{place}].party", share.party) for place, share in enumerate(terms.capital)]
    for place, clause in enumerate(terms.clauses):
        named += [(f"clauses[{place}].{field}", party) for field, party in clause.named]
    known = [party.id for party in terms.parties]
    for field, party in named:
        if party not in known:
            yield f"{field}: {party} is not a party; add it to parties or name one of {', '.join(known)}"


def _capital(terms: Agreement) -> Iterator[str]:
    # Only lenders hold capital, and of a joint loan the partner its share: 银保监办发〔2021〕24号 art. 2.
    for place, share in enumerate(terms.capital):
        if terms.by_party[share.party].role is not Role.FUNDER:
            yield f"capital[{place}].party: {share.party} may not lend; name a party of role funder"
    own = sum(share.weight for share in terms.capital if share.party == terms.partner)
    if own == 0:
        yield f"capital: the partner {terms.partner} funds nothing; list its share of the capital"
    if own < OWN_SHARE_MIN * sum(terms.weights):
        yield (
            f"capital: the partner {terms.partner} funds less than {OWN_SHARE_MIN} of a joint loan"
            " (银保监办发〔2021〕24号); raise its weight"
        )
    splits = [clause for clause in terms.clauses if isinstance(clause, CapitalSplit)]
    if len(splits) != 1:
        yield f"clauses: there are {len(splits)} capital_split; have one, principal goes back through it"


def _pot(terms: Agreement, base: Base) -> Iterator[str]:
    clauses = terms.by_pot[base]
    ends = [place for place, clause in enumerate(clauses) if isinstance(clause, Residual | CapitalSplit)]
    if not ends:
        yield f"clauses: {base} received has no last taker; add a residual clause with base {base}"
    elif ends[0] != len(clauses) - 1:
        yield (
            f"clauses: {clauses[ends[0]].id} takes all of {base}, so {clauses[ends[0] + 1].id} gets nothing;"
            " put it last or remove one"
        )
    fixed = sum(clause.fraction for clause in clauses if isinstance(clause, ShareOfReceived))
    if fixed > 1:
        yield f"clauses: shares of {base} received add up to {fixed}; lower them to 1 or less in all"


def _allowed(terms: Agreement, field: str, clause: Clause) -> Iterator[str]:
    roles = {party: terms.by_party[party].role for _, party in clause.named}
    if len(roles) < len(list(clause.named)):
        yield f"{field}: payer and receiver are the same party; name two"
    if Base.FEE in clause.bases and Role.PLATFORM in roles.values():
        yield f"{field}.party: a platform takes no borrower's fee (金规〔2025〕9号); name a guarantor"
    if Role.RESERVE in roles.values() and not isinstance(clause, RiskReserve):
        yield f"{field}: a party of role reserve only holds a reserve; name another party"
