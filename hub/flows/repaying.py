"""What the platform's front end starts after the approval: a debit agreement, and a repayment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from connectors.port import Capability
from contracts.application import RepaymentWish, SigningWish
from contracts.messages import ConfirmCode, RepaymentKind
from hub.domain.calendar import business_day
from hub.domain.lifecycle import DEAD_ATTEMPT, LoanState, OrderState
from hub.domain.orders import OrderKind, signing_of
from hub.domain.owed import NothingOwed, Sum, all_owed, part_of, term_owed
from hub.flows import collecting, orders, payouts, requests
from hub.flows.context import Cause, Context
from hub.flows.errors import NotKnown, OverLimit, WrongState
from hub.flows.idempotency import Reply, first_answer
from hub.store import mailbox, rows

_NOTHING: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "no_such_term": ("没有该期次", "the plan has no such term"),
        "term_paid": ("该期已还清", "nothing of that term is unpaid"),
        "settled": ("贷款已结清", "the loan is settled"),
        "overdue_first": ("请先归还到期未还款项", "repay what has fallen due first"),
    }
)


def sign(
    context: Context, application_id: str, wish: SigningWish, *, owner: str, key: str, sha256: str
) -> Reply:
    """Have the bank send its code for a debit agreement, or hand the code in.

    Raises NotKnown, WrongState, KeyReused or StillRunning.
    """
    now = context.now()
    kept = None
    if wish.code is not None:
        with context.database.read() as tx:
            order = _signing(tx, application_id)
        if order is None or order.state not in orders.OPEN:
            raise WrongState("no_code_wanted", "当前无待确认的签约", "no agreement waits for a code")
        ask = ConfirmCode(subject=order.id, code=wish.code)
        kept = requests.written(context, context.desks[order.partner], ask, now)

    def work(tx: Connection) -> tuple[int, dict[str, Any]]:
        _owned(tx, application_id, owner)
        order = _signing(tx, application_id)
        if order is not None and order.state == OrderState.DONE:
            return 202, {"id": application_id, "state": "signed"}
        if kept is not None:
            requests.keep(tx, kept, now)
            return 202, {"id": application_id, "state": "confirming"}
        if order is not None and order.state in orders.OPEN:
            mailbox.put(tx, queue=mailbox.LOCAL, kind=orders.WRITE, ref=order.id, now=now)
        else:
            _begin_signing(context, tx, application_id, owner, now)
        return 202, {"id": application_id, "state": "code_wanted"}

    reply = first_answer(context, owner=owner, key=key, sha256=sha256, now=now, work=work)
    context.wake(mailbox.LOCAL if kept is None else requests.queue_of(kept.partner))
    return reply


def _begin_signing(context: Context, tx: Connection, application_id: str, owner: str, now: datetime) -> None:
    alive = [one for one in rows.attempts(tx, application_id) if one.state not in DEAD_ATTEMPT]
    attempt = next((one for one in alive if one.collected_by and one.limit_fen), None)
    if attempt is None:
        raise WrongState(
            "no_debit_agreement",
            "当前资金方无需签约代扣",
            "only an approved application whose lender collects through a channel signs one",
        )
    orders.place(
        context,
        tx,
        kind=OrderKind.SIGN,
        purpose=signing_of(application_id),
        partner=attempt.collected_by,
        application_id=application_id,
        loan_id=None,
        # One debit may settle the loan, with its interest.
        amount_fen=2 * attempt.limit_fen,
        cause=Cause(f"platform:{owner}", "api", now),
    )


def _signing(tx: Connection, application_id: str) -> Any:
    found = rows.orders_for(tx, signing_of(application_id))
    return found[-1] if found else None


def repay(
    context: Context, application_id: str, wish: RepaymentWish, *, owner: str, key: str, sha256: str
) -> Reply:
    """Have a repayment taken: by the channel that collects for the lender, or by the lender itself.

    Raises NotKnown, WrongState, OverLimit, KeyReused or StillRunning.
    """
    now = context.now()

    def work(tx: Connection) -> tuple[int, dict[str, Any]]:
        _owned(tx, application_id, owner)
        loan = rows.loan_of_application(tx, application_id)
        if loan is None or loan.state != LoanState.ACTIVE:
            raise WrongState("not_repaying", "当前不在还款中", "there is no loan being repaid")
        if not payouts.delivered(tx, loan.id):
            raise WrongState("not_delivered", "款项尚未到账", "the loan has not reached the borrower yet")
        attempt = rows.attempt(tx, loan.attempt_id)
        able = context.desks[loan.partner].connector.capabilities
        if attempt.collected_by is None and Capability.REPAYMENT_REQUEST not in able:
            raise WrongState(
                "lender_collects", "该资金方自行扣款", "this lender collects by itself and is not asked to"
            )
        owed = _owed(tx, loan, wish, now)
        order = collecting.take(context, tx, loan, owed, Cause(f"platform:{owner}", "api", now))
        if order is None:
            raise WrongState(
                "repayment_under_way", "已有还款处理中", "a repayment of this loan is under way; wait for it"
            )
        return 202, {"id": application_id, "order": order, "amount_fen": owed.total_fen, **owed.to_json()}

    reply = first_answer(context, owner=owner, key=key, sha256=sha256, now=now, work=work)
    context.wake(mailbox.LOCAL)
    return reply


def _owned(tx: Connection, application_id: str, owner: str) -> None:
    if rows.application_of(tx, application_id, owner) is None:
        raise NotKnown("application_unknown", "申请不存在", "there is no such application")


def _owed(tx: Connection, loan: Any, wish: RepaymentWish, now: datetime) -> Sum:
    """The sum a wish comes to. What is called overdue or normal is so by the day, not by the wish."""
    terms, today = rows.terms(tx, loan.id), business_day(now)
    try:
        if wish.how is RepaymentKind.EARLY:
            return all_owed(terms, loan.outstanding_fen, loan.annual_rate, loan.disbursed_on, today)
        owed = term_owed(terms, wish.period, today)
    except NothingOwed as nothing:
        raise WrongState(str(nothing), *_NOTHING[str(nothing)]) from None
    if wish.amount_fen is None:
        return owed
    if wish.amount_fen > owed.total_fen:
        raise OverLimit(
            "over_owed",
            f"该期应还 {owed.total_fen} 分",
            f"{owed.total_fen} fen of that term are unpaid",
            field="amount_fen",
        )
    return part_of(owed, wish.amount_fen)
