"""Orders to move money: placed once a purpose, written once, asked about until something is known.

At most one order stands for a purpose; the database holds that by an index. A new try is a new order under a
new number, and only after the one before it was proven to have moved nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from connectors.port import NEEDS
from contracts.messages import (
    AccountOutcome,
    AccountTold,
    AgreementOutcome,
    AgreementTold,
    AnyAsk,
    AnyTold,
    ConfirmCode,
    Debit,
    FreezeFunds,
    OpenAccount,
    OrderOutcome,
    OrderTold,
    PayOut,
    QueryOrder,
    QueryRepayment,
    RepayOrderTold,
    RepayOutcome,
    RequestRepayment,
    SignDebit,
    TransferFunds,
)
from hub.domain.calendar import business_day
from hub.domain.lifecycle import OrderState
from hub.domain.orders import QUESTION, OrderKind, Step, entry
from hub.flows import absences, parking
from hub.flows.books import open_month, write_entries
from hub.flows.context import Cause, Context, move, record
from hub.flows.parking import Contradiction
from hub.store import mailbox, rows
from hub.store.tables import T

WRITE = "order"
"""The kind of work that fixes an order's bytes and queues them."""
QUESTIONS = (QueryOrder, QueryRepayment)
ASKS = (
    PayOut,
    SignDebit,
    ConfirmCode,
    Debit,
    RequestRepayment,
    OpenAccount,
    FreezeFunds,
    TransferFunds,
    *QUESTIONS,
)
"""What is asked about an order; the `subject` of each is the order's number."""
OPEN = frozenset({OrderState.WRITTEN, OrderState.ACCEPTED, OrderState.UNCERTAIN})
STANDING = OPEN | {OrderState.DONE}

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
    if any(one.state in STANDING for one in before):
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


def order_of(tx: Connection, partner: str, number: str) -> Any:
    """The order a fact of this partner is about. Raises Contradiction."""
    row = rows.order(tx, number)
    if row is None or row.partner != partner:
        raise Contradiction(f"no order of ours to this partner has the number {number}")
    return row


def close(tx: Connection, order_id: str, cause: Cause) -> None:
    """What the order was done for is booked: its purpose is free for the next."""
    order = rows.order(tx, order_id)
    if order is not None:
        move(tx, "order", order, "closed", cause)


def for_a_person(tx: Connection, order: Any, cause: Cause, reason: str) -> None:
    """Show a person that a decision about an order is wanted."""
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


# What the sending proves


def uncertain(tx: Connection, ask: AnyAsk, cause: Cause, why: dict[str, object]) -> bool:
    """Nobody knows whether the partner has it; the state says so, and nothing is ordered in its place.

    Returns False when it was in doubt before.
    """
    order = rows.order(tx, ask.subject)
    if order is None:
        raise LookupError(f"no order has the number {ask.subject}")
    # As for an attempt: the delay for "no such order" runs from when the order may last have left.
    sent = {} if isinstance(ask, QUESTIONS) else {"asked_at": cause.now, **absences.ANEW}
    if not move(tx, "order", order, "uncertain", cause, detail=why, **sent):
        state = order.state
        record(tx, order.application_id, "order", order.id, "still_uncertain", state, state, cause, why)
    return bool(order.state != OrderState.UNCERTAIN)


def ask_later(tx: Connection, ask: AnyAsk, context: Context, now: datetime, *, again: bool) -> None:
    """Queue a question about an order that is still open, for when the partner may be asked.

    What the borrower signs is not asked about: the borrower asks for it again.
    """
    order = rows.order(tx, ask.subject)
    if order is None or order.state not in OPEN or order.kind == OrderKind.SIGN:
        return
    desk, question = context.desks[order.partner], QUESTION.get(OrderKind(order.kind))
    if question is not None and desk.connector.capabilities.isdisjoint(NEEDS[question]):
        return
    policy = desk.partner.query
    pause = absences.pause(policy, order) if again else timedelta(seconds=policy.first_after_seconds)
    tx.execute(_QUERIED, {"of_order": order.id})
    # An account is asked for again under its one number: it is opened once, and this is the only question.
    queue, kind = (mailbox.LOCAL, WRITE) if question is None else (f"partner:{order.partner}", "query_order")
    due_at = now + pause
    mailbox.put(tx, queue=queue, kind=kind, ref=order.id, now=now, due_at=due_at)


def no_news(ask: AnyAsk, number: str) -> AnyTold:
    """What an answer without news tells: the partner has the order."""
    if isinstance(ask, RequestRepayment | QueryRepayment):
        return RepayOrderTold(event_id=number, subject=ask.subject, outcome=RepayOutcome.PENDING)
    if isinstance(ask, OpenAccount):
        return AccountTold(event_id=number, subject=ask.subject, outcome=AccountOutcome.PENDING)
    if isinstance(ask, SignDebit | ConfirmCode):
        return AgreementTold(event_id=number, subject=ask.subject, outcome=AgreementOutcome.PENDING)
    return OrderTold(event_id=number, subject=ask.subject, outcome=OrderOutcome.PENDING)


def why(code: str | None, reason: str | None) -> dict[str, object]:
    """Why something failed, as an event tells it."""
    return {"code": code or "", "reason": (reason or "")[:200]}


# The books


def book(
    context: Context,
    tx: Connection,
    step: Step,
    *,
    holder: str,
    funder: str,
    loan_id: str,
    amount_fen: int,
    serial: str,
    on: date,
    cause: Cause,
) -> None:
    """Book a movement of money at the holder's."""
    made = entry(step, amount_fen, holder=holder, funder=funder, loan_id=loan_id, serial=serial, on=on)
    month = open_month(tx, on, business_day(cause.now))
    write_entries(context, tx, (made,), month, cause)
