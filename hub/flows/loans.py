"""A loan's money: what a partner tells of disbursement, plan, repayment, compensation and refund.

Each movement is written once, by its serial; where the loan stands is then reckoned anew from the plan and
all movements, so that arrival order makes no difference to the books.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, update

from contracts.agreement import Agreement, Role
from contracts.messages import (
    CompensationTold,
    DrawdownTold,
    PlanTold,
    RefundKind,
    RefundTold,
    RepaymentTold,
)
from hub.domain import sharing
from hub.domain.lifecycle import LoanState, NotYet
from hub.domain.schedule import plan as schedule
from hub.domain.standing import Movement, NotCompensated, Overpaid, Standing, Term, opening_fen, standing
from hub.flows import payouts
from hub.flows.books import book
from hub.flows.context import Cause, Context, move
from hub.flows.parking import Contradiction
from hub.store import quota, rows
from hub.store.tables import T

PLAN_TOLERANCE_FEN = 1
"""A partner's plan may differ from ours by this much a term, and is then the one that counts."""
MONTH_DAYS = 30
"""Days of a whole term: interest of a monthly plan is a twelfth of the annual rate, which is 30/360."""

_LOAN = insert(T.loan)
_PLAN_TERM = insert(T.plan_term)
_MOVEMENT = insert(T.money_event)


def disbursed(context: Context, tx: Connection, attempt: Any, fact: DrawdownTold, cause: Cause) -> None:
    """Open the loan with its plan and its first entries. A repeated disbursement only confirms."""
    known = rows.loan_of_attempt(tx, attempt.id)
    told = (fact.loan_no, fact.amount_fen, fact.disbursed_on)
    if known is not None:
        if told != (known.loan_no, known.principal_fen, known.disbursed_on):
            raise Contradiction("disbursed before under another number, amount or day")
        return
    if not move(tx, "attempt", attempt, "disbursed", cause):
        raise Contradiction("the attempt is funded and has no loan")
    if fact.amount_fen != attempt.drawn_fen:
        raise Contradiction(f"disbursed {fact.amount_fen} fen, {attempt.drawn_fen} were drawn")
    if rows.loan_by_no(tx, attempt.partner, str(fact.loan_no)) is not None:
        raise Contradiction(f"the loan number {fact.loan_no} names another loan")
    application = rows.application(tx, attempt.application_id)
    loan = {
        "id": context.id("loan", cause.now),
        "application_id": application.id,
        "attempt_id": attempt.id,
        "partner": attempt.partner,
        "loan_no": fact.loan_no,
        "agreement": attempt.agreement,
        "agreement_version": attempt.agreement_version,
        "principal_fen": fact.amount_fen,
        "outstanding_fen": fact.amount_fen,
        "annual_rate": application.annual_rate,
        "term_months": application.term_months,
        "method": application.method,
        "disbursed_on": fact.disbursed_on,
        "state": LoanState.ACTIVE.value,
        "updated_at": cause.now,
    }
    tx.execute(_LOAN, loan)
    quota.confirm(tx, attempt.id, lent_fen=attempt.drawn_fen, now=cause.now)
    detail = {"loan": loan["id"], "amount_fen": fact.amount_fen}
    move(tx, "application", application, "disbursed", cause, detail=detail)
    _write_plan(tx, str(loan["id"]), _own_plan(loan))
    agreement = context.agreements[attempt.agreement, attempt.agreement_version]
    _note_movement(context, tx, str(loan["id"]), "disbursement", "", _amounts(fact), cause, fact.disbursed_on)
    event = sharing.Disbursed(str(loan["id"]), fact.amount_fen or 0, fact.disbursed_on or date.min)
    book(context, tx, loan["id"], attempt.partner, agreement, event, cause)
    payouts.provided(context, tx, attempt, loan, cause)


def _own_plan(loan: dict[str, Any]) -> list[dict[str, Any]]:
    terms = schedule(
        loan["principal_fen"],
        loan["annual_rate"],
        loan["term_months"],
        loan["method"],
        disbursed_on=loan["disbursed_on"],
    )
    return [
        {
            "period": t.period,
            "due_on": t.due_on,
            "principal_fen": t.principal_fen,
            "interest_fen": t.interest_fen,
            "fee_fen": t.fee_fen,
        }
        for t in terms
    ]


def _write_plan(tx: Connection, loan_id: str, terms: list[dict[str, Any]]) -> None:
    paid = {"paid_principal_fen": 0, "paid_interest_fen": 0, "paid_fee_fen": 0, "paid_penalty_fen": 0}
    tx.execute(_PLAN_TERM, [{"loan_id": loan_id, **t, **paid, "state": "due"} for t in terms])


