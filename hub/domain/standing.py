"""Where a loan stands: its plan and all that has moved, reckoned anew each time, so order never matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class TermState(StrEnum):
    """Where one term of a plan stands; being overdue depends on the day and is asked separately."""

    DUE = "due"
    PARTIAL = "partial"
    PAID = "paid"
    SETTLED = "settled"  # nothing more to pay because the whole loan was paid off early
    COMPENSATED = "compensated"  # the guarantor paid the funder
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the plan, what has been paid of it and what of it was forgiven, in fen."""

    period: int
    due_on: date
    principal_fen: int
    interest_fen: int
    fee_fen: int
    paid_principal_fen: int = 0
    paid_interest_fen: int = 0
    paid_fee_fen: int = 0
    paid_penalty_fen: int = 0
    waived_interest_fen: int = 0
    waived_fee_fen: int = 0
    waived_penalty_fen: int = 0
    state: str = TermState.DUE

    def overdue_on(self, day: date) -> bool:
        """Whether something of the term is unpaid after its due day."""
        return self.state in (TermState.DUE, TermState.PARTIAL) and self.due_on < day


@dataclass(frozen=True, slots=True)
class Movement:
    """What changed a loan, in fen: a repayment, compensation, buy_back, refund, cancellation or waiver.

    All but a waiver are money that moved.
    """

    kind: str
    serial: str
    period: int | None
    principal_fen: int
    interest_fen: int = 0
    fee_fen: int = 0
    penalty_fen: int = 0
    how: str | None = None
    original_serial: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A loan's terms with what is paid of each, and the principal the funders still have out."""

    terms: tuple[Term, ...]
    outstanding_fen: int
    recoverable_fen: int
    """Principal the guarantor paid and has not recovered from the borrower."""
    compensated: bool
    bought_back: bool = False


class Overpaid(Exception):
    """More principal came back than was out, or more was refunded than was paid."""


class NotCompensated(Exception):
    """A recovery for the guarantor that the compensations so far do not cover: one may still be to come."""


class NotAllLeft(Exception):
    """A claim bought back for less than is left of it: a repayment may still be to come."""


def standing(plan: Sequence[Term], movements: Iterable[Movement]) -> Standing:
    """Apply every movement to an unpaid plan; the order of movements does not change the result.

    Raises Overpaid when the movements cannot all be true, NotCompensated when a compensation is missing,
    NotAllLeft when a buy-back leaves something.
    """
    moved = list(movements)
    refunded = _refunded(moved)
    paid = _Paid(plan)
    recovered = compensated = 0
    for m in sorted(moved, key=_turn):
        kept = _less(m, refunded.get(m.serial))
        if m.kind == "repayment" and m.how == "after_compensation":
            recovered += kept.principal_fen
        elif m.kind == "repayment":
            paid.add(kept)
        elif m.kind == "compensation":
            compensated += m.principal_fen
            paid.add(m)
            paid.compensated.add(m.period)
        elif m.kind == "waiver":
            paid.waive(m)
        elif m.kind == "buy_back":
            compensated += m.principal_fen
            paid.compensated |= paid.open()
            paid.add(m)
        elif m.kind == "cancellation":
            return _cancelled(plan)
    outstanding = sum(t.principal_fen for t in plan) - paid.principal_fen
    if outstanding < 0:
        raise Overpaid("more principal came back than was lent")
    if recovered > compensated:
        raise NotCompensated("more was recovered than the guarantor had paid")
    bought_back = any(m.kind == "buy_back" for m in moved)
    if bought_back and outstanding:
        raise NotAllLeft(f"the claim was bought back, and {outstanding} fen of principal are still out")
    return Standing(
        paid.terms(settled=outstanding == 0),
        outstanding,
        compensated - recovered,
        compensated > 0,
        bought_back,
    )


_LATE = {"waiver": 1, "buy_back": 2}


def _turn(m: Movement) -> tuple[int, bool, int, str]:
    """When a movement is reckoned, whatever arrived first.

    What names a term goes to it first; an early settlement then takes what is still open, a waiver what is
    unpaid, and a buy-back all that is left. The serial orders the rest.
    """
    return _LATE.get(m.kind, 0), m.period is None, m.period or 0, m.serial


def _refunded(moved: Sequence[Movement]) -> dict[str, Movement]:
    """All that was refunded of each repayment, by its serial."""
    originals = {m.serial: m for m in moved if m.kind == "repayment"}
    total: dict[str, Movement] = {}
    for m in moved:
        if m.kind != "refund" or m.original_serial is None:
            continue
        if m.original_serial not in originals:
            raise Overpaid(f"the refund {m.serial} names a repayment that is not known")
        before = total.get(m.original_serial)
        total[m.original_serial] = m if before is None else _less(before, m, sign=1)
    for serial, refund in total.items():
        rest = _less(originals[serial], refund)
        if min(rest.principal_fen, rest.interest_fen, rest.fee_fen, rest.penalty_fen) < 0:
            raise Overpaid(f"more was refunded of {serial} than it had paid")
    return total


