"""Each clause as a rule over a pot, and the steps the events have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import gcd

from contracts.agreement import Agreement, Base, CapitalSplit, CostFirst, Residual, ShareOfReceived
from contracts.money import divide, progress, ratio, split
from hub.domain.sharing.events import EventKind, Received
from hub.domain.sharing.line import PLAIN, Basis, LineKind, ShareLine

Taker = CostFirst | ShareOfReceived | Residual

CUMULATIVE = "cumulative"
"""The rounding of capital: each return brings the sum returned to its rounded share of all that was due."""


class CannotShare(Exception):
    """The event contradicts what was posted for the loan: nothing is shared; park it and ask a person."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class Draft:
    """The lines of one event while they are made."""

    agreement: Agreement
    loan_id: str
    event: EventKind
    serial: str
    on: date
    period: int | None = None
    lines: list[ShareLine] = field(default_factory=list)

    def add(
        self,
        kind: LineKind,
        clause: str,
        party: str,
        base: Base,
        base_fen: int,
        amount_fen: int,
        basis: Basis = PLAIN,
        *,
        counterparty: str | None = None,
    ) -> None:
        """Add a line unless its amount is nil; the partner, who holds the money, owes it by default."""
        if amount_fen:
            self.lines.append(
                ShareLine(
                    f"{self.loan_id}:{self.event}:{self.serial}:{len(self.lines)}",
                    self.agreement.reference,
                    self.loan_id,
                    self.event,
                    self.serial,
                    self.on,
                    self.period,
                    kind,
                    clause,
                    party,
                    counterparty or self.agreement.partner,
                    base,
                    base_fen,
                    amount_fen,
                    basis,
                )
            )

    def mirror(self, line: ShareLine, amount_fen: int) -> None:
        """Take back that much of a posted line, unless it is nil."""
        if amount_fen:
            self.lines.append(
                ShareLine(
                    f"{self.loan_id}:{self.event}:{self.serial}:{len(self.lines)}",
                    line.agreement,
                    self.loan_id,
                    self.event,
                    self.serial,
                    self.on,
                    line.period,
                    line.kind,
                    line.clause,
                    line.party,
                    line.counterparty,
                    line.base,
                    line.amount_fen,
                    -amount_fen,
                    mirrors=line.ref,
                )
            )


def share_pot(
    draft: Draft, base: Base, amount_fen: int, event: Received, history: Sequence[ShareLine]
) -> None:
    """Let the clauses of a pot take their parts in order; the last takes the rest."""
    left = amount_fen
    for clause in draft.agreement.by_pot[base]:
        if isinstance(clause, CapitalSplit):
            by_capital(draft, clause.id, base, left)
            return
        if not isinstance(clause, CostFirst | ShareOfReceived | Residual):
            continue  # reckoned on the disbursement, takes nothing of a repayment
        part, basis = _part(clause, amount_fen, left, event, history)
        draft.add(LineKind.SHARE, clause.id, clause.party, base, amount_fen, part, basis)
        left -= part


def by_capital(draft: Draft, clause: str, base: Base, amount_fen: int) -> None:
    """Share an amount among the funders by their weights."""
    agreement = draft.agreement
    parts = split(amount_fen, agreement.weights, agreement.capital_split.remainder)
    for funder, part in zip(agreement.capital, parts, strict=True):
        basis = Basis(rate=str(funder.weight), rounding=agreement.capital_split.remainder)
        draft.add(LineKind.SHARE, clause, funder.party, base, amount_fen, part, basis)


def return_capital(draft: Draft, principal_fen: int, history: Sequence[ShareLine]) -> None:
    """Give principal back to the funders in proportion to what they put in, by cumulative rounding."""
    put_in: dict[str, int] = {}
    back: dict[str, int] = {}
    for line in history:
        if line.kind is LineKind.CONTRIBUTION:
            put_in[line.party] = put_in.get(line.party, 0) + line.amount_fen
        elif line.kind is LineKind.RETURN:
            back[line.party] = back.get(line.party, 0) + line.amount_fen
    owed = sum(put_in.values()) - sum(back.values())
    if principal_fen > owed:
        raise CannotShare("more_than_owed", f"{principal_fen} fen of principal, but {owed} fen are owed")
    targets = progress(tuple(put_in.values()), sum(back.values()) + principal_fen)
    taken = [back.get(party, 0) for party in put_in]
    parts = _no_one_pays([target - before for target, before in zip(targets, taken, strict=True)])
    for (party, capital), part, before in zip(put_in.items(), parts, taken, strict=True):
        basis = Basis(balance_fen=capital, rounding=CUMULATIVE, taken_fen=before)
        clause = draft.agreement.capital_split.id
        draft.add(LineKind.RETURN, clause, party, Base.PRINCIPAL, principal_fen, part, basis)


def _part(
    clause: Taker, amount_fen: int, left: int, event: Received, history: Sequence[ShareLine]
) -> tuple[int, Basis]:
    """Return what a clause takes of a pot that held `amount_fen` and still holds `left`, and why."""
    if isinstance(clause, CostFirst):
        return _cost(clause, left, event, history)
    if isinstance(clause, ShareOfReceived):
        top, bottom = ratio(clause.fraction)
        due = max(divide(amount_fen * top, bottom, clause.rounding), clause.least_fen)
        if clause.most_fen is not None:
            due = min(due, clause.most_fen)
        basis = Basis(
            rate=str(clause.fraction),
            exact=fraction_text(amount_fen * top, bottom),
            rounding=clause.rounding,
            left_fen=left,
        )
        return min(due, left), basis
    return left, Basis(left_fen=left)


def _cost(clause: CostFirst, left: int, event: Received, history: Sequence[ShareLine]) -> tuple[int, Basis]:
    top, bottom = ratio(clause.rate)
    exact = top * event.opening_balance_fen * event.days
    due = divide(exact, bottom * clause.day_count, clause.rounding)
    name, period = clause.id, event.period
    taken = sum([line.amount_fen for line in history if line.clause == name and line.period == period])
    basis = Basis(
        str(clause.rate),
        event.opening_balance_fen,
        event.days,
        clause.day_count,
        fraction_text(exact, bottom * clause.day_count),
        clause.rounding,
        taken,
        left,
    )
    return min(max(due - taken, 0), left), basis


def fraction_text(numerator: int, denominator: int) -> str:
    """Return an exact amount as a fraction in lowest terms."""
    common = gcd(numerator, denominator)
    return f"{numerator // common}/{denominator // common}"


def _no_one_pays(parts: list[int]) -> list[int]:
    """Lift negative parts to nil at the expense of the others, from the last.

    After a partial refund a funder can be a fen ahead of its rounded share; it then waits instead of paying.
    """
    short = -sum(part for part in parts if part < 0)
    parts = [max(part, 0) for part in parts]
    for place in range(len(parts) - 1, -1, -1):
        cut = min(parts[place], short)
        parts[place] -= cut
        short -= cut
    return parts