def plan_told(context: Context, tx: Connection, partner: str, fact: PlanTold, cause: Cause) -> None:
    """Take the partner's plan when it agrees with ours within a fen a term; the partner collects by it."""
    loan = _loan(tx, partner, fact.loan_no)
    ours = rows.terms(tx, loan.id)
    if sum(t.principal_fen for t in fact.terms) != loan.principal_fen or len(ours) != len(fact.terms):
        raise Contradiction("the partner's plan has another principal or another number of terms")
    for mine, theirs in zip(ours, fact.terms, strict=True):
        gap = max(
            abs(mine.principal_fen - theirs.principal_fen), abs(mine.interest_fen - theirs.interest_fen)
        )
        # The last term takes up what the roundings of all the others left.
        most = PLAN_TOLERANCE_FEN * (len(ours) if mine is ours[-1] else 1)
        if mine.period != theirs.period or gap > most:
            raise Contradiction(f"the partner's plan differs by {gap} fen in period {theirs.period}")
    if all(_same_term(mine, theirs) for mine, theirs in zip(ours, fact.terms, strict=True)):
        return
    movements = rows.movements(tx, loan.id)
    tx.execute(delete(T.plan_term).where(T.plan_term.c.loan_id == loan.id))
    _write_plan(tx, loan.id, [t.model_dump() for t in fact.terms])
    _write_standing(tx, loan, rows.terms(tx, loan.id), _reckon(rows.terms(tx, loan.id), movements))


def _same_term(mine: Term, theirs: Any) -> bool:
    return all(
        getattr(mine, name) == getattr(theirs, name)
        for name in ("due_on", "principal_fen", "interest_fen", "fee_fen")
    )


def repaid(context: Context, tx: Connection, partner: str, fact: RepaymentTold, cause: Cause) -> None:
    """Book a repayment once, share it, and settle the loan when nothing is left."""
    loan = _loan(tx, partner, fact.loan_no)
    if _known(tx, loan.id, "repayment", fact.serial, _amounts(fact), fact.paid_on):
        return
    _refuse_cancelled(loan)
    agreement = context.agreements[loan.agreement, loan.agreement_version]
    terms = rows.terms(tx, loan.id)
    opening, days = _interest_ran(loan, terms, fact.period, fact.paid_on)
    event = sharing.Received(
        loan_id=loan.id,
        serial=fact.serial,
        kind=fact.how.value,
        period=fact.period,
        principal_fen=fact.principal_fen,
        interest_fen=fact.interest_fen,
        fee_fen=fact.fee_fen,
        penalty_fen=fact.penalty_fen,
        opening_balance_fen=opening,
        days=days,
        on=fact.paid_on,
    )
    values = {**_amounts(fact), "how": fact.how.value, "period": fact.period}
    _settle_movement(context, tx, loan, terms, ("repayment", fact.serial), values, event, agreement, cause)


def compensated(context: Context, tx: Connection, partner: str, fact: CompensationTold, cause: Cause) -> None:
    """The guarantor paid a term in the borrower's stead; what the borrower pays later is the guarantor's."""
    loan = _loan(tx, partner, fact.loan_no)
    if _known(tx, loan.id, "compensation", fact.serial, _amounts(fact), fact.paid_on):
        return
    _refuse_cancelled(loan)
    agreement = context.agreements[loan.agreement, loan.agreement_version]
    guarantor = next((p.id for p in agreement.parties if p.role is Role.GUARANTOR), None)
    if guarantor is None:
        raise Contradiction(f"the agreement {agreement.id} has no guarantor that could have paid")
    terms = rows.terms(tx, loan.id)
    opening, days = _interest_ran(loan, terms, fact.period, fact.paid_on)
    event = sharing.Compensated(
        loan_id=loan.id,
        serial=fact.serial,
        guarantor=guarantor,
        period=fact.period,
        principal_fen=fact.principal_fen,
        interest_fen=fact.interest_fen,
        penalty_fen=fact.penalty_fen,
        opening_balance_fen=opening,
        days=days,
        on=fact.paid_on,
    )
    values = {**_amounts(fact), "period": fact.period}
    _settle_movement(context, tx, loan, terms, ("compensation", fact.serial), values, event, agreement, cause)


def refunded(context: Context, tx: Connection, partner: str, fact: RefundTold, cause: Cause) -> None:
    """Take back a repayment by mirroring its lines, or cancel a disbursement that came back."""
    loan = _loan(tx, partner, fact.loan_no)
    whole = fact.what is RefundKind.DISBURSEMENT
    kind = "cancellation" if whole else "refund"
    if _known(tx, loan.id, kind, fact.serial, _amounts(fact), fact.paid_on):
        return
    _refuse_cancelled(loan)
    agreement = context.agreements[loan.agreement, loan.agreement_version]
    terms = rows.terms(tx, loan.id)
    event: sharing.MoneyEvent
    if whole:
        if not fact.principal_fen == loan.principal_fen == loan.outstanding_fen:
            raise Contradiction("only a whole and unpaid disbursement is cancelled by itself")
        payouts.withdrawn(context, tx, loan, fact.serial, fact.paid_on, cause)
        event = sharing.Cancelled(loan.id, fact.serial, fact.principal_fen, fact.paid_on)
    else:
        original = str(fact.original_serial)
        if original not in {m.serial for m in rows.movements(tx, loan.id) if m.kind == "repayment"}:
            raise NotYet(f"the repayment {original} is not known")
        event = sharing.Refunded(
            loan.id,
            fact.serial,
            original,
            fact.principal_fen,
            fact.interest_fen,
            fact.fee_fen,
            fact.penalty_fen,
            fact.paid_on,
        )
    values = {**_amounts(fact), "original_serial": fact.original_serial}
    _settle_movement(context, tx, loan, terms, (kind, fact.serial), values, event, agreement, cause)


