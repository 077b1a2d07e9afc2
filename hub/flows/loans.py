"""A loan's money: what a partner tells of disbursement, plan, repayment, take-over and refund."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert

from contracts.agreement import Role
from contracts.messages import (
    BuyBackTold,
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
from hub.domain.standing import Term
from hub.flows import movements, payouts
from hub.flows.books import book
from hub.flows.context import Cause, Context, move
from hub.flows.parking import Contradiction
from hub.store import quota, rows
from hub.store.tables import T

PLAN_TOLERANCE_FEN = 1
"""A partner's plan may differ from ours by this much a term, and is then the one that counts."""

_LOAN = insert(T.loan)
_PLAN_TERM = insert(T.plan_term)
_NOTHING_PAID = {
    f"{how}_{part}_fen": 0
    for how, parts in (
        ("paid", ("principal", "interest", "fee", "penalty")),
        ("waived", ("interest", "fee", "penalty")),
    )
    for part in parts
}


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
    amounts = movements.amounts_of(fact)
    movements.note(context, tx, str(loan["id"]), "disbursement", "", amounts, cause, fact.disbursed_on)
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
    tx.execute(_PLAN_TERM, [{"loan_id": loan_id, **t, **_NOTHING_PAID, "state": "due"} for t in terms])


def plan_told(context: Context, tx: Connection, partner: str, fact: PlanTold, cause: Cause) -> None:
    """Take the partner's plan when it agrees with ours within a fen a term; the partner collects by it."""
    loan = movements.loan_of(tx, partner, fact.loan_no)
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
    moved = rows.movements(tx, loan.id)
    tx.execute(delete(T.plan_term).where(T.plan_term.c.loan_id == loan.id))
    _write_plan(tx, loan.id, [t.model_dump() for t in fact.terms])
    terms = rows.terms(tx, loan.id)
    movements.write_standing(tx, loan, terms, movements.reckon(terms, moved))


def _same_term(mine: Term, theirs: Any) -> bool:
    return all(
        getattr(mine, name) == getattr(theirs, name)
        for name in ("due_on", "principal_fen", "interest_fen", "fee_fen")
    )


def repaid(context: Context, tx: Connection, partner: str, fact: RepaymentTold, cause: Cause) -> None:
    """Book a repayment once, share it, and settle the loan when nothing is left."""
    loan = movements.loan_of(tx, partner, fact.loan_no)
    if movements.known(tx, loan.id, "repayment", fact.serial, movements.amounts_of(fact), fact.paid_on):
        return
    movements.refuse_cancelled(loan)
    agreement = context.agreements[loan.agreement, loan.agreement_version]
    terms = rows.terms(tx, loan.id)
    opening, days = movements.interest_ran(loan, terms, fact.period, fact.paid_on)
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
    values = {**movements.amounts_of(fact), "how": fact.how.value, "period": fact.period}
    movements.settle(context, tx, loan, terms, ("repayment", fact.serial), values, event, agreement, cause)


def compensated(context: Context, tx: Connection, partner: str, fact: CompensationTold, cause: Cause) -> None:
    """The guarantor paid a term in the borrower's stead; what the borrower pays later is the guarantor's."""
    loan = movements.loan_of(tx, partner, fact.loan_no)
    if movements.known(tx, loan.id, "compensation", fact.serial, movements.amounts_of(fact), fact.paid_on):
        return
    movements.refuse_cancelled(loan)
    _taken_over(context, tx, loan, fact, "compensation", fact.period, cause)


def bought_back(context: Context, tx: Connection, partner: str, fact: BuyBackTold, cause: Cause) -> None:
    """The guarantor, or the platform where there is none, took over all that is left of the loan (回购).

    Raises NotYet while more is left than was bought: a repayment may still be to come.
    """
    loan = movements.loan_of(tx, partner, fact.loan_no)
    if movements.known(tx, loan.id, "buy_back", fact.serial, movements.amounts_of(fact), fact.paid_on):
        return
    movements.refuse_cancelled(loan)
    _taken_over(context, tx, loan, fact, "buy_back", None, cause)


def _taken_over(
    context: Context,
    tx: Connection,
    loan: Any,
    fact: CompensationTold | BuyBackTold,
    kind: str,
    period: int | None,
    cause: Cause,
) -> None:
    """Book what a party of the agreement paid the funder for a term, or for all that is left."""
    agreement = context.agreements[loan.agreement, loan.agreement_version]
    payer = agreement.stands_in
    if payer is None:
        raise Contradiction(f"the agreement {agreement.id} has no guarantor or platform that could have paid")
    if period is not None and agreement.by_party[payer].role is not Role.GUARANTOR:
        raise Contradiction(f"the agreement {agreement.id} has no guarantor that could have paid")
    terms = rows.terms(tx, loan.id)
    opening, days = movements.interest_ran(loan, terms, period, fact.paid_on)
    event = sharing.Compensated(
        loan_id=loan.id,
        serial=fact.serial,
        guarantor=payer,
        period=period,
        principal_fen=fact.principal_fen,
        interest_fen=fact.interest_fen,
        penalty_fen=fact.penalty_fen,
        opening_balance_fen=opening,
        days=days,
        on=fact.paid_on,
    )
    values = {**movements.amounts_of(fact), "period": period}
    movements.settle(context, tx, loan, terms, (kind, fact.serial), values, event, agreement, cause)


def refunded(context: Context, tx: Connection, partner: str, fact: RefundTold, cause: Cause) -> None:
    """Take back a repayment by mirroring its lines, or cancel a disbursement that came back."""
    loan = movements.loan_of(tx, partner, fact.loan_no)
    whole = fact.what is RefundKind.DISBURSEMENT
    kind = "cancellation" if whole else "refund"
    if movements.known(tx, loan.id, kind, fact.serial, movements.amounts_of(fact), fact.paid_on):
        return
    movements.refuse_cancelled(loan)
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
    values = {**movements.amounts_of(fact), "original_serial": fact.original_serial}
    movements.settle(context, tx, loan, terms, (kind, fact.serial), values, event, agreement, cause)
