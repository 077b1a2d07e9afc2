"""A movement on a loan is written once, by its serial; where the loan stands is reckoned anew after it.

The plan and all movements say where a loan stands, so arrival order makes no difference to the books.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from contracts.agreement import Agreement
from contracts.messages import DrawdownTold
from hub.domain import sharing
from hub.domain.lifecycle import LoanState, NotYet
from hub.domain.standing import (
    Movement,
    NotAllLeft,
    NotCompensated,
    Overpaid,
    Standing,
    Term,
    opening_fen,
    standing,
)
from hub.flows.books import book
from hub.flows.context import Cause, Context, move
from hub.flows.parking import Contradiction
from hub.store import rows
from hub.store.tables import T

MONTH_DAYS = 30
"""Days of a whole term: interest of a monthly plan is a twelfth of the annual rate, which is 30/360."""

_MOVEMENT = insert(T.money_event)


def loan_of(tx: Connection, partner: str, loan_no: str) -> Any:
    """The loan a partner means, locked. Raises NotYet while it is not known."""
    found = rows.loan_by_no(tx, partner, loan_no)
    if found is None:
        raise NotYet(f"the loan {loan_no} is not known")
    return found


def refuse_cancelled(loan: Any) -> None:
    """Raise Contradiction for news of a loan that was cancelled."""
    if loan.state == LoanState.CANCELLED:
        raise Contradiction("the loan was cancelled")


def amounts_of(fact: Any) -> dict[str, int]:
    """The four parts of a movement by name, in fen; a part the fact does not have is 0."""
    if isinstance(fact, DrawdownTold):
        return {"principal_fen": fact.amount_fen or 0, "interest_fen": 0, "fee_fen": 0, "penalty_fen": 0}
    names = ("principal_fen", "interest_fen", "fee_fen", "penalty_fen")
    return {name: getattr(fact, name, 0) for name in names}


def known(tx: Connection, loan_id: str, kind: str, serial: str, amounts: dict[str, int], on: date) -> bool:
    """Whether the very movement is booked; one booked under the serial with other amounts contradicts."""
    row = rows.movement(tx, loan_id, kind, serial)
    if row is None:
        return False
    if row.happened_on != on or any(getattr(row, name) != fen for name, fen in amounts.items()):
        raise Contradiction(f"the {kind} {serial} was booked with other amounts or another day")
    return True


def note(
    context: Context,
    tx: Connection,
    loan_id: str,
    kind: str,
    serial: str,
    values: dict[str, Any],
    cause: Cause,
    on: date | None,
) -> None:
    """Write a movement under its serial."""
    row = {
        "id": context.id("mov", cause.now),
        "loan_id": loan_id,
        "kind": kind,
        "serial": serial,
        "happened_on": on,
        "message_id": cause.message_id,
        **values,
    }
    tx.execute(_MOVEMENT, row)


def reckon(terms: list[Term], movements: list[Movement]) -> Standing:
    """Where a loan stands. Raises NotYet or Contradiction."""
    try:
        return standing(terms, movements)
    except (NotCompensated, NotAllLeft) as early:
        raise NotYet(str(early)) from None
    except Overpaid as overpaid:
        raise Contradiction(str(overpaid)) from None


def interest_ran(loan: Any, terms: list[Term], period: int | None, on: date) -> tuple[int, int]:
    """The principal interest ran on and for how many days, for a term or for all that is left."""
    if period is not None:
        return opening_fen(terms, period), MONTH_DAYS
    last = max((t.due_on for t in terms if t.due_on <= on), default=loan.disbursed_on)
    return loan.outstanding_fen, min(max((on - last).days, 0), MONTH_DAYS)


def settle(
    context: Context,
    tx: Connection,
    loan: Any,
    terms: list[Term],
    named: tuple[str, str],
    values: dict[str, Any],
    event: sharing.MoneyEvent,
    agreement: Agreement,
    cause: Cause,
) -> None:
    """Write a movement, what it leaves of the loan, and its books."""
    kind, serial = named
    movements = rows.movements(tx, loan.id)
    movements.append(Movement(kind=kind, serial=serial, **{"period": None, **values}))
    after = reckon(terms, movements)
    ran = {"opening_fen": getattr(event, "opening_balance_fen", None), "days": getattr(event, "days", None)}
    note(context, tx, loan.id, kind, serial, {**values, **ran}, cause, event.on)
    write_standing(tx, loan, terms, after)
    book(context, tx, loan.id, loan.partner, agreement, event, cause)
    _write_states(tx, loan, kind, after, cause)


_OUTSTANDING = (
    update(T.loan).where(T.loan.c.id == bindparam("of_loan")).values(outstanding_fen=bindparam("new_fen"))
)
_CHANGING = (
    "paid_principal_fen",
    "paid_interest_fen",
    "paid_fee_fen",
    "paid_penalty_fen",
    "waived_interest_fen",
    "waived_fee_fen",
    "waived_penalty_fen",
    "state",
)
_TERM_UPDATE = (
    update(T.plan_term)
    .where(T.plan_term.c.loan_id == bindparam("of_loan"), T.plan_term.c.period == bindparam("of_period"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)


def write_standing(tx: Connection, loan: Any, before: list[Term], after: Standing) -> None:
    """Write what became of the terms and of the principal that is out."""
    changed = [new for old, new in zip(before, after.terms, strict=True) if old != new]
    if changed:
        changes = [
            {"of_loan": loan.id, "of_period": t.period}
            | {f"new_{k}": v for k, v in asdict(t).items() if k in _CHANGING}
            for t in changed
        ]
        tx.execute(_TERM_UPDATE, changes)
    if after.outstanding_fen != loan.outstanding_fen:
        tx.execute(_OUTSTANDING, {"of_loan": loan.id, "new_fen": after.outstanding_fen})


_STEPS = {"cancellation": "cancelled", "compensation": "compensated", "buy_back": "bought_back"}
_INWARD = frozenset({"compensated", "bought_back"})
"""Steps of the loan that are none of the application's: the borrower owes what he owed."""


def _write_states(tx: Connection, loan: Any, kind: str, after: Standing, cause: Cause) -> None:
    """Step the loan, and with it the application, to where the money says they are."""
    events = [_STEPS[kind]] if kind in _STEPS else []
    # A claim that was bought back is the buyer's, and is settled when the borrower has paid him.
    over = after.outstanding_fen == 0 and not (after.bought_back and after.recoverable_fen)
    if kind != "cancellation" and over != (loan.state == LoanState.SETTLED):
        events.append("settled" if over else "reopened")
        # A loan that is opened again is still one a guarantor has paid for.
        if not over and after.compensated:
            events.append("bought_back" if after.bought_back else "compensated")
    for event in dict.fromkeys(events):
        loan = rows.loan(tx, loan.id)
        if not move(tx, "loan", loan, event, cause) or event in _INWARD:
            continue
        move(tx, "application", rows.application(tx, loan.application_id), event, cause)
        if event == "cancelled":
            move(tx, "attempt", rows.attempt(tx, loan.attempt_id), "cancelled", cause)