def _loan(tx: Connection, partner: str, loan_no: str) -> Any:
    found = rows.loan_by_no(tx, partner, loan_no)
    if found is None:
        raise NotYet(f"the loan {loan_no} is not known")
    return found


def _refuse_cancelled(loan: Any) -> None:
    if loan.state == LoanState.CANCELLED:
        raise Contradiction("the loan was cancelled")


def _amounts(fact: Any) -> dict[str, int]:
    if isinstance(fact, DrawdownTold):
        return {"principal_fen": fact.amount_fen or 0, "interest_fen": 0, "fee_fen": 0, "penalty_fen": 0}
    names = ("principal_fen", "interest_fen", "fee_fen", "penalty_fen")
    return {name: getattr(fact, name, 0) for name in names}


def _known(tx: Connection, loan_id: str, kind: str, serial: str, amounts: dict[str, int], on: date) -> bool:
    """Whether the very movement is booked; one booked under the serial with other amounts contradicts."""
    row = rows.movement(tx, loan_id, kind, serial)
    if row is None:
        return False
    if row.happened_on != on or any(getattr(row, name) != fen for name, fen in amounts.items()):
        raise Contradiction(f"the {kind} {serial} was booked with other amounts or another day")
    return True


def _note_movement(
    context: Context,
    tx: Connection,
    loan_id: str,
    kind: str,
    serial: str,
    values: dict[str, Any],
    cause: Cause,
    on: date | None,
) -> None:
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


def _reckon(terms: list[Term], movements: list[Movement]) -> Standing:
    try:
        return standing(terms, movements)
    except NotCompensated as early:
        raise NotYet(str(early)) from None
    except Overpaid as overpaid:
        raise Contradiction(str(overpaid)) from None


def _interest_ran(loan: Any, terms: list[Term], period: int | None, on: date) -> tuple[int, int]:
    """The principal interest ran on and for how many days, for a term or for all that is left."""
    if period is not None:
        return opening_fen(terms, period), MONTH_DAYS
    last = max((t.due_on for t in terms if t.due_on <= on), default=loan.disbursed_on)
    return loan.outstanding_fen, min(max((on - last).days, 0), MONTH_DAYS)


def _settle_movement(
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
    after = _reckon(terms, movements)
    ran = {"opening_fen": getattr(event, "opening_balance_fen", None), "days": getattr(event, "days", None)}
    _note_movement(context, tx, loan.id, kind, serial, {**values, **ran}, cause, event.on)
    _write_standing(tx, loan, terms, after)
    book(context, tx, loan.id, loan.partner, agreement, event, cause)
    _write_states(tx, loan, kind, after, cause)


_OUTSTANDING = (
    update(T.loan).where(T.loan.c.id == bindparam("of_loan")).values(outstanding_fen=bindparam("new_fen"))
)
_CHANGING = ("paid_principal_fen", "paid_interest_fen", "paid_fee_fen", "paid_penalty_fen", "state")
_TERM_UPDATE = (
    update(T.plan_term)
    .where(T.plan_term.c.loan_id == bindparam("of_loan"), T.plan_term.c.period == bindparam("of_period"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)


def _write_standing(tx: Connection, loan: Any, before: list[Term], after: Standing) -> None:
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


def _write_states(tx: Connection, loan: Any, kind: str, after: Standing, cause: Cause) -> None:
    """Step the loan, and with it the application, to where the money says they are."""
    events = []
    if kind == "cancellation":
        events = ["cancelled"]
    elif kind == "compensation":
        events = ["compensated"]
    if kind != "cancellation" and (after.outstanding_fen == 0) != (loan.state == LoanState.SETTLED):
        events.append("settled" if after.outstanding_fen == 0 else "reopened")
        # A loan that is opened again is still one a guarantor has paid for.
        events += ["compensated"] if events[-1] == "reopened" and after.compensated else []
    for event in events:
        loan = rows.loan(tx, loan.id)
        if not move(tx, "loan", loan, event, cause) or event == "compensated":
            continue
        move(tx, "application", rows.application(tx, loan.application_id), event, cause)
        if event == "cancelled":
            move(tx, "attempt", rows.attempt(tx, loan.attempt_id), "cancelled", cause)
