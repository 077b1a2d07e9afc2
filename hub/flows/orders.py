"""Orders to move money: placed once a purpose, believed when proven, followed by what they were for.

At most one order stands for a purpose; the database holds that by an index. What became of an order is told
by its answer, by callback, by query and in the daily file alike. A new try is a new order under a new number,
and only after the one before it was proven to have moved nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from contracts.messages import AnyAsk, OrderOutcome, OrderTold, PayOut, QueryOrder
from hub.domain.calendar import business_day
from hub.domain.lifecycle import NotYet, OrderState
from hub.domain.orders import OrderKind, Step, entry, payout_of, tries_again
from hub.flows import parking
from hub.flows.books import open_month, write_entries
from hub.flows.context import Cause, Context, move, record
from hub.flows.parking import Contradiction
from hub.store import mailbox, rows
from hub.store.tables import T

WRITE = "order"
"""The kind of work that fixes an order's bytes and queues them."""
ASKS = (PayOut, QueryOrder)
"""What is asked about an order."""
OPEN = frozenset({OrderState.WRITTEN, OrderState.ACCEPTED, OrderState.UNCERTAIN})

_ORDER = insert(T.money_order)
_QUERIED = (
    update(T.money_order)
    .where(T.money_order.c.id == bindparam("of_order"))
    .values(queries=T.money_order.c.queries + 1)
)


def place(
    context: Context,
    tx: Connection,
    *,
    kind: OrderKind,
    purpose: str,
    partner: str,
    application_id: str,
    loan_id: str | None,
    amount_fen: int,
    cause: Cause,
    detail: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
) -> str | None:
    """Decide on an order and queue its writing; None when one with this purpose stands already."""
    before = rows.orders_for(tx, purpose)
    if any(one.state in OPEN or one.state == OrderState.DONE for one in before):
        return None
    order_id = context.id("ord", cause.now)
    tx.execute(
        _ORDER,
        {
            "id": order_id,
            "application_id": application_id,
            "loan_id": loan_id,
            "partner": partner,
            "kind": kind.value,
            "purpose": purpose,
            "seq": len(before) + 1,
            "amount_fen": amount_fen,
            "detail": dict(detail or {}),
            "state": OrderState.WRITTEN.value,
            "asked_at": due_at or cause.now,
            "queries": 0,
            "updated_at": cause.now,
        },
    )
    said = {"purpose": purpose, "amount_fen": amount_fen, "partner": partner}
    record(tx, application_id, "order", order_id, f"{kind}_placed", None, OrderState.WRITTEN, cause, said)
    mailbox.put(tx, queue=mailbox.LOCAL, kind=WRITE, ref=order_id, now=cause.now, due_at=due_at)
    return order_id


