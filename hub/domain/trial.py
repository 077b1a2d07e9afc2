"""An agreement tried on invented loans: what each party would earn by month, and whether money is kept.

Loans are disbursed in the first month and live to their end: most terms are paid when due, some in parts,
some late with a penalty, some are given back; a few loans are settled early, a few are paid by the guarantor.
The same seed gives the same lives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from contracts.agreement import Agreement, Base, QualityTiers, RiskReserve, Role
from contracts.programme import RepaymentMethod
from hub.domain import ledger
from hub.domain.schedule import PlanItem, plan
from hub.domain.settlement import month_days, month_of
from hub.domain.sharing import (
    Compensated,
    Disbursed,
    LineKind,
    MoneyEvent,
    Month,
    Received,
    Refunded,
    ShareLine,
    month_end,
    reserve_balance,
    revenue,
    share,
    tally,
)
from hub.domain.sharing.month import Cohort

PENALTY = Decimal("0.0005")
"""A day, on what is overdue."""


@dataclass(slots=True)
class Trial:
    """What came of it. `faults` says where money was not kept; it is empty for a sound agreement."""

    months: dict[str, dict[str, int]] = field(default_factory=dict)
    """What each party earned in each month, in fen."""
    lines: int = 0
    events: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def earned(self) -> dict[str, int]:
        """What each party earned in all."""
        total: dict[str, int] = {}
        for month in self.months.values():
            for party, fen in month.items():
                total[party] = total.get(party, 0) + fen
        return total


def run(agreement: Agreement, loans: int, draws: Random, start: date) -> Trial:
    """Let so many loans live under an agreement from a day on, and close every month they touch."""
    trial = Trial()
    posted: list[ShareLine] = []
    for number in range(loans):
        posted += _life(agreement, f"trial_{number}", draws, start, trial)
    _close_months(agreement, posted, loans, trial)
    return trial


def _life(agreement: Agreement, loan: str, draws: Random, start: date, trial: Trial) -> list[ShareLine]:
    amount = draws.randint(10, 2000) * 10_000
    rate = Decimal(draws.randint(600, 2400)).scaleb(-4)
    terms = plan(amount, rate, draws.choice((3, 6, 12)), RepaymentMethod.EQUAL_INSTALMENT, disbursed_on=start)
    history: list[ShareLine] = []
    for event in _events(agreement, loan, amount, terms, draws, start):
        made = share(agreement, event, history)
        trial.events += 1
        trial.lines += len(made)
        trial.faults += _faults(agreement, event, made, history)
        history += made
    return history


def _events(
    agreement: Agreement, loan: str, amount: int, terms: Sequence[PlanItem], draws: Random, start: date
) -> Iterator[MoneyEvent]:
    yield Disbursed(loan, amount, start)
    guarantor = next((party.id for party in agreement.parties if party.role is Role.GUARANTOR), None)
    fails = draws.randint(1, 3 * len(terms)) if guarantor and draws.randrange(100) < 20 else 0
    opening = amount
    for term in terms:
        if guarantor and term.period == fails:
            yield Compensated(
                loan,
                f"c{term.period}",
                guarantor,
                term.period,
                opening,
                term.interest_fen,
                0,
                opening,
                30,
                term.due_on + timedelta(30),
            )
            return
        if draws.randrange(100) < 3:  # all that is left, at once
            yield _received(
                loan, f"e{term.period}", None, opening, term.interest_fen, 0, opening, term.due_on
            )
            return
        late = draws.randint(1, 20) if draws.randrange(100) < 10 else 0
        penalty = int(opening * late * PENALTY)
        on = term.due_on + timedelta(late)
        first = term.interest_fen // 2 if draws.randrange(100) < 10 else term.interest_fen
        serial = f"r{term.period}"
        yield _received(loan, serial, term.period, term.principal_fen, first, penalty, opening, on)
        if first < term.interest_fen:
            rest = term.interest_fen - first
            yield _received(loan, f"{serial}b", term.period, 0, rest, 0, opening, on + timedelta(3))
        if draws.randrange(100) < 2 and first:
            yield Refunded(
                loan, f"x{term.period}", serial, 0, draws.randint(1, first), 0, 0, on + timedelta(9)
            )
        opening -= term.principal_fen


def _received(
    loan: str,
    serial: str,
    period: int | None,
    principal: int,
    interest: int,
    penalty: int,
    opening: int,
    on: date,
) -> Received:
    return Received(loan, serial, "normal", period, principal, interest, 0, penalty, opening, 30, on)


def _faults(
    agreement: Agreement, event: MoneyEvent, made: Sequence[ShareLine], history: Sequence[ShareLine]
) -> Iterator[str]:
    """Yield where the lines of an event do not come to what moved, or an entry does not balance."""
    sign = -1 if isinstance(event, Refunded) else 1
    if isinstance(event, Received | Refunded):
        for base in (Base.PRINCIPAL, Base.INTEREST, Base.FEE, Base.PENALTY):
            moved = sign * int(getattr(event, f"{base}_fen"))
            given = sum(line.amount_fen for line in made if line.base is base)
            if given != moved:
                yield f"{event.loan_id} {event.serial}: {moved} fen of {base} moved, {given} were given"
        if any(line.amount_fen * sign < 0 for line in made):
            yield f"{event.loan_id} {event.serial}: somebody pays where money came in"
    for entry in ledger.post(agreement, event, made):
        if sum(posting.amount_fen for posting in entry.postings):
            yield f"{event.loan_id} {event.serial}: the entry does not balance"
    for clause in agreement.clauses:
        if isinstance(clause, RiskReserve) and reserve_balance(clause.id, [*history, *made]) < 0:
            yield f"{event.loan_id} {event.serial}: the reserve {clause.id} is overdrawn"


def _close_months(agreement: Agreement, posted: Sequence[ShareLine], loans: int, trial: Trial) -> None:
    """Reckon each month's end and sum what the parties earned in it."""
    by_month: dict[str, list[ShareLine]] = {}
    for line in posted:
        by_month.setdefault(month_of(line.on), []).append(line)
    outstanding = 0
    ends: list[ShareLine] = []
    lent = sum(line.amount_fen for line in posted if line.kind is LineKind.CONTRIBUTION)
    first = min(by_month, default="")
    lost, reserves = 0, {c.id: 0 for c in agreement.clauses if isinstance(c, RiskReserve)}
    for month in sorted(by_month):
        lines = by_month[month]
        last = month_days(month)[1] - timedelta(1)
        counted = tally(lines, last)
        lost += sum(line.amount_fen for line in lines if line.kind is LineKind.CLAIM)
        for clause in reserves:
            reserves[clause] += reserve_balance(clause, lines)
        facts = Month(
            last_day=last,
            measured=counted.measured,
            balance_fen_days=outstanding * last.day + counted.balance_fen_days,
            given=counted.given,
            applications=loans if month == first else 0,
            outstanding_fen=outstanding + counted.principal_fen,
            overdue={c.overdue_days: 0 for c in agreement.monthly if isinstance(c, QualityTiers)},
            cohorts={first: Cohort(lent, lost)},
            reserves=dict(reserves),
        )
        outstanding = facts.outstanding_fen
        made = month_end(agreement, month, facts, ends)
        ends += made
        for clause in reserves:
            reserves[clause] += reserve_balance(clause, made)
        trial.lines += len(made)
        trial.months[month] = revenue([*lines, *made])
        for entry in ledger.post_month_end(month, made):
            if sum(posting.amount_fen for posting in entry.postings):
                trial.faults.append(f"{month}: the entry of the month's end does not balance")
