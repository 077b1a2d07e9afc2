"""From an order to a partner's bytes: written once, sent until something is known, and then asked about."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from contracts.messages import (
    AnyAsk,
    Applicant,
    Debit,
    FreezeFunds,
    FundsAction,
    OpenAccount,
    PayOut,
    QueryOrder,
    QueryRepayment,
    RepaymentKind,
    RequestRepayment,
    SignDebit,
    TransferFunds,
)
from hub.domain.calendar import business_day
from hub.domain.lifecycle import OrderState
from hub.domain.orders import OrderKind
from hub.flows import orders, requests
from hub.flows.context import Context
from hub.store import mailbox, rows
from hub.store.mailbox import Job

PAYING_OUT, COLLECTING = "贷款发放", "贷款还款"
AGREED_DAYS = 366
"""How much longer than the loan a debit agreement lasts: overdue terms are collected under it, too."""
_PARTS = ("principal_fen", "interest_fen", "fee_fen", "penalty_fen")


def write(context: Context, job: Job) -> None:
    """Fix the bytes of an order and queue them; nothing when the order was given up before."""
    now = context.now()
    with context.database.read() as tx:
        order = _order(tx, job.ref)
        application = rows.application(tx, order.application_id, lock=False)
    applicant = context.vault.applicant(application.sealed, application.id)
    ask = _ask(order, application, applicant, business_day(now))
    kept = requests.written(context, context.desks[order.partner], ask, now)

    def keep(tx: Connection) -> None:
        # Read again under its lock: a loan that was unwound meanwhile is not paid out.
        current = rows.order(tx, order.id)
        if current is not None and current.state in _MAY_BE_WRITTEN.get(order.kind, _ONCE):
            requests.keep(tx, kept, now)
        mailbox.done(tx, job)

    context.database.run(keep, repeatable=True)
    context.wake(requests.queue_of(order.partner))


_ONCE = frozenset({OrderState.WRITTEN})
_MAY_BE_WRITTEN = {OrderKind.SIGN: orders.OPEN, OrderKind.OPEN: orders.OPEN}
"""What moves no money may be asked for again: a code that never came, an account nobody told of."""


def query(context: Context, job: Job) -> None:
    """Ask what became of an order that is still open; nothing when that is known."""
    now = context.now()
    with context.database.read() as tx:
        order = _order(tx, job.ref)
    if order.state not in orders.OPEN:
        context.database.run(lambda tx: mailbox.done(tx, job), repeatable=True)
        return
    desk = context.desks[order.partner]
    number = context.id("msg", now).removeprefix("msg_")
    ask = _question(order)
    request = desk.connector.write(ask, request_no=number, now=now, random=context.random)
    requests.exchange(context, job, ask, desk, request, number)


def _order(tx: Connection, order_id: str) -> Any:
    order = rows.order(tx, order_id, lock=False)
    if order is None:
        raise LookupError(f"there is no order {order_id}")
    return order


def _question(order: Any) -> AnyAsk:
    if order.kind == OrderKind.REPAY:
        return QueryRepayment(subject=order.id, loan_no=order.detail["loan_no"])
    return QueryOrder(subject=order.id)


def _ask(order: Any, application: Any, applicant: Applicant, today: date) -> AnyAsk:
    match OrderKind(order.kind):
        case OrderKind.PAY_OUT:
            return _paying(order, applicant)
        case OrderKind.SIGN:
            months = timedelta(days=31 * application.term_months + AGREED_DAYS)
            return SignDebit(
                **_person(order, applicant),
                limit_fen=order.amount_fen,
                valid_until=today + months,
            )
        case OrderKind.DEBIT:
            return Debit(
                subject=order.id,
                agreement_no=order.detail["agreement_no"],
                amount_fen=order.amount_fen,
                purpose=COLLECTING,
            )
        case OrderKind.OPEN:
            return OpenAccount(**_person(order, applicant))
        case OrderKind.FREEZE | OrderKind.RELEASE:
            freeze = order.kind == OrderKind.FREEZE
            return FreezeFunds(
                subject=order.id,
                action=FundsAction.FREEZE if freeze else FundsAction.RELEASE,
                account_no=order.detail["account_no"],
                amount_fen=order.amount_fen,
                original=order.detail.get("original"),
            )
        case OrderKind.TRANSFER:
            return TransferFunds(
                subject=order.id,
                from_account=order.detail["from_account"],
                to_account=order.detail["to_account"],
                amount_fen=order.amount_fen,
                purpose=PAYING_OUT,
            )
        case OrderKind.REPAY:
            return RequestRepayment(
                subject=order.id,
                loan_no=order.detail["loan_no"],
                how=RepaymentKind(order.detail["how"]),
                period=order.detail["period"],
                **{name: order.detail[name] for name in _PARTS},
            )


def _person(order: Any, applicant: Applicant) -> dict[str, Any]:
    names = ("name", "id_number", "mobile", "bank_card")
    return {"subject": order.id, **{name: getattr(applicant, name) for name in names}}


def _paying(order: Any, applicant: Applicant) -> PayOut:
    merchant = order.detail.get("merchant")
    return PayOut(
        subject=order.id,
        payee=applicant.name if merchant is None else None,
        bank_card=applicant.bank_card if merchant is None else None,
        merchant=merchant,
        amount_fen=order.amount_fen,
        purpose=PAYING_OUT,
    )
