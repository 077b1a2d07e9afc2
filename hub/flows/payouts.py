"""Paying a loan out through whoever holds the funder's money: after the funder's word, and once.

The funder's word that it has provided the money opens the loan; the payout follows, so that whatever goes
wrong leaves the money where we hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from hub.domain.lifecycle import NotYet, OrderState
from hub.domain.orders import DELIVERING, OrderKind, Step, payout_of, tries_again
from hub.flows import custody, orders
from hub.flows.context import Cause, Context, move
from hub.store import rows


def provided(context: Context, tx: Connection, attempt: Any, loan: Mapping[str, Any], cause: Cause) -> None:
    """The funder has paid into the holder's account: book it there, and have it paid out."""
    holder = attempt.disbursed_by or attempt.custody
    if holder is None:
        return
    loan_id, amount_fen = str(loan["id"]), int(loan["principal_fen"])
    orders.book(
        context,
        tx,
        Step.PROVIDED,
        holder=holder,
        funder=attempt.partner,
        loan_id=loan_id,
        amount_fen=amount_fen,
        serial=loan_id,
        on=loan["disbursed_on"],
        cause=cause,
    )
    if attempt.custody is not None:
        custody.begin(context, tx, attempt, loan_id, amount_fen, cause)
        return
    orders.place(
        context,
        tx,
        kind=OrderKind.PAY_OUT,
        purpose=payout_of(loan_id),
        partner=holder,
        application_id=attempt.application_id,
        loan_id=loan_id,
        amount_fen=amount_fen,
        cause=cause,
        detail={} if attempt.merchant is None else {"merchant": attempt.merchant},
    )


def withdrawn(context: Context, tx: Connection, loan: Any, serial: str, on: date, cause: Cause) -> None:
    """The funder unwinds a loan: what has not reached the borrower goes back, and is not paid out any more.

    Raises NotYet while a payout is under way: only when it has ended is it known where the money is.
    """
    payouts = rows.orders_for(tx, payout_of(loan.id))
    if not payouts or delivered(tx, loan.id):
        return
    last = payouts[-1]
    if last.state in orders.OPEN:
        # A clock that was set back must not make an order that has left look as if it were not due yet.
        if last.state != OrderState.WRITTEN or last.asked_at <= cause.now:
            raise NotYet(f"the payout {last.id} is under way")
        move(tx, "order", last, "failed", cause, detail=orders.why("unwound", "the funder unwound the loan"))
    custody.let_go(context, tx, loan.id, payouts, cause)
    orders.book(
        context,
        tx,
        Step.WITHDRAWN,
        holder=last.partner,
        funder=loan.partner,
        loan_id=loan.id,
        amount_fen=loan.principal_fen,
        serial=serial,
        on=on,
        cause=cause,
    )


def delivered(tx: Connection, loan_id: str) -> bool:
    """Whether the borrower has the money, as far as it is for us to see to that."""
    payouts = rows.orders_for(tx, payout_of(loan_id))
    return not payouts or (payouts[-1].kind in DELIVERING and payouts[-1].state == OrderState.DONE)


def done(context: Context, tx: Connection, order: Any, cause: Cause) -> None:
    """The borrower, or the merchant, has the money."""
    _book(context, tx, Step.PAID_OUT, order, order.done_on, cause)


def returned(context: Context, tx: Connection, order: Any, on: date, cause: Cause) -> None:
    """退票: the money is back at the holder's. That is booked; where it goes next a person decides."""
    _book(context, tx, Step.PAYOUT_RETURNED, order, on, cause)
    orders.for_a_person(
        tx, order, cause, "the payout came back: pay again, or have the funder unwind the loan"
    )


def failed(context: Context, tx: Connection, order: Any, why: Mapping[str, object], cause: Cause) -> None:
    """It is proven that no money moved: decide anew a while later, or have a person decide."""
    pause = tries_again(order.seq)
    if pause is None:
        reason = f"the payout failed {order.seq} times: {why['code']} {why['reason']}"
        orders.for_a_person(tx, order, cause, reason)
        return
    orders.place(
        context,
        tx,
        kind=OrderKind(order.kind),
        purpose=order.purpose,
        partner=order.partner,
        application_id=order.application_id,
        loan_id=order.loan_id,
        amount_fen=order.amount_fen,
        cause=cause,
        detail=order.detail,
        due_at=cause.now + pause,
    )


def _book(context: Context, tx: Connection, step: Step, order: Any, on: date, cause: Cause) -> None:
    orders.book(
        context,
        tx,
        step,
        holder=order.partner,
        funder=rows.loan(tx, order.loan_id).partner,
        loan_id=order.loan_id,
        amount_fen=order.done_fen,
        serial=order.id,
        on=on,
        cause=cause,
    )
