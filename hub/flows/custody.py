"""Money at a custodian: held, brought to the borrower's own account step by step, and checked every day.

The funder pays into the platform's account there. The loan's money is frozen in it, an account is opened for
the borrower, the money is released and transferred. Each step is an order for the same purpose, so that one
stands at a time, and the next follows the proof of the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from contracts.messages import BalanceTold
from hub.domain.lifecycle import NotYet, OrderState
from hub.domain.orders import STEPS, OrderKind, held_fen, payout_of, release_of
from hub.flows import orders
from hub.flows.context import Cause, Context
from hub.flows.parking import Contradiction
from hub.store import rows


def begin(context: Context, tx: Connection, attempt: Any, loan_id: str, fen: int, cause: Cause) -> None:
    """The funder has paid in: hold the loan's money."""
    _place(context, tx, STEPS[0], attempt.custody, attempt.application_id, loan_id, fen, cause)


def step_done(context: Context, tx: Connection, order: Any, cause: Cause) -> None:
    """Close a step and take the next; the last one, the transfer, is the payout."""
    orders.close(tx, order.id, cause)
    if order.purpose != payout_of(order.loan_id):
        return
    following = STEPS[STEPS.index(OrderKind(order.kind)) + 1]
    fen = rows.loan(tx, order.loan_id).principal_fen
    _place(context, tx, following, order.partner, order.application_id, order.loan_id, fen, cause)


def step_failed(tx: Connection, order: Any, why: dict[str, object], cause: Cause) -> None:
    """It is proven that nothing was held, opened or moved; a person finds out what to do."""
    orders.for_a_person(tx, order, cause, f"{order.kind} failed: {why['code']} {why['reason']}")


def let_go(context: Context, tx: Connection, loan_id: str, payouts: Sequence[Any], cause: Cause) -> None:
    """A loan was unwound: nothing stays frozen for it."""
    closed = {order.kind: order for order in payouts if order.state == OrderState.CLOSED}
    freeze = closed.get(OrderKind.FREEZE)
    if freeze is None or OrderKind.RELEASE in closed:
        return
    orders.place(
        context,
        tx,
        kind=OrderKind.RELEASE,
        purpose=release_of(loan_id),
        partner=freeze.partner,
        application_id=freeze.application_id,
        loan_id=loan_id,
        amount_fen=freeze.amount_fen,
        cause=cause,
        detail={**freeze.detail, "original": freeze.id},
    )


def balance_told(context: Context, tx: Connection, partner: str, fact: BalanceTold, cause: Cause) -> None:
    """Compare what a custodian says is in an account with our books; a difference is for a person.

    Raises NotYet while an order that touches the account is open, Contradiction when the two differ.
    """
    opened = rows.account(tx, partner, fact.account_no)
    if opened is None:
        raise Contradiction("the custodian tells of an account that we did not have opened")
    touching = [o for o in rows.orders_of(tx, opened.application_id) if o.partner == partner]
    if any(o.state in orders.OPEN and o.kind in (OrderKind.TRANSFER, OrderKind.FREEZE) for o in touching):
        raise NotYet("an order that may have changed the balance is open")
    done = [o for o in touching if o.done_fen is not None and o.done_on <= (fact.day or date.max)]
    ours = held_fen(fact.account_no, [(o.kind, o.done_fen, o.detail) for o in done])
    if ours != (fact.total_fen, fact.frozen_fen):
        total, frozen = ours
        raise Contradiction(
            f"the custodian holds {fact.total_fen} fen, {fact.frozen_fen} of them frozen, at the end of "
            f"{fact.day or 'now'}; the books say {total} and {frozen}"
        )


def _place(
    context: Context,
    tx: Connection,
    kind: OrderKind,
    partner: str,
    application_id: str,
    loan_id: str,
    fen: int,
    cause: Cause,
) -> None:
    before = {one.kind: one for one in rows.orders_for(tx, payout_of(loan_id))}
    account_no = context.desks[partner].partner.settings["account_no"]
    detail: dict[str, str] = {}
    match kind:
        case OrderKind.FREEZE:
            detail = {"account_no": account_no}
        case OrderKind.RELEASE:
            detail = {"account_no": account_no, "original": before[OrderKind.FREEZE].id}
        case OrderKind.TRANSFER:
            detail = {"from_account": account_no, "to_account": before[OrderKind.OPEN].number}
    orders.place(
        context,
        tx,
        kind=kind,
        purpose=payout_of(loan_id),
        partner=partner,
        application_id=application_id,
        loan_id=loan_id,
        amount_fen=0 if kind is OrderKind.OPEN else fen,
        cause=cause,
        detail=detail,
    )
