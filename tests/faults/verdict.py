"""The hub's books beside those of every partner, and beside what was acknowledged to the platform."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from connectors.simulation.books import Loan
from hub.domain.lifecycle import DEAD_ATTEMPT, LoanState
from hub.store import mailbox
from hub.store.audit import audit
from hub.store.session import Database
from hub.store.tables import T


@dataclass
class Verdict:
    """What is missing, what is there twice, and what else is not as it must be; in words."""

    lost: list[str] = field(default_factory=list)
    duplicate: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def found(self) -> list[str]:
        """Everything."""
        return [
            *(f"lost: {one}" for one in self.lost),
            *(f"duplicate: {one}" for one in self.duplicate),
            *self.wrong,
        ]


def judge(
    database: Database, theirs: Mapping[str, Sequence[Loan]], acknowledged: Iterable[str], *, parked: int = 0
) -> Verdict:
    """Compare everything. `acknowledged` are ids of applications, `parked` how many messages wait aside."""
    verdict = Verdict()
    rows = _Rows(database)
    known = {row.id for row in rows.applications}
    verdict.lost += [f"application {one} was acknowledged" for one in acknowledged if one not in known]
    _compare_loans(rows, theirs, verdict)
    _one_live_loan(rows, theirs, verdict)
    verdict.wrong += _balanced(rows)
    verdict.wrong += _nothing_left(rows, parked)
    verdict.wrong += [f"{one} was routed again while an attempt was unknown" for one in _rerouted(rows)]
    verdict.wrong += [str(fault) for fault in audit(database)[0]]
    return verdict


class _Rows:
    """All rows the comparison needs, of one moment."""

    def __init__(self, database: Database) -> None:
        w, j, p, e = T.work.c, T.journal_posting.c, T.matter.c, T.event.c
        with database.read() as tx:
            self.applications = tx.execute(select(T.application.c.id, T.application.c.state)).all()
            self.attempts = tx.execute(select(T.attempt)).all()
            self.loans = tx.execute(select(T.loan)).all()
            self.movements = tx.execute(select(T.money_event)).all()
            self.sums = tx.execute(select(j.entry_id, func.sum(j.amount_fen)).group_by(j.entry_id)).all()
            self.principal = tx.execute(
                select(func.sum(j.amount_fen)).where(j.account == "loan_principal")
            ).scalar()
            self.work = tx.execute(select(w.kind, w.state, w.ref, w.error)).all()
            self.parked = tx.execute(select(p.partner, p.about, p.reason).where(p.state == "open")).all()
            self.events = tx.execute(
                select(e.application_id, e.machine, e.subject, e.what, e.after).order_by(
                    e.application_id, e.position
                )
            ).all()


def _compare_loans(rows: _Rows, theirs: Mapping[str, Sequence[Loan]], verdict: Verdict) -> None:
    """Every loan on both sides with the same principal, the same outstanding and the same money received."""
    ours = {(loan.partner, loan.loan_no): loan for loan in rows.loans}
    draws = {attempt.id: attempt.draw_no for attempt in rows.attempts}
    told: dict[str, list[Any]] = defaultdict(list)
    for movement in rows.movements:
        told[movement.loan_id].append(movement)
    paid_out = {(name, loan.loan_no): loan for name, loans in theirs.items() for loan in loans}
    verdict.lost += [f"{key} is a loan of the partner only" for key in sorted(paid_out.keys() - ours.keys())]
    verdict.wrong += [f"{key} is a loan of the hub only" for key in sorted(ours.keys() - paid_out.keys())]
    for key in sorted(ours.keys() & paid_out.keys()):
        mine, other = ours[key], paid_out[key]
        pairs = [
            ("drawdown", draws[mine.attempt_id], other.subject),
            ("principal", mine.principal_fen, other.principal_fen),
            ("outstanding", mine.outstanding_fen, other.outstanding_fen),
            *((what, fen, getattr(other, what)) for what, fen in _received(told[mine.id]).items()),
        ]
        for what, here, there in pairs:
            if here != there:
                more = isinstance(here, int) and here > there and what.startswith("received")
                (verdict.duplicate if more else verdict.lost).append(
                    f"{key} {what}: {here} here, {there} there"
                )


def _received(movements: Sequence[Any]) -> dict[str, int]:
    """Return what a partner's own books say of a loan, reckoned from the hub's movements."""
    sums: Counter[str] = Counter()
    for one in movements:
        both = one.principal_fen + one.interest_fen
        match one.kind:
            case "repayment" if one.how == "after_compensation":
                sums["recovered_fen"] += both
            case "repayment":
                sums["received_principal_fen"] += one.principal_fen
                sums["received_interest_fen"] += one.interest_fen
                sums["received_penalty_fen"] += one.penalty_fen
            case "compensation":
                sums["compensated_fen"] += both
            case "refund":
                sums["received_principal_fen"] -= one.principal_fen
                sums["received_interest_fen"] -= one.interest_fen
                sums["refunded_fen"] += both
            case "cancellation":
                sums["refunded_fen"] += one.principal_fen
    names = ("received_principal_fen", "received_interest_fen", "received_penalty_fen")
    return {name: sums[name] for name in (*names, "compensated_fen", "recovered_fen", "refunded_fen")}


def _one_live_loan(rows: _Rows, theirs: Mapping[str, Sequence[Loan]], verdict: Verdict) -> None:
    """No application has two loans alive, neither in the hub's books nor in all partners' together."""
    application_of = {attempt.draw_no: attempt.application_id for attempt in rows.attempts if attempt.draw_no}
    live = Counter(
        application_of.get(loan.subject, loan.subject)
        for loans in theirs.values()
        for loan in loans
        if not (loan.refunded_fen == loan.principal_fen and loan.outstanding_fen == 0)
    )
    ours = Counter(loan.application_id for loan in rows.loans if loan.state != LoanState.CANCELLED)
    attempts = Counter(one.application_id for one in rows.attempts if one.state not in DEAD_ATTEMPT)
    for what, counted in (("loans at partners", live), ("loans here", ours), ("live attempts", attempts)):
        verdict.duplicate += [f"{one} has {count} {what}" for one, count in counted.items() if count > 1]
    serials = Counter((one.loan_id, one.kind, one.serial) for one in rows.movements)
    verdict.duplicate += [f"{key} is booked {count} times" for key, count in serials.items() if count > 1]


def _rerouted(rows: _Rows) -> list[str]:
    """Applications that were routed when not every attempt before was proven dead."""
    found = []
    states: dict[str, dict[str, str]] = defaultdict(dict)
    for event in rows.events:
        attempts = states[event.application_id]
        if event.machine == "attempt":
            attempts[event.subject] = event.after
        elif event.what == "routed" and not DEAD_ATTEMPT.issuperset(attempts.values()):
            found.append(event.application_id)
    return found


def _balanced(rows: _Rows) -> list[str]:
    found = [f"entry {entry} sums to {fen}" for entry, fen in rows.sums if fen]
    owed = sum(loan.outstanding_fen for loan in rows.loans)
    booked = int(rows.principal or 0)
    if owed != booked:
        found.append(f"the books have {booked} fen of principal outstanding, the loans {owed}")
    return found


def _nothing_left(rows: _Rows, parked: int) -> list[str]:
    """No work is buried or waits, but for the standing question about the next day."""
    found = [
        f"{one.state} {one.kind} {one.ref}: {one.error}"
        for one in rows.work
        if one.kind != "query_movements" or one.state == mailbox.BURIED
    ]
    if len(rows.parked) != parked:
        found += [f"parked: {one.partner} {one.about}: {one.reason}" for one in rows.parked]
        found.append(f"{len(rows.parked)} messages are parked where {parked} should be")
    return found
