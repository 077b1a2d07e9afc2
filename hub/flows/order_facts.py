"""What partners tell of our orders: by answer, callback, query and daily file alike, each fact once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from contracts.messages import (
    AccountOutcome,
    AccountTold,
    AgreementOutcome,
    AgreementTold,
    AnyAsk,
    ConfirmCode,
    OrderOutcome,
    OrderTold,
    RepayOrderTold,
    RepayOutcome,
)
from hub.domain.calendar import business_day
from hub.domain.orders import OrderKind
from hub.flows import absences, collecting, custody, orders, payouts
from hub.flows.context import Cause, Context, move, record
from hub.flows.parking import Contradiction
from hub.store import rows
from hub.store.tables import T

_PARTLY = frozenset({OrderKind.DEBIT})
"""What may be done for less than was ordered: a borrower's card may not hold the whole."""


def order_told(context: Context, tx: Connection, partner: str, fact: OrderTold, cause: Cause) -> None:
    """Take a partner's word on an order. A return that comes first says that the order was done, too."""
    order = orders.order_of(tx, partner, fact.subject)
    match fact.outcome:
        case OrderOutcome.PENDING:
            _there(tx, order, cause)
        case OrderOutcome.DONE:
            _done(context, tx, order, fact, cause)
        case OrderOutcome.FAILED:
            _failed(context, tx, order, orders.why(fact.reason_code, fact.reason), cause)
        case OrderOutcome.NOT_FOUND:
            _absent(context, tx, order, cause)
        case OrderOutcome.RETURNED:
            _returned(context, tx, order, fact, cause)


def agreement_told(context: Context, tx: Connection, partner: str, fact: AgreementTold, cause: Cause) -> None:
    """Take the channel's word on a debit agreement; only one that is signed lets us debit."""
    order = orders.order_of(tx, partner, fact.subject)
    match fact.outcome:
        case AgreementOutcome.SIGNED if order.number is None:
            move(tx, "order", order, "done", cause, number=fact.agreement_no)
        case AgreementOutcome.SIGNED if order.number != fact.agreement_no:
            raise Contradiction("the agreement was signed before under another number")
        case AgreementOutcome.FAILED:
            _failed(context, tx, order, orders.why(fact.reason_code, fact.reason), cause)
        case AgreementOutcome.NOT_FOUND:
            _absent(context, tx, order, cause)
        case _:
            _there(tx, order, cause)


def account_told(context: Context, tx: Connection, partner: str, fact: AccountTold, cause: Cause) -> None:
    """Take the custodian's word on an account."""
    order = orders.order_of(tx, partner, fact.subject)
    match fact.outcome:
        case AccountOutcome.OPEN if order.number is None:
            if move(tx, "order", order, "done", cause, number=fact.account_no):
                custody.step_done(context, tx, order, cause)
        case AccountOutcome.OPEN if order.number != fact.account_no:
            raise Contradiction("the account was opened before under another number")
        case AccountOutcome.FAILED:
            _failed(context, tx, order, orders.why(fact.reason_code, fact.reason), cause)
        case AccountOutcome.NOT_FOUND:
            _absent(context, tx, order, cause)
        case _:
            _there(tx, order, cause)


def repay_told(context: Context, tx: Connection, partner: str, fact: RepayOrderTold, cause: Cause) -> None:
    """Take the lender's word on a repayment we asked for; the money itself is told as a repayment."""
    order = orders.order_of(tx, partner, fact.subject)
    match fact.outcome:
        case RepayOutcome.PENDING:
            _there(tx, order, cause)
        case RepayOutcome.PAID:
            if move(tx, "order", order, "done", cause):
                collecting.credited(context, tx, order, cause)
        case RepayOutcome.FAILED:
            _failed(context, tx, order, orders.why(fact.reason_code, fact.reason), cause)
        case RepayOutcome.NOT_FOUND:
            _absent(context, tx, order, cause)


def refused(
    context: Context, tx: Connection, partner: str, ask: AnyAsk, cause: Cause, why: dict[str, object]
) -> None:
    """The request is proven not to have been taken. A code that did not fit ends no agreement."""
    order = orders.order_of(tx, partner, ask.subject)
    if isinstance(ask, ConfirmCode):
        at = order.state
        record(tx, order.application_id, "order", order.id, "code_refused", at, at, cause, why)
        return
    _failed(context, tx, order, why, cause)


def _done(context: Context, tx: Connection, order: Any, fact: OrderTold, cause: Cause) -> None:
    if order.serial is not None:
        if (order.serial, order.done_fen) != (fact.serial, fact.amount_fen):
            raise Contradiction("the order was done before under another serial number or amount")
        return
    fen = fact.amount_fen or 0
    less = order.kind in _PARTLY and 0 < fen < order.amount_fen
    if fen != order.amount_fen and not less:
        raise Contradiction(f"done for {fen} fen, {order.amount_fen} were ordered")
    on = fact.done_on or business_day(fact.occurred_at or cause.now)
    values = {"serial": fact.serial, "done_fen": fen, "done_on": on}
    move(tx, "order", order, "done", cause, detail={"amount_fen": fen}, **values)
    current = rows.order(tx, order.id)
    match OrderKind(order.kind):
        case OrderKind.PAY_OUT | OrderKind.TRANSFER:
            payouts.done(context, tx, current, cause)
        case OrderKind.DEBIT:
            collecting.debited(context, tx, current, cause)
        case OrderKind.FREEZE | OrderKind.RELEASE:
            custody.step_done(context, tx, current, cause)
        case _:
            raise Contradiction(f"an order of kind {order.kind} is not told so")


def _returned(context: Context, tx: Connection, order: Any, fact: OrderTold, cause: Cause) -> None:
    if order.kind != OrderKind.PAY_OUT:
        raise Contradiction(f"an order of kind {order.kind} does not come back")
    _done(context, tx, order, fact, cause)
    order = rows.order(tx, order.id)
    if move(tx, "order", order, "returned", cause, detail={"amount_fen": fact.amount_fen}):
        payouts.returned(context, tx, order, business_day(fact.occurred_at or cause.now), cause)


def _there(tx: Connection, order: Any, cause: Cause) -> None:
    """The partner has the order."""
    absences.belied(tx, T.money_order, order)
    move(tx, "order", order, "accepted", cause)


def _absent(context: Context, tx: Connection, order: Any, cause: Cause) -> None:
    if absences.proven(context, tx, T.money_order, order, cause):
        _failed(context, tx, order, orders.why("not_found", "never arrived"), cause)


def _failed(context: Context, tx: Connection, order: Any, why: dict[str, object], cause: Cause) -> None:
    if not move(tx, "order", order, "failed", cause, detail=why):
        return
    match OrderKind(order.kind):
        case OrderKind.PAY_OUT:
            payouts.failed(context, tx, order, why, cause)
        case OrderKind.FREEZE | OrderKind.OPEN | OrderKind.RELEASE | OrderKind.TRANSFER:
            custody.step_failed(tx, order, why, cause)
        case OrderKind.REPAY if order.detail.get("debit"):
            reason = f"the lender does not book what was collected: {why['code']} {why['reason']}"
            orders.for_a_person(tx, order, cause, reason)
