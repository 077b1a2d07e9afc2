"""What must hold after every step, and in the end: the hub's record against the partners' own books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.simulation.books import Decision, Loan, Transfer
from hub.domain.lifecycle import DEAD_ATTEMPT
from hub.store.audit import audit
from tests.faults.simulation.premises import Seat

if TYPE_CHECKING:
    from tests.faults.simulation.town import Town

_LIVING = f"state NOT IN ({', '.join(repr(str(s)) for s in sorted(DEAD_ATTEMPT))})"
_STRANGE = ("no word for the partner's code", "the answer does not say whether the day is complete")
"""What is parked because a partner answered with a code nobody knows."""
UNSEEN = (
    "SELECT kind, ref, error FROM work WHERE state = 'buried' "
    "AND NOT EXISTS (SELECT 1 FROM matter WHERE cause = 'buried:' || work.seq AND state = 'open')"
)
"""Work that was given up and no person was told of."""
_OPEN_WORK = ("query_movements",)


class Oracle:
    """Sees both sides, as nobody in life does."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self._commits = -1

    # While it runs

    def watch(self, seat: Seat) -> None:
        """Look over a partner's shoulder at every application and drawdown that reaches it."""
        lender, town = seat.desk.lender, self.town
        apply, draw, advance = lender.apply, lender.draw, lender.advance

        def applied(number: str, **rest: Any) -> Any:
            self._same_bytes(seat, number)
            taken = apply(number, **rest)
            self._arrived(seat, "application", number)
            return taken

        def drawn(number: str, *args: Any, **rest: Any) -> Any:
            self._same_bytes(seat, number)
            taken = draw(number, *args, **rest)
            self._arrived(seat, "drawdown", number)
            return taken

        def advanced(now: Any) -> Any:
            told = advance(now)
            if told:
                town.last_told = max(town.last_told, told[-1].at)
                town.note(f"{seat.name}: {[type(event).__name__ for event in told]}")
            return told

        lender.apply, lender.draw, lender.advance = applied, drawn, advanced  # type: ignore[method-assign]

    def _same_bytes(self, seat: Seat, number: str) -> None:
        """What a partner gets are the bytes that were kept before they were sent, this time as any other."""
        kept = self.town.database.ask(
            "SELECT sha256 FROM message WHERE direction = 'out' AND subject = ?", number
        )
        if kept != [(self.town.roads[seat.name].carrying,)]:
            self.town.violation(f"{number} was sent to {seat.name} with other bytes than were kept")

    def _arrived(self, seat: Seat, what: str, number: str) -> None:
        """A partner has something new of ours: no other may have, or have had, the same application."""
        town = self.town
        town.note(f"{seat.name} takes {what} {number}")
        column = "id" if what == "application" else "draw_no"
        mine = town.database.ask(
            f"SELECT application_id, id, state, partner FROM attempt WHERE {column} = ?",
            number,
        )
        if not mine:
            town.violation(f"{seat.name} has the {what} {number}, which the hub has not written")
        ((application, attempt, state, partner),) = mine
        if partner != seat.name:
            town.violation(f"{number} is {partner}'s and went to {seat.name}")
        if state in DEAD_ATTEMPT:
            town.violation(f"{what} {number} reaches {seat.name} after the hub gave it up as {state}")
        self._alone(application, but=attempt, reason=f"{seat.name} takes {what} {number}")

    def _alone(self, application: str, *, but: str, reason: str) -> None:
        others = self.town.database.ask(
            "SELECT id, partner, draw_no FROM attempt WHERE application_id = ? AND id <> ?", application, but
        )
        for attempt, partner, draw_no in others:
            lives = self._lives(partner, attempt, draw_no)
            if lives:
                self.town.violation(f"two at once for {application}: {reason}, {partner} {lives}")

    def _lives(self, partner: str, attempt: str, draw_no: str | None) -> str:
        """What a partner still has of an attempt that could end in a loan; empty when nothing."""
        lender = self.town.oracle_lender(partner)
        case = lender.case(attempt)
        loan = lender.drawdown(draw_no) if draw_no else None
        if loan is not None:
            unwound = loan.transfer is Transfer.DONE and loan.refunded_fen == loan.principal_fen
            return "" if loan.transfer is Transfer.FAILED or unwound else f"has the loan {loan.loan_no}"
        if case is None or case.decision is Decision.DECLINED:
            return ""
        if case.decision is Decision.PENDING:
            return "is deciding"
        return "" if draw_no else "has approved"

    def look(self) -> None:
        """Check what any commit could have broken."""
        town = self.town
        if town.database.commits == self._commits:
            return
        self._commits = town.database.commits
        ask = town.database.ask
        twice = ask(
            f"SELECT application_id FROM attempt WHERE {_LIVING} GROUP BY application_id HAVING count(*) > 1"
        )
        if twice:
            town.violation(f"{twice[0][0]} has two living attempts")
        ((total,),) = ask("SELECT coalesce(sum(amount_fen), 0) FROM journal_posting")
        if total:
            town.violation(f"the journal sums to {total} fen")
        again = ask(
            "SELECT kind, subject FROM message WHERE direction = 'out' "
            "GROUP BY kind, subject HAVING count(*) > 1"
        )
        if again:
            town.violation(f"{again[0]} was written under two request numbers")

    # In the end

    def settle(self) -> None:
        """Check that all is resolved, nothing is lost and both sides' books agree. Raises Violated."""
        faults, _ = audit(self.town.database)
        if faults:
            self.town.violation(f"the chain of events is broken: {faults[0]}")
        ask = self.town.database.ask
        uneven = ask("SELECT entry_id FROM journal_posting GROUP BY entry_id HAVING sum(amount_fen) <> 0")
        if uneven:
            self.town.violation(f"the entry {uneven[0][0]} does not sum to zero")
        for number, id_ in self.town.platform.acknowledged.items():
            if not ask("SELECT 1 FROM application WHERE id = ?", id_):
                self.town.violation(f"lost: application {number}, acknowledged as {id_}")
        if len(self.town.platform.acknowledged) != len(self.town.platform.wishes):
            self.town.violation("the platform still waits for an acknowledgement")
        for row in ask("SELECT id, state FROM application"):
            self._resolved(*row)
        for seat in self.town.seats:
            self._same_loans(seat)
        self._nothing_left()

    def _resolved(self, application: str, state: str) -> None:
        attempts = self.town.database.ask(
            "SELECT id, partner, draw_no, state FROM attempt WHERE application_id = ? ORDER BY seq",
            application,
        )
        if state == "submitted":
            self.town.violation(f"{application} is not routed")
        for attempt, partner, draw_no, stands in attempts:
            lender = self.town.oracle_lender(partner)
            case, loan = lender.case(attempt), lender.drawdown(draw_no) if draw_no else None
            decision = case.decision if case else None
            transfer = loan.transfer if loan else None
            wants = not any(
                self.town.platform.acknowledged.get(w.number) == application and not w.draws
                for w in self.town.platform.wishes
            )
            fits = {
                "accepted": decision is Decision.PENDING,
                "uncertain": decision is Decision.PENDING,
                "approved": decision is Decision.APPROVED and not wants,
                "declined": decision is Decision.DECLINED,
                "failed": decision is None or transfer in (None, Transfer.FAILED),
                "funded": transfer is Transfer.DONE,
                "cancelled": transfer is Transfer.DONE,
            }
            if not fits.get(stands, False):
                there = f"decision {decision}, transfer {transfer}"
                self.town.violation(f"unresolved: {attempt} is {stands} here, {partner} has {there}")

    def _same_loans(self, seat: Seat) -> None:
        ask = self.town.database.ask
        ours = {
            row[0]: row[1:]
            for row in ask(
                "SELECT l.loan_no, l.id, a.draw_no, l.principal_fen, l.outstanding_fen FROM loan l "
                "JOIN attempt a ON a.id = l.attempt_id WHERE l.partner = ?",
                seat.name,
            )
        }
        theirs = {loan.loan_no: loan for loan in seat.desk.lender.loans()}
        if ours.keys() != theirs.keys():
            self.town.violation(f"lost: {seat.name} has loans {sorted(theirs)}, the hub {sorted(ours)}")
        for loan_no, (loan_id, draw_no, principal, outstanding) in ours.items():
            loan = theirs[loan_no]
            mine = (draw_no, principal, outstanding, *self._moved(loan_id))
            if mine != _books_of(loan):
                self.town.violation(f"books of {seat.name} {loan_no}: {mine} here, {_books_of(loan)} there")

    def _moved(self, loan_id: str) -> tuple[int, ...]:
        """Received principal, interest and penalty less what went back; compensated, recovered, refunded."""
        received = [0, 0, 0]
        compensated = recovered = refunded = 0
        for kind, how, principal, interest, penalty in self.town.database.ask(
            "SELECT kind, how, principal_fen, interest_fen, penalty_fen FROM money_event WHERE loan_id = ?",
            loan_id,
        ):
            if kind == "repayment" and how == "after_compensation":
                recovered += principal + interest
            elif kind == "repayment":
                received = [a + b for a, b in zip(received, (principal, interest, penalty), strict=True)]
            elif kind == "compensation":
                compensated += principal + interest
            elif kind == "refund":
                received = [a - b for a, b in zip(received, (principal, interest, 0), strict=True)]
                refunded += principal + interest
            elif kind == "cancellation":
                refunded += principal
        return (*received, compensated, recovered, refunded)

    def _nothing_left(self) -> None:
        ask = self.town.database.ask
        undecided = {id_ for (id_,) in ask("SELECT id FROM attempt WHERE state IN ('accepted', 'uncertain')")}
        for kind, ref, error in ask(UNSEEN):
            self.town.violation(f"buried and nobody told: {kind} {ref}: {error}")
        for kind, ref, error in ask("SELECT kind, ref, error FROM work WHERE state <> 'buried'"):
            if kind not in _OPEN_WORK and ref not in undecided:
                self.town.violation(f"left undone: {kind} {ref}: {error}")
        for kind, reason in ask("SELECT about, reason FROM matter WHERE kind = 'parked'"):
            expected = _STRANGE if self.town.weather.seen["unknown code"] else ()
            if not any(text in reason for text in expected):
                self.town.violation(f"parked: {kind}: {reason}")


def _books_of(loan: Loan) -> tuple[object, ...]:
    return (
        loan.subject,
        loan.principal_fen,
        loan.outstanding_fen,
        loan.received_principal_fen,
        loan.received_interest_fen,
        loan.received_penalty_fen,
        loan.compensated_fen,
        loan.recovered_fen,
        loan.refunded_fen,
    )
