"""The lives of an application, an attempt, a loan, an order, a statement and more, as tables of edges.

A fact that repeats what we know confirms it; a fact that comes before its turn waits; a fact that no edge
allows contradicts the record and is parked for a person. Final states do not move back, except by the new
events DOMAIN practice knows: a refund reopens, a returned transfer cancels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class ApplicationState(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"  # admitted, or back from a partner that declined; waiting for a route
    REVIEWING = "reviewing"  # one partner has it, or may have it, and has not decided
    APPROVED = "approved"  # waiting for the borrower to draw
    DRAWING = "drawing"  # the partner was told to pay, or may have been
    REPAYING = "repaying"
    SETTLED = "settled"
    DECLINED = "declined"
    CANCELLED = "cancelled"  # the disbursement came back or was unwound


class AttemptState(StrEnum):
    """Where one partner's attempt to fund stands."""

    WRITTEN = "written"  # the request has its bytes and its number; it may or may not have left
    ACCEPTED = "accepted"  # the partner has it
    UNCERTAIN = "uncertain"  # we do not know whether the partner has it
    APPROVED = "approved"
    DRAWING = "drawing"
    DRAW_UNCERTAIN = "draw_uncertain"
    FUNDED = "funded"
    DECLINED = "declined"
    FAILED = "failed"
    CANCELLED = "cancelled"


class LoanState(StrEnum):
    """Where a loan stands. Being overdue is a property of the plan on a day, not a state."""

    ACTIVE = "active"
    COMPENSATED = "compensated"  # the guarantor has paid at least one term; what comes later is recovery
    BOUGHT_BACK = "bought_back"  # the guarantor has taken the whole claim over; what comes later is recovery
    SETTLED = "settled"
    CANCELLED = "cancelled"


class OrderState(StrEnum):
    """Where one order to move money, or what it takes to move money, stands."""

    WRITTEN = "written"
    ACCEPTED = "accepted"
    UNCERTAIN = "uncertain"  # we do not know whether the partner has it
    DONE = "done"
    FAILED = "failed"  # proven: no money moved
    RETURNED = "returned"  # 退票: it was done, and the money came back
    CLOSED = "closed"  # done, and whoever it was done for has booked it: the purpose is free again


class StatementState(StrEnum):
    """Where a statement stands on its way from the closed month to the money at the bank."""

    DRAFT = "draft"  # made by closing the month; nobody has looked at it, or it was sent back
    REVIEWED = "reviewed"  # a first person stands for it, and the party has it
    CONFIRMED = "confirmed"  # by the party, or by its silence where that was agreed
    APPROVED = "approved"  # by a second person: it may be paid
    PAID = "paid"
    RECONCILED = "reconciled"  # every payment was found on the bank's own statement


class PaymentState(StrEnum):
    """Where one payment between two parties of a settled month stands."""

    INSTRUCTED = "instructed"
    PAID = "paid"  # a person says that the money left; it is posted
    RECONCILED = "reconciled"  # found on the bank's own statement


class DisputeState(StrEnum):
    """Where a dispute about one line of a statement stands."""

    OPEN = "open"
    AGREED = "agreed"  # a correction was booked in the month then open
    REJECTED = "rejected"  # the line stands as it is


FINAL_APPLICATION = frozenset(
    {ApplicationState.SETTLED, ApplicationState.DECLINED, ApplicationState.CANCELLED}
)
OVER_ORDER = frozenset({OrderState.FAILED, OrderState.RETURNED, OrderState.CLOSED})
"""States in which an order no longer stands in the way of another with the same purpose."""
DEAD_ATTEMPT = frozenset({AttemptState.DECLINED, AttemptState.FAILED, AttemptState.CANCELLED})


class Impossible(Exception):
    """No edge allows this event here: the record and the fact contradict each other; park the fact."""

    def __init__(self, machine: str, state: str, event: str) -> None:
        super().__init__(f"{machine}: '{event}' cannot happen in state '{state}'")
        self.machine, self.state, self.event = machine, state, event


class NotYet(Exception):
    """The fact is early: what must come before it is not known yet; try again after the others."""


EARLY = "<early>"