def _less(m: Movement, other: Movement | None, sign: int = -1) -> Movement:
    if other is None:
        return m
    return replace(
        m,
        principal_fen=m.principal_fen + sign * other.principal_fen,
        interest_fen=m.interest_fen + sign * other.interest_fen,
        fee_fen=m.fee_fen + sign * other.fee_fen,
        penalty_fen=m.penalty_fen + sign * other.penalty_fen,
    )


class _Paid:
    """What each term has received, and what of it was forgiven, so far."""

    def __init__(self, plan: Sequence[Term]) -> None:
        self._plan = plan
        self._sums = {t.period: [0, 0, 0, 0] for t in plan}
        self._waived = {t.period: [0, 0, 0] for t in plan}
        self.compensated: set[int | None] = set()
        self.principal_fen = 0

    def add(self, m: Movement) -> None:
        self.principal_fen += m.principal_fen
        period = m.period if m.period is not None else self._spread(m.principal_fen)
        if period not in self._sums:
            raise Overpaid(f"the plan has no period {period}")
        sums = self._sums[period]
        if m.period is not None:
            sums[0] += m.principal_fen
        sums[1] += m.interest_fen
        sums[2] += m.fee_fen
        sums[3] += m.penalty_fen

    def _spread(self, principal_fen: int) -> int:
        """Fill open terms in order with a payment that names none; returns the first of them."""
        first: int | None = None
        for term in self._plan:
            room = term.principal_fen - self._sums[term.period][0]
            if room <= 0:
                continue
            first = term.period if first is None else first
            part = min(room, principal_fen)
            self._sums[term.period][0] += part
            principal_fen -= part
        return self._plan[-1].period if first is None else first

    def waive(self, m: Movement) -> None:
        """Lower what is due of a term, or, when none is named, of the first terms that still owe it."""
        if m.period is not None:
            if m.period not in self._waived:
                raise Overpaid(f"the plan has no period {m.period}")
            waived = self._waived[m.period]
            for place, fen in enumerate((m.interest_fen, m.fee_fen, m.penalty_fen)):
                waived[place] += fen
            return
        first = next((t.period for t in self._plan if t.period in self.open()), self._plan[-1].period)
        self._waived[first][2] += m.penalty_fen
        for place, fen in enumerate((m.interest_fen, m.fee_fen)):
            left = fen
            for term in self._plan:
                due = (term.interest_fen, term.fee_fen)[place]
                room = due - self._sums[term.period][place + 1] - self._waived[term.period][place]
                part = min(max(room, 0), left)
                self._waived[term.period][place] += part
                left -= part
            # What is forgiven beyond what is unpaid stands with the last term: no fen goes astray.
            self._waived[self._plan[-1].period][place] += left

    def open(self) -> set[int | None]:
        """The periods of which something is neither paid nor forgiven."""
        return {term.period for term in self._plan if not self._full(term)}

    def _full(self, term: Term) -> bool:
        principal, interest, fee, _ = self._sums[term.period]
        free_interest, free_fee, _ = self._waived[term.period]
        return (
            principal >= term.principal_fen
            and interest + free_interest >= term.interest_fen
            and fee + free_fee >= term.fee_fen
        )

    def terms(self, *, settled: bool) -> tuple[Term, ...]:
        return tuple(self._term(t, settled) for t in self._plan)

    def _term(self, term: Term, settled: bool) -> Term:
        principal, interest, fee, penalty = self._sums[term.period]
        free_interest, free_fee, free_penalty = self._waived[term.period]
        if term.period in self.compensated:
            state = TermState.COMPENSATED
        elif self._full(term):
            state = TermState.PAID
        elif settled:
            state = TermState.SETTLED
        else:
            state = TermState.PARTIAL if principal + interest + fee + penalty else TermState.DUE
        return replace(
            term,
            paid_principal_fen=principal,
            paid_interest_fen=interest,
            paid_fee_fen=fee,
            paid_penalty_fen=penalty,
            waived_interest_fen=free_interest,
            waived_fee_fen=free_fee,
            waived_penalty_fen=free_penalty,
            state=state,
        )


def _cancelled(plan: Sequence[Term]) -> Standing:
    terms = tuple(
        replace(
            t,
            state=TermState.CANCELLED,
            paid_principal_fen=0,
            paid_interest_fen=0,
            paid_fee_fen=0,
            paid_penalty_fen=0,
            waived_interest_fen=0,
            waived_fee_fen=0,
            waived_penalty_fen=0,
        )
        for t in plan
    )
    return Standing(terms, 0, 0, compensated=False)


def opening_fen(plan: Sequence[Term], period: int) -> int:
    """The principal on which interest of a period runs: all that the plan has from that period on."""
    return sum(t.principal_fen for t in plan if t.period >= period)
