"""What a month came to: the measures its clauses are reckoned on, from the lines that were posted in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from contracts.agreement import Base
from hub.domain.sharing.events import EventKind
from hub.domain.sharing.line import LineKind, ShareLine


@dataclass(frozen=True, slots=True)
class Cohort:
    """The loans disbursed in one month: what was lent, and what guarantors paid and have not recovered."""

    disbursed_fen: int
    lost_fen: int


@dataclass(frozen=True, slots=True)
class Month:
    """What a month came to under one agreement; amounts in fen.

    `measured` is what was disbursed and received in it, less what was taken back of that itself.
    `taken_back` is what has been taken back so far of an earlier month's measure, by that month and measure.
    `given` is what each clause gave each party by this month's movements, `given_back` what movements of
    this month took back of earlier months' gifts (negative). `overdue` is the principal outstanding of loans
    with a term unpaid for more than so many days.
    """

    last_day: date
    measured: Mapping[Base, int] = field(default_factory=dict)
    balance_fen_days: int = 0
    taken_back: Mapping[tuple[str, Base], int] = field(default_factory=dict)
    given: Mapping[tuple[str, str], int] = field(default_factory=dict)
    given_back: Mapping[tuple[str, str], int] = field(default_factory=dict)
    applications: int = 0
    outstanding_fen: int = 0
    overdue: Mapping[int, int] = field(default_factory=dict)
    cohorts: Mapping[str, Cohort] = field(default_factory=dict)
    reserves: Mapping[str, int] = field(default_factory=dict)
    """What each risk reserve holds for all loans at the month's end, by clause id."""


@dataclass(slots=True)
class Tally:
    """The measures of a month while its movements' lines go by."""

    last_day: date
    own: set[str] = field(default_factory=set)
    measured: dict[Base, int] = field(default_factory=dict)
    balance_fen_days: int = 0
    principal_fen: int = 0
    """How much the principal outstanding has changed."""
    given: dict[tuple[str, str], int] = field(default_factory=dict)
    given_back: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, line: ShareLine) -> None:
        """Count a line of a movement; lines come in the order posted."""
        if line.mirrors is None:
            self.own.add(line.ref)
        earlier = line.mirrors is not None and line.mirrors not in self.own
        given = self.given_back if earlier else self.given
        given[line.clause, line.party] = given.get((line.clause, line.party), 0) + line.amount_fen
        if line.kind in (LineKind.CONTRIBUTION, LineKind.RETURN):
            change = line.amount_fen if line.kind is LineKind.CONTRIBUTION else -line.amount_fen
            # A movement of an earlier month that came late also makes good the days it was not counted then.
            self.balance_fen_days += change * ((self.last_day - line.on).days + 1)
            self.principal_fen += change
        measure = _measure(line)
        if measure is not None and not earlier:
            self.measured[measure] = self.measured.get(measure, 0) + line.amount_fen


def tally(lines: Iterable[ShareLine], last_day: date) -> Tally:
    """Return the measures of a month's movements; lines of `month_end` and corrections are passed over."""
    counted = Tally(last_day)
    for line in lines:
        if line.event not in (EventKind.MONTH_END, EventKind.CORRECTED):
            counted.take(line)
    return counted


def taken_back(lines: Iterable[tuple[str, ShareLine]]) -> dict[tuple[str, Base], int]:
    """Return what was taken back of each earlier month's measure.

    `lines` are those that take back a line of an earlier month, each with the month that was settled in.
    """
    back: dict[tuple[str, Base], int] = {}
    for month, line in lines:
        measure = _measure(line)
        if measure is not None:
            back[month, measure] = back.get((month, measure), 0) - line.amount_fen
    return back


def _measure(line: ShareLine) -> Base | None:
    """The measure a line adds to: capital put in is what was disbursed, shares are what borrowers paid."""
    if line.kind is LineKind.CONTRIBUTION:
        return Base.DISBURSED
    if line.kind is LineKind.SHARE and line.event is not EventKind.COMPENSATED:
        return line.base
    return None
