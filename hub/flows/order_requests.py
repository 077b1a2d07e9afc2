"""From an order to a partner's bytes: written once, sent until something is known, and then asked about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from contracts.messages import AnyAsk, Applicant, PayOut, QueryOrder
from hub.domain.lifecycle import OrderState
from hub.domain.orders import OrderKind
from hub.flows import orders, requests
from hub.flows.context import Context
from hub.store import mailbox, rows
from hub.store.mailbox import Job

PURPOSE = "贷款发放"


def write(context: Context, job: Job) -> None:
    """Fix the bytes of an order and queue them; nothing when the order was given up before."""
    now = context.now()
    with context.database.read() as tx:
        order = _order(tx, job.ref)
        application = rows.application(tx, order.application_id, lock=False)
    applicant = context.vault.applicant(application.sealed, application.id)
    kept = requests.written(context, context.desks[order.partner], _ask(order, applicant), now)

    def fix(tx: Connection) -> None:
        # Read again under its lock: a loan that was unwound meanwhile is not paid out.
        current = rows.order(tx, order.id)
        if current is not None and current.state == OrderState.WRITTEN:
            requests.keep(tx, kept, now)
        mailbox.done(tx, job)

    context.database.run(fix, repeatable=True)
    context.wake(requests.queue_of(order.partner))


def query(context: Context, job: Job) -> None:
    """Ask what became of an order that is still open; nothing when that is known."""
    now = context.now()
    with context.database.read() as tx:
        order = _order(tx, job.ref)
    if order.state not in orders.OPEN:
        context.database.run(lambda tx: mailbox.done(tx, job), repeatable=True)
        return
    desk, ask = context.desks[order.partner], QueryOrder(subject=order.id)
    number = context.id("msg", now).removeprefix("msg_")
    request = desk.connector.write(ask, request_no=number, now=now, random=context.random)
    requests.exchange(context, job, ask, desk, request, number)


def _order(tx: Connection, order_id: str) -> Any:
    order = rows.order(tx, order_id, lock=False)
    if order is None:
        raise LookupError(f"there is no order {order_id}")
    return order


def _ask(order: Any, applicant: Applicant) -> AnyAsk:
    merchant = order.detail.get("merchant")
    match OrderKind(order.kind):
        case OrderKind.PAY_OUT:
            return PayOut(
                subject=order.id,
                payee=applicant.name if merchant is None else None,
                bank_card=applicant.bank_card if merchant is None else None,
                merchant=merchant,
                amount_fen=order.amount_fen,
                purpose=PURPOSE,
            )
