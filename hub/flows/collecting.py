"""Collecting for a lender through a payment institution: every term on its day, and what follows a debit.

The channel's word that it has debited is money we hold for the lender, and no repayment yet. The lender is
asked to book it; its word is the repayment, as of every other loan, and closes the debit. From one loan at
most one thing is collected at a time.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.domain.calendar import business_day
from hub.domain.lifecycle import LoanState, OrderState
from hub.domain.orders import OrderKind, Step, collection_of, credit_of, signing_of
from hub.domain.owed import NothingOwed, Sum, part_of, term_owed
from hub.flows import orders, payouts
from hub.flows.context import Cause, Context
from hub.store import mailbox, rows
from hub.store.mailbox import Job

KIND = "collect"
COLLECTED_AT = time(8)
"""Shanghai time at which the terms of the day are debited."""
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_BEGUN = "collecting begun"


def begin(context: Context) -> None:
    """See to it that what falls due is collected every day, where a programme says so. Safe to repeat."""
    collectors = {p.collected_by for p in context.catalogue.programmes if p.collected_by is not None}
    now = context.now()

    def begin_with(tx: Connection, partner: str) -> None:
        if mailbox.use_nonce(tx, partner=partner, nonce=_BEGUN, now=now):
            _on_day(tx, partner, business_day(now), now)

    for partner in sorted(collectors):
        context.database.run(partial(begin_with, partner=partner), repeatable=True)


def collect(context: Context, job: Job) -> None:
    """Debit what has fallen due by today, each loan in a transaction of its own, and come back tomorrow."""
    now = context.now()
    today = business_day(now)
    with context.database.read() as tx:
        due = rows.loans_to_collect(tx, job.ref, today)

    def debit(tx: Connection, loan_id: str) -> None:
        due_term(context, tx, loan_id, today, Cause("hub", "worker", now))

    def end(tx: Connection) -> None:
        mailbox.done(tx, job)
        _on_day(tx, job.ref, today + timedelta(days=1), now)

    for loan_id in due:
        context.database.run(partial(debit, loan_id=loan_id))
    context.database.run(end, repeatable=True)
    context.wake(mailbox.LOCAL)


def _on_day(tx: Connection, partner: str, day: date, now: datetime) -> None:
    due_at = datetime.combine(day, COLLECTED_AT, _SHANGHAI).astimezone(now.tzinfo)
    mailbox.put(tx, queue=mailbox.LOCAL, kind=KIND, ref=partner, now=now, due_at=max(due_at, now))


def due_term(context: Context, tx: Connection, loan_id: str, today: date, cause: Cause) -> str | None:
    """Debit the first term that has fallen due and is unpaid; return the order's number, if any."""
    loan = rows.loan(tx, loan_id)
    try:
        owed = term_owed(rows.terms(tx, loan_id), None, today)
    except NothingOwed:
        return None
    terms = {term.period: term for term in rows.terms(tx, loan_id)}
    if owed.period is None or terms[owed.period].due_on > today or loan.state != LoanState.ACTIVE:
        return None
    if not payouts.delivered(tx, loan_id):
        return None
    return take(context, tx, loan, owed, cause)


def take(context: Context, tx: Connection, loan: Any, owed: Sum, cause: Cause) -> str | None:
    """Have a sum taken from the borrower, by the channel or by the lender; None when one is being taken.

    What was taken and the lender has not told yet is still being taken: the plan does not show it.
    """
    if _taken_fen(tx, loan.id) > _told_fen(tx, loan.id):
        return None
    attempt = rows.attempt(tx, loan.attempt_id)
    detail = owed.to_json()
    if attempt.collected_by is not None:
        detail["agreement_no"] = agreement_no(tx, loan.application_id)
    else:
        detail["loan_no"] = loan.loan_no
    return orders.place(
        context,
        tx,
        kind=OrderKind.REPAY if attempt.collected_by is None else OrderKind.DEBIT,
        purpose=collection_of(loan.id),
        partner=attempt.collected_by or loan.partner,
        application_id=loan.application_id,
        loan_id=loan.id,
        amount_fen=owed.total_fen,
        cause=cause,
        detail=detail,
    )


def _taken_fen(tx: Connection, loan_id: str) -> int:
    """What our orders took from the borrower in all."""
    taken = (OrderState.DONE, OrderState.CLOSED)
    found = [order for order in rows.orders_for(tx, collection_of(loan_id)) if order.state in taken]
    return sum(order.amount_fen if order.done_fen is None else order.done_fen for order in found)


def _told_fen(tx: Connection, loan_id: str) -> int:
    """What the lender told of repayments in all."""
    told = [m for m in rows.movements(tx, loan_id) if m.kind == "repayment"]
    return sum(m.principal_fen + m.interest_fen + m.fee_fen + m.penalty_fen for m in told)


def agreement_no(tx: Connection, application_id: str) -> str | None:
    """The channel's number of the borrower's debit agreement; None while none is signed."""
    signed = [o.number for o in rows.orders_for(tx, signing_of(application_id)) if o.state == OrderState.DONE]
    return signed[-1] if signed else None


def debited(context: Context, tx: Connection, order: Any, cause: Cause) -> None:
    """The channel has the money: book it as held, and ask the lender to book the repayment."""
    loan = rows.loan(tx, order.loan_id)
    _book(context, tx, Step.COLLECTED, order, cause)
    whole = Sum(**{name: order.detail[name] for name in Sum.__dataclass_fields__})
    if whole.period is None and order.done_fen != order.amount_fen:
        orders.for_a_person(tx, order, cause, "an early settlement was collected only in part")
        return
    paid = part_of(whole, order.done_fen)
    orders.place(
        context,
        tx,
        kind=OrderKind.REPAY,
        purpose=credit_of(order.id),
        partner=loan.partner,
        application_id=order.application_id,
        loan_id=loan.id,
        amount_fen=paid.total_fen,
        cause=cause,
        detail={**paid.to_json(), "loan_no": loan.loan_no, "debit": order.id},
    )


def credited(context: Context, tx: Connection, order: Any, cause: Cause) -> None:
    """The lender has booked a repayment: what was held for it is its own, and the next may be collected."""
    debit = order.detail.get("debit")
    orders.close(tx, order.id, cause)
    if debit is not None:
        _book(context, tx, Step.CREDITED, rows.order(tx, debit), cause)
        orders.close(tx, debit, cause)


def _book(context: Context, tx: Connection, step: Step, debit: Any, cause: Cause) -> None:
    orders.book(
        context,
        tx,
        step,
        holder=debit.partner,
        funder=rows.loan(tx, debit.loan_id).partner,
        loan_id=debit.loan_id,
        amount_fen=debit.done_fen,
        serial=debit.id,
        on=debit.done_on if step is Step.COLLECTED else business_day(cause.now),
        cause=cause,
    )
