"""Applying what a partner told to the record: one function a fact, each in the caller's transaction.

Callback, query, answer and file are equal sources: the first to tell a fact makes the change, the others
confirm it, and one that tells otherwise raises Contradiction and is parked by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from connectors.port import ConnectorFailure
from contracts.messages import (
    AccountTold,
    AgreementTold,
    AnyAsk,
    AnyTold,
    ApplyForCredit,
    BalanceTold,
    BuyBackTold,
    CompensationTold,
    CreditOutcome,
    CreditTold,
    DrawdownOutcome,
    DrawdownTold,
    LimitTold,
    OrderTold,
    PlanTold,
    QueryCredit,
    QueryDrawdown,
    RefundTold,
    RepaymentTold,
    RepayOrderTold,
    RequestDrawdown,
    Unclear,
    WaiverTold,
)
from hub.domain.calendar import end_of
from hub.domain.lifecycle import AttemptState, Impossible, NotYet
from hub.flows import absences, breakers, custody, limits, loans, order_facts, orders, waivers
from hub.flows.context import Cause, Context, move, record
from hub.flows.parking import Contradiction, park
from hub.store import mailbox, quota, rows
from hub.store.tables import T


def apply_all(
    context: Context,
    tx: Connection,
    partner: str,
    told: Sequence[AnyTold],
    cause: Cause,
    *,
    first: int = 0,
) -> list[int]:
    """Apply each fact in a savepoint of its own; park what contradicts; return the places of early ones.

    `first` is the place of the first fact in its message.
    """
    early = []
    for place, fact in enumerate(told, first):
        try:
            with tx.begin_nested():
                _APPLY.get(type(fact), _unawaited)(context, tx, partner, fact, cause)
        except NotYet:
            early.append(place)
        except (Contradiction, Impossible) as contradiction:
            park(
                tx,
                partner=partner,
                kind=fact.kind,
                reason=str(contradiction),
                message_id=cause.message_id or fact.event_id,
                part=place,
                now=cause.now,
            )
    return early


# Credit


def _attempt(tx: Connection, partner: str, column: str, value: str) -> Any:
    row = rows.attempt_by(tx, column, value)
    if row is None or row.partner != partner:
        raise Contradiction(f"no request of ours to this partner has the number {value}")
    return row


def _credit(context: Context, tx: Connection, partner: str, fact: CreditTold, cause: Cause) -> None:
    attempt = _attempt(tx, partner, "id", fact.subject)
    if fact.outcome is CreditOutcome.PENDING:
        absences.belied(tx, T.attempt, attempt)
        move(tx, "attempt", attempt, "accepted", cause)
    elif fact.outcome is CreditOutcome.APPROVED:
        _approved(tx, attempt, fact, cause)
    elif fact.outcome is CreditOutcome.DECLINED:
        if move(tx, "attempt", attempt, "declined", cause, detail=_why(fact.reason_code, fact.reason)):
            _back_to_routing(tx, attempt, "partner_declined", cause)
    elif absences.proven(context, tx, T.attempt, attempt, cause) and move(
        tx, "attempt", attempt, "failed", cause, detail=_why("not_found", "never arrived")
    ):
        _back_to_routing(tx, attempt, "partner_declined", cause)


def _approved(tx: Connection, attempt: Any, fact: CreditTold, cause: Cause) -> None:
    application = rows.application(tx, attempt.application_id)
    if fact.annual_rate is not None and fact.annual_rate != application.annual_rate:
        raise Contradiction(f"approved at {fact.annual_rate} a year, asked for {application.annual_rate}")
    if attempt.credit_no is not None:
        if (attempt.credit_no, attempt.limit_fen) != (fact.credit_no, fact.limit_fen):
            raise Contradiction("approved before under another number or limit")
        # Told again, be it after the drawdown failed: the number is there since the attempt was approved.
        return
    move(
        tx,
        "attempt",
        attempt,
        "approved",
        cause,
        detail={"limit_fen": fact.limit_fen},
        credit_no=fact.credit_no,
        limit_fen=fact.limit_fen,
        valid_until=fact.valid_until,
    )
    move(tx, "application", application, "approved", cause, detail={"partner": attempt.partner})
    if fact.valid_until is not None:
        quota.keep_until(tx, attempt.id, end_of(fact.valid_until))


def _back_to_routing(tx: Connection, attempt: Any, event: str, cause: Cause) -> None:
    """The attempt is dead, proven: give its quota back and look for the next partner."""
    quota.release(tx, attempt.id, now=cause.now)
    application = rows.application(tx, attempt.application_id)
    if move(tx, "application", application, event, cause, detail={"partner": attempt.partner}):
        mailbox.put(tx, queue=mailbox.LOCAL, kind="route", ref=application.id, now=cause.now)


def _why(code: str | None, reason: str | None) -> dict[str, object]:
    return {"code": code or "", "reason": (reason or "")[:200]}


# Drawdown


def _drawdown(context: Context, tx: Connection, partner: str, fact: DrawdownTold, cause: Cause) -> None:
    attempt = _attempt(tx, partner, "draw_no", fact.subject)
    if fact.outcome is DrawdownOutcome.PENDING:
        absences.belied(tx, T.attempt, attempt)
        move(tx, "attempt", attempt, "accepted", cause)
    elif fact.outcome is DrawdownOutcome.DISBURSED:
        loans.disbursed(context, tx, attempt, fact, cause)
    elif (
        fact.outcome is DrawdownOutcome.FAILED or absences.proven(context, tx, T.attempt, attempt, cause)
    ) and move(tx, "attempt", attempt, "draw_failed", cause, detail=_why(fact.reason_code, fact.reason)):
        _back_to_routing(tx, attempt, "drawdown_failed", cause)


def _unclear(context: Context, tx: Connection, partner: str, fact: Unclear, cause: Cause) -> None:
    """Unknown is pending: nothing moves, a person is told."""
    raise Contradiction(f"we have no word for the partner's code {fact.code!r}: {fact.message[:200]}")


def _balance(context: Context, tx: Connection, partner: str, fact: BalanceTold, cause: Cause) -> None:
    """A balance is compared with its warning value, or, where none is set, with the books we keep of it."""
    if not breakers.weigh(context, tx, partner, fact, cause):
        custody.balance_told(context, tx, partner, fact, cause)


def _unawaited(context: Context, tx: Connection, partner: str, fact: AnyTold, cause: Cause) -> None:
    """A kind of fact that belongs to no flow: nothing moves, a person is told."""
    raise Contradiction(f"no flow awaits a fact of kind {fact.kind}")


_APPLY: dict[type, Callable[..., None]] = {
    CreditTold: _credit,
    DrawdownTold: _drawdown,
    PlanTold: loans.plan_told,
    RepaymentTold: loans.repaid,
    CompensationTold: loans.compensated,
    BuyBackTold: loans.bought_back,
    RefundTold: loans.refunded,
    WaiverTold: waivers.waived,
    LimitTold: limits.limit_told,
    OrderTold: order_facts.order_told,
    AccountTold: order_facts.account_told,
    BalanceTold: _balance,
    AgreementTold: order_facts.agreement_told,
    RepayOrderTold: order_facts.repay_told,
    Unclear: _unclear,
}


# What the sending of a request may prove


def refused(
    context: Context, tx: Connection, partner: str, ask: AnyAsk, cause: Cause, failure: ConnectorFailure
) -> None:
    """The partner refused the request for good."""
    _proven_failure(context, tx, partner, ask, cause, _why(failure.code, failure.reason))


def never_arrived(
    context: Context, tx: Connection, partner: str, ask: AnyAsk, cause: Cause, failure: ConnectorFailure
) -> None:
    """Every try ended before the request left: it is proven that the partner does not have it."""
    _proven_failure(context, tx, partner, ask, cause, _why("unreachable", failure.reason))


def _proven_failure(
    context: Context, tx: Connection, partner: str, ask: AnyAsk, cause: Cause, why: dict[str, object]
) -> None:
    if isinstance(ask, ApplyForCredit):
        attempt = _attempt(tx, partner, "id", ask.subject)
        if move(tx, "attempt", attempt, "failed", cause, detail=why):
            _back_to_routing(tx, attempt, "partner_declined", cause)
    elif isinstance(ask, RequestDrawdown):
        attempt = _attempt(tx, partner, "draw_no", ask.subject)
        if move(tx, "attempt", attempt, "draw_failed", cause, detail=why):
            _back_to_routing(tx, attempt, "drawdown_failed", cause)
    elif isinstance(ask, orders.ASKS):
        order_facts.refused(context, tx, partner, ask, cause, why)


def uncertain(context: Context, tx: Connection, ask: AnyAsk, cause: Cause, failure: ConnectorFailure) -> bool:
    """We do not know whether the partner has it; the state says so, and nothing is re-routed.

    Returns False when it was in doubt before.
    """
    if isinstance(ask, orders.ASKS):
        return orders.uncertain(tx, ask, cause, _why(failure.code, failure.reason))
    drawing = isinstance(ask, RequestDrawdown | QueryDrawdown)
    if not isinstance(ask, ApplyForCredit | QueryCredit | RequestDrawdown | QueryDrawdown):
        return True
    attempt = rows.attempt_by(tx, "draw_no" if drawing else "id", ask.subject)
    if attempt is None:
        raise LookupError(f"no attempt has the number {ask.subject}")
    if not drawing and attempt.draw_no is not None:
        # What became of the request for credit is known: doubt about it is no doubt about the drawdown.
        return False
    # The partner's delay for "no such order" runs from when a request may last have left, not from the first
    # try: those before it may have taken longer than the delay.
    left = isinstance(ask, ApplyForCredit | RequestDrawdown)
    sent = {"asked_at": cause.now, **absences.ANEW} if left else {}
    why = _why(failure.code, failure.reason)
    if not move(tx, "attempt", attempt, "uncertain", cause, detail=why, **sent):
        record(
            tx,
            attempt.application_id,
            "attempt",
            attempt.id,
            "still_uncertain",
            attempt.state,
            attempt.state,
            cause,
            why,
        )
    return attempt.state not in (AttemptState.UNCERTAIN, AttemptState.DRAW_UNCERTAIN)