@dataclass(frozen=True)
class Machine:
    """A state machine as data: `edges[(state, event)]` is the next state."""

    name: str
    edges: dict[tuple[str, str], str]

    def step(self, state: str, event: str) -> str:
        """Return the next state; the same state means the fact only confirms.

        Raises NotYet for a fact before its turn, Impossible for a fact no edge allows.
        """
        after = self.edges.get((state, event))
        if after is None:
            raise Impossible(self.name, state, event)
        if after == EARLY:
            raise NotYet(f"{self.name}: '{event}' came while still '{state}'")
        return after

    def states(self) -> set[str]:
        """Every state an edge names."""
        return {s for s, _ in self.edges} | {s for s in self.edges.values() if s != EARLY}


def _table(name: str, text: str, confirms: Iterable[tuple[str, str]] = ()) -> Machine:
    lines = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    listed = [((state, event), after) for states, event, after in lines for state in states.split()]
    listed += [((state, event), state) for event, states in confirms for state in states.split()]
    if len(dict(listed)) != len(listed):
        raise ValueError(f"{name}: an event leads from one state to two")
    return Machine(name, dict(listed))


APPLICATION = _table(
    "application",
    """
    submitted           | routed             | reviewing
    submitted           | no_partner         | declined
    reviewing           | approved           | approved
    reviewing           | partner_declined   | submitted
    approved            | drawdown_requested | drawing
    drawing             | drawdown_failed    | submitted
    drawing             | disbursed          | repaying
    repaying            | settled            | settled
    settled             | reopened           | repaying
    repaying settled    | cancelled          | cancelled
    """,
)

ATTEMPT = _table(
    "attempt",
    """
    written uncertain             | accepted      | accepted
    written                       | uncertain     | uncertain
    written accepted uncertain    | approved      | approved
    written accepted uncertain    | declined      | declined
    written uncertain             | failed        | failed
    written accepted uncertain    | disbursed     | <early>
    approved                      | draw          | drawing
    drawing                       | uncertain     | draw_uncertain
    draw_uncertain                | accepted      | drawing
    approved                      | disbursed     | <early>
    drawing draw_uncertain        | disbursed     | funded
    drawing draw_uncertain        | draw_failed   | failed
    funded                        | cancelled     | cancelled
    """,
    confirms=(
        ("accepted", "accepted approved drawing funded declined failed cancelled"),
        ("uncertain", "accepted uncertain approved draw_uncertain funded declined failed cancelled"),
        ("approved", "approved drawing draw_uncertain funded cancelled"),
        ("declined", "declined"),
        ("disbursed", "funded cancelled"),
        ("draw_failed", "failed"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
    ),
)

LOAN = _table(
    "loan",
    """
    active                         | compensated | compensated
    active compensated             | bought_back | bought_back
    active compensated bought_back | settled     | settled
    settled                        | reopened    | active
    active compensated settled     | cancelled   | cancelled
    """,
    confirms=(
        ("compensated", "compensated bought_back"),
        ("bought_back", "bought_back"),
        ("reopened", "active compensated bought_back"),
        ("settled", "settled"),
        ("cancelled", "cancelled"),
    ),
)

ORDER = _table(
    "order",
    """
    written uncertain             | accepted  | accepted
    written                       | uncertain | uncertain
    written accepted uncertain    | done      | done
    written accepted uncertain    | failed    | failed
    done                          | returned  | returned
    done                          | closed    | closed
    """,
    confirms=(
        ("accepted", "accepted done failed returned closed"),
        ("uncertain", "accepted uncertain done failed returned closed"),
        ("done", "done returned closed"),
        ("failed", "failed"),
        ("returned", "returned"),
        ("closed", "closed"),
    ),
)

STATEMENT = _table(
    "statement",
    """
    draft              | reviewed   | reviewed
    reviewed           | confirmed  | confirmed
    reviewed confirmed | returned   | draft
    confirmed          | approved   | approved
    approved           | paid       | paid
    paid               | reconciled | reconciled
    """,
)

DISPUTE = _table(
    "dispute",
    """
    open | agreed   | agreed
    open | rejected | rejected
    """,
)

PAYMENT = _table(
    "payment",
    """
    instructed | paid       | paid
    paid       | reconciled | reconciled
    """,
)
