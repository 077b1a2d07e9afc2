"""The checks of a run: each returns what it found wrong, in words; nothing found is a pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.sandbox import LoanLine
from contracts.money import format_yuan
from hub.demo.reads import Reads, Row
from hub.domain.lifecycle import FINAL_APPLICATION, ApplicationState

SHOWN: Final = 5
"""Findings of one kind that are written out; the others are counted."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check by name, with what it found."""

    name: str
    found: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.found


def check_all(reads: Reads, *, undrawn: Collection[str], sent: int) -> tuple[Check, ...]:
    """Run every check on `sent` applications, of which the borrowers of `undrawn` did not want to draw."""
    return tuple(
        Check(name, tuple(found))
        for name, found in (
            ("books balance to the fen", books(reads.trial_balance)),
            ("principal in the books is what the loans owe", principal(reads.trial_balance, reads.loans)),
            ("every month's dues net to nothing", months(reads.settlements)),
            ("every application is final or pending with a reason", applications(reads, undrawn, sent)),
            ("nothing waits for a person or is left undone", leftovers(reads.backlog, reads.matters)),
            ("partners hold the loans the hub holds", same_loans(reads.loans, reads.theirs)),
        )
    )


def books(trial: Row) -> list[str]:
    """Debits and credits of the trial balance are equal, and are the sums of its rows."""
    found = []
    if trial["difference_fen"]:
        found.append(f"debits and credits differ by {format_yuan(trial['difference_fen'])} yuan")
    for side in ("debit_fen", "credit_fen"):
        total = sum(row[side] for row in trial["items"])
        if total != trial[side]:
            found.append(f"the rows' {side} sum to {total}, the total says {trial[side]}")
    if trial["debit_fen"] - trial["credit_fen"] != trial["difference_fen"]:
        found.append("the difference is not that of debits and credits")
    return found


def principal(trial: Row, loans: Sequence[Row]) -> list[str]:
    """The account of principal outstanding holds what all loans still owe."""
    booked = sum(row["balance_fen"] for row in trial["items"] if row["account"] == "loan_principal")
    owed = sum(loan["outstanding_fen"] for loan in loans)
    if booked == owed:
        return []
    return [f"the books have {format_yuan(booked)} yuan outstanding, the loans {format_yuan(owed)}"]


def months(settlements: Sequence[Row]) -> list[str]:
    """Each month is closed, and what parties receive in it is what others pay."""
    found = []
    for month in settlements:
        if month["state"] != "closed":
            found.append(f"{month['month']} is {month['state']}")
        net = sum(position["net_fen"] for position in month["positions"])
        if net:
            found.append(f"{month['month']}: positions sum to {net} fen")
    return found


def applications(reads: Reads, undrawn: Collection[str], sent: int) -> list[str]:
    """Every application that was sent is there, and is final or has a reason to be pending."""
    found = []
    if len(reads.applications) != sent:
        found.append(f"{sent} applications were sent, the hub has {len(reads.applications)}")
    loans = {loan["application_id"]: loan for loan in reads.loans}
    without = [
        f"{row['id']} is '{row['state']}' and has no reason to be"
        for row in reads.applications
        if pending_reason(row, loans.get(row["id"]), undrawn) is None
    ]
    return found + shortened(without)


def pending_reason(application: Row, loan: Row | None, undrawn: Collection[str]) -> str | None:
    """Return why an application stands where it stands: "final", a reason, or None without one."""
    state = application["state"]
    if state in FINAL_APPLICATION:
        return "final"
    if state == ApplicationState.REPAYING and loan is not None and loan["next_due_on"] is not None:
        return "repaying: its next term falls due"
    if state == ApplicationState.APPROVED and application["id"] in undrawn:
        return "approved: the borrower has not drawn"
    return None


def pending(reads: Reads, undrawn: Collection[str]) -> Mapping[str, int]:
    """Return how many applications are pending for which reason."""
    loans = {loan["application_id"]: loan for loan in reads.loans}
    reasons = (pending_reason(row, loans.get(row["id"]), undrawn) for row in reads.applications)
    return Counter(reason or "unexplained" for reason in reasons if reason != "final")


def leftovers(backlog: Row, matters: Sequence[Row]) -> list[str]:
    """No message was parked, no work was buried, and none waits: these partners are faultless."""
    found = [f"{row['kind']}: {row['partner']} {row['about']}: {row['reason']}" for row in matters]
    found += [f"{count} buried: {kind}" for kind, count in backlog["buried"].items() if count]
    found += [f"{count} jobs wait: {queue}" for queue, count in backlog["work"].items() if count]
    return shortened(found)


def same_loans(ours: Sequence[Row], theirs: Sequence[LoanLine]) -> list[str]:
    """Both sides hold the same loans with the same principal, the same outstanding and the same request."""
    our_books = {(loan["partner"], loan["loan_no"]): loan for loan in ours}
    their_books = {(line.partner, line.loan_no): line for line in theirs}
    found = [
        f"{p} holds {no}, which the hub does not know" for p, no in sorted({*their_books} - {*our_books})
    ]
    found += [
        f"the hub holds {no}, which {p} does not know" for p, no in sorted({*our_books} - {*their_books})
    ]
    for key in sorted({*our_books} & {*their_books}):
        found += _differences(our_books[key], their_books[key])
    if len(our_books) != len(ours) or len(their_books) != len(theirs):
        found.append("a loan number occurs twice")
    return shortened(found)


def _differences(ours: Mapping[str, Any], theirs: LoanLine) -> list[str]:
    name = f"{theirs.partner} {theirs.loan_no}"
    pairs = (
        ("request", ours["draw_no"], theirs.subject),
        ("principal", ours["principal_fen"], theirs.principal_fen),
        ("outstanding", ours["outstanding_fen"], theirs.outstanding_fen),
    )
    return [f"{name}: {what} is {mine} here, {other} there" for what, mine, other in pairs if mine != other]


def shortened(found: list[str]) -> list[str]:
    """The first findings, and how many more there are."""
    if len(found) <= SHOWN:
        return found
    return [*found[:SHOWN], f"and {len(found) - SHOWN} more"]
