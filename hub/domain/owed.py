"""What a borrower owes and what a sum pays of it: a term, a part of one, or all that is left; in fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from contracts.messages import RepaymentKind
from hub.domain.standing import Term, TermState

YEAR_DAYS = 360
_OPEN = (TermState.DUE, TermState.PARTIAL)


@dataclass(frozen=True, slots=True)
class Sum:
    """A repayment in its parts. `period` is empty for all that is left."""

    how: RepaymentKind
    period: int | None
    principal_fen: int
    interest_fen: int
    fee_fen: int = 0
    penalty_fen: int = 0

    @property
    def total_fen(self) -> int:
        """All parts together."""
        return self.principal_fen + self.interest_fen + self.fee_fen + self.penalty_fen

    def to_json(self) -> dict[str, object]:
        """Return the parts by name."""
        return asdict(self)


class NothingOwed(Exception):
    """There is nothing to repay like that; the message is a stable code."""


def term_owed(terms: Sequence[Term], period: int | None, on: date) -> Sum:
    """Return what is unpaid of a term and not forgiven, by default of the first one that is.

    Raises NothingOwed: `no_such_term` or `term_paid`.
    """
    unpaid = [term for term in terms if term.state in _OPEN]
    if period is not None and not any(term.period == period for term in terms):
        raise NothingOwed("no_such_term")
    term = next((term for term in unpaid if period in (None, term.period)), None)
    if term is None:
        raise NothingOwed("term_paid")
    return Sum(
        RepaymentKind.OVERDUE if term.overdue_on(on) else RepaymentKind.NORMAL,
        term.period,
        term.principal_fen - term.paid_principal_fen,
        max(term.interest_fen - term.paid_interest_fen - term.waived_interest_fen, 0),
        max(term.fee_fen - term.paid_fee_fen - term.waived_fee_fen, 0),
    )


def all_owed(
    terms: Sequence[Term], outstanding_fen: int, annual_rate: Decimal, disbursed_on: date, on: date
) -> Sum:
    """Return what settles a loan on a day: the principal that is out, and interest since the last due day.

    Interest is reckoned by days, actual over 360, half up.
    Raises NothingOwed: `settled`, or `overdue_first` while a term that fell due is unpaid.
    """
    if outstanding_fen == 0:
        raise NothingOwed("settled")
    if any(term.state in _OPEN and term.due_on <= on for term in terms):
        raise NothingOwed("overdue_first")
    since = max((term.due_on for term in terms if term.due_on <= on), default=disbursed_on)
    interest = outstanding_fen * annual_rate * (on - since).days / YEAR_DAYS
    ran = int(interest.quantize(Decimal(1), ROUND_HALF_UP))
    # Interest of a term that has not fallen due may be paid already, by a partial repayment.
    ahead = sum(term.paid_interest_fen for term in terms if term.due_on > on)
    # Of what was forgiven, only the term that is running counts: no interest of later ones has run.
    running = next((term for term in terms if term.due_on > on), None)
    ahead += 0 if running is None else running.waived_interest_fen
    return Sum(RepaymentKind.EARLY, None, outstanding_fen, max(ran - ahead, 0))


def part_of(whole: Sum, amount_fen: int) -> Sum:
    """Return what an amount pays of a sum: fee, penalty, interest, then principal (民法典 art. 561).

    Raises ValueError for an amount that is not positive or exceeds the sum.
    """
    if not 0 < amount_fen <= whole.total_fen:
        raise ValueError(f"{amount_fen} fen is no part of {whole.total_fen}")
    if amount_fen == whole.total_fen:
        return whole
    left, paid = amount_fen, {}
    for name in ("fee_fen", "penalty_fen", "interest_fen", "principal_fen"):
        paid[name] = min(left, getattr(whole, name))
        left -= paid[name]
    return replace(whole, how=RepaymentKind.PARTIAL, **paid)