def provided(context: Context, tx: Connection, attempt: Any, loan: Mapping[str, Any], cause: Cause) -> None:
    """The funder has paid into the holder's account: book it there, and have it paid out."""
    if attempt.disbursed_by is None:
        return
    loan_id, amount_fen = str(loan["id"]), int(loan["principal_fen"])
    _book(context, tx, Step.PROVIDED, attempt, loan_id, amount_fen, loan_id, loan["disbursed_on"], cause)
    place(
        context,
        tx,
        kind=OrderKind.PAY_OUT,
        purpose=payout_of(loan_id),
        partner=attempt.disbursed_by,
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
    attempt = rows.attempt(tx, loan.attempt_id)
    payouts = rows.orders_for(tx, payout_of(loan.id))
    if not payouts or payouts[-1].state == OrderState.DONE:
        return
    last = payouts[-1]
    if last.state in OPEN:
        if last.asked_at <= cause.now:
            raise NotYet(f"the payout {last.id} is under way")
        move(tx, "order", last, "failed", cause, detail=_why("unwound", "the funder unwound the loan"))
    _book(context, tx, Step.WITHDRAWN, attempt, loan.id, loan.principal_fen, serial, on, cause)


# What is told


def order_told(context: Context, tx: Connection, partner: str, fact: OrderTold, cause: Cause) -> None:
    """Take a partner's word on an order. A return that comes first says that the order was done, too."""
    order = _order(tx, partner, fact.subject)
    match fact.outcome:
        case OrderOutcome.PENDING:
            move(tx, "order", order, "accepted", cause)
        case OrderOutcome.DONE:
            _done(context, tx, order, fact, cause)
        case OrderOutcome.FAILED:
            _failed(context, tx, order, _why(fact.reason_code, fact.reason), cause)
        case OrderOutcome.NOT_FOUND if _proven_absent(context, order, cause):
            _failed(context, tx, order, _why("not_found", "never arrived"), cause)
        case OrderOutcome.RETURNED:
            _done(context, tx, order, fact, cause)
            _returned(context, tx, _order(tx, partner, fact.subject), fact, cause)


def _order(tx: Connection, partner: str, number: str) -> Any:
    row = rows.order(tx, number)
    if row is None or row.partner != partner:
        raise Contradiction(f"no order of ours to this partner has the number {number}")
    return row


def _done(context: Context, tx: Connection, order: Any, fact: OrderTold, cause: Cause) -> None:
    if order.serial is not None:
        if (order.serial, order.done_fen) != (fact.serial, fact.amount_fen):
            raise Contradiction("the order was done before under another serial number or amount")
        return
    if fact.amount_fen != order.amount_fen:
        raise Contradiction(f"done for {fact.amount_fen} fen, {order.amount_fen} were ordered")
    on = fact.done_on or business_day(fact.occurred_at or cause.now)
    move(
        tx,
        "order",
        order,
        "done",
        cause,
        detail={"amount_fen": fact.amount_fen},
        serial=fact.serial,
        done_fen=fact.amount_fen,
        done_on=on,
    )
    _book_order(context, tx, Step.PAID_OUT, order, fact.amount_fen or 0, on, cause)


def _returned(context: Context, tx: Connection, order: Any, fact: OrderTold, cause: Cause) -> None:
    """退票: the money is back at the holder's. That is booked; where it goes next a person decides."""
    if not move(tx, "order", order, "returned", cause, detail={"amount_fen": fact.amount_fen}):
        return
    on = business_day(fact.occurred_at or cause.now)
    _book_order(context, tx, Step.PAYOUT_RETURNED, order, order.done_fen, on, cause)
    _for_a_person(tx, order, cause, "the payout came back: pay again, or have the funder unwind the loan")


def _failed(context: Context, tx: Connection, order: Any, why: dict[str, object], cause: Cause) -> None:
    """It is proven that no money moved: decide anew, or have a person decide."""
    if not move(tx, "order", order, "failed", cause, detail=why):
        return
    pause = tries_again(order.seq)
    if pause is None:
        _for_a_person(tx, order, cause, f"the payout failed {order.seq} times: {why['code']} {why['reason']}")
        return
    place(
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


def _for_a_person(tx: Connection, order: Any, cause: Cause, reason: str) -> None:
    parking.park(
        tx,
        partner=order.partner,
        kind=order.kind,
        reason=f"{order.id}: {reason}",
        message_id=cause.message_id or order.id,
        part=_DECISION_PART,
        now=cause.now,
    )


_DECISION_PART = 1_000_000
"""Apart from the facts of a message: what is parked is no contradiction but a decision to be made."""


def _proven_absent(context: Context, order: Any, cause: Cause) -> bool:
    policy = context.desks[order.partner].partner.query
    waited = cause.now - order.asked_at
    return cause.source == "query" and waited >= timedelta(seconds=policy.not_found_final_after_seconds)


# What the sending proves


def refused(
    context: Context, tx: Connection, partner: str, ask: AnyAsk, cause: Cause, why: dict[str, object]
) -> None:
    """The request is proven not to have been taken."""
    _failed(context, tx, _order(tx, partner, ask.subject), why, cause)


def uncertain(tx: Connection, ask: AnyAsk, cause: Cause, why: dict[str, object]) -> None:
    """Nobody knows whether the partner has it; the state says so, and nothing is ordered in its place."""
    order = rows.order(tx, ask.subject)
    if order is None:
        raise LookupError(f"no order has the number {ask.subject}")
    if not move(tx, "order", order, "uncertain", cause, detail=why):
        record(
            tx,
            order.application_id,
            "order",
            order.id,
            "still_uncertain",
            order.state,
            order.state,
            cause,
            why,
        )


def ask_later(tx: Connection, ask: AnyAsk, context: Context, now: datetime, *, again: bool) -> None:
    """Queue a question about an order that is still open, for when the partner may be asked."""
    order = rows.order(tx, ask.subject)
    if order is None or order.state not in OPEN:
        return
    policy = context.desks[order.partner].partner.query
    pause = policy.spacing_seconds * min(2**order.queries, 64) if again else policy.first_after_seconds
    tx.execute(_QUERIED, {"of_order": order.id})
    mailbox.put(
        tx,
        queue=f"partner:{order.partner}",
        kind="query_order",
        ref=order.id,
        now=now,
        due_at=now + timedelta(seconds=pause),
    )


def no_news(ask: AnyAsk, number: str) -> OrderTold:
    """What an answer without news tells: the partner has the order."""
    return OrderTold(event_id=number, subject=ask.subject, outcome=OrderOutcome.PENDING)


# The books


def _book_order(
    context: Context, tx: Connection, step: Step, order: Any, amount_fen: int, on: date, cause: Cause
) -> None:
    attempt = rows.attempt(tx, rows.loan(tx, order.loan_id).attempt_id)
    _book(context, tx, step, attempt, order.loan_id, amount_fen, order.id, on, cause)


def _book(
    context: Context,
    tx: Connection,
    step: Step,
    attempt: Any,
    loan_id: str,
    amount_fen: int,
    serial: str,
    on: date,
    cause: Cause,
) -> None:
    made = entry(
        step,
        amount_fen,
        holder=attempt.disbursed_by,
        funder=attempt.partner,
        loan_id=loan_id,
        serial=serial,
        on=on,
    )
    month = open_month(tx, on, business_day(cause.now))
    write_entries(context, tx, (made,), month, cause)


def _why(code: str | None, reason: str | None) -> dict[str, object]:
    return {"code": code or "", "reason": (reason or "")[:200]}
