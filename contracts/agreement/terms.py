"""One version of an agreement, and what keeps it from being sound: each with its field and remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.agreement.clauses import (
    CapitalSplit,
    Clause,
    Residual,
    RiskReserve,
    ShareOfReceived,
)
from contracts.agreement.monthly import MonthlyClause, ReserveReview
from contracts.agreement.parties import (
    RECEIVED,
    AgreementModel,
    Base,
    CapitalShare,
    Day,
    PartyTerms,
    Role,
)
from contracts.programme import OWN_SHARE_MIN, Id


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
    """What works on each movement of money, in order."""
    monthly: tuple[MonthlyClause, ...] = ()
    """What works on each month when it is closed, in order."""
    across_versions: bool = False
    """Whether the version in force at a month's end reckons its monthly clauses on the loans of all versions.

    Without it each version reckons on the loans disbursed under it.
    """

    silence_agrees_after_days: Annotated[int, Field(strict=True, ge=1, le=365)] | None = None
    """A statement sent for confirmation, or a dispute, that nobody answers for so many days counts as agreed.

    None: silence never agrees to anything.
    """

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
    def stands_in(self) -> str | None:
        """Who takes a claim over from a funder: the guarantor, or the platform where there is none."""
        ids = {party.role: party.id for party in reversed(self.parties)}
        return ids.get(Role.GUARANTOR, ids.get(Role.PLATFORM))

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
    names = [clause.id for clause in terms.clauses]
    yield from _repeated("clauses", names)
    yield from _repeated("monthly", [clause.id for clause in terms.monthly], names)
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
    for place, monthly in enumerate(terms.monthly):
        yield from _reckonable(terms, place, monthly)


def _repeated(field: str, names: list[str], taken: Sequence[str] = ()) -> Iterator[str]:
    for place, name in enumerate(names):
        if name in taken or name in names[:place]:
            yield f"{field}[{place}]: {name} is listed twice; keep one"


def _unknown(terms: Agreement) -> Iterator[str]:
    named = [("partner", terms.partner)]
    named += [(f"capital[{place}].party", share.party) for place, share in enumerate(terms.capital)]
    for place, clause in enumerate(terms.clauses):
        named += [(f"clauses[{place}].{field}", party) for field, party in clause.named]
    for place, monthly in enumerate(terms.monthly):
        named += [(f"monthly[{place}].{field}", party) for field, party in monthly.named]
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


def _reckonable(terms: Agreement, place: int, clause: MonthlyClause) -> Iterator[str]:
    """Yield what keeps a monthly clause from being reckoned, or makes it unlawful."""
    field = f"monthly[{place}]"
    roles = {party: terms.by_party[party].role for _, party in clause.named}
    if len(roles) < len(list(clause.named)):
        yield f"{field}: payer and receiver are the same party; name two"
    if Role.RESERVE in roles.values():
        yield f"{field}: a party of role reserve only holds a reserve; name another party"
    if getattr(clause, "measure", None) is Base.FEE and Role.PLATFORM in roles.values():
        yield f"{field}.measure: a platform takes no part of a borrower's fee (金规〔2025〕9号); use interest"
    before = {known.id: known for known in (*terms.clauses, *terms.monthly[:place])}
    for other in clause.relies_on:
        known = before.get(other)
        if known is None:
            yield f"{field}.of: no clause {other} is listed before it; name one of {', '.join(before)}"
        elif isinstance(clause, ReserveReview) != isinstance(known, RiskReserve):
            yield f"{field}.of: {other} is a {known.kind}, which {clause.kind} cannot look at; name another"
        elif not isinstance(clause, ReserveReview) and clause.receiver not in _receivers(known):
            yield f"{field}.of: {clause.receiver} receives nothing by {other}; name a clause that pays it"


def _receivers(clause: Clause | MonthlyClause) -> set[str]:
    """Return the parties a clause gives money to."""
    return {party for field, party in clause.named if field in ("party", "receiver")}
