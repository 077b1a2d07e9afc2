"""From a code to a fact about an access check, an agreement, an account or a money order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from connectors import facts
from connectors.codes import Line, Meaning
from connectors.words import making_sense
from contracts.messages import (
    AccessOutcome,
    AccessTold,
    AccountOutcome,
    AccountTold,
    AgreementOutcome,
    AgreementTold,
    OrderOutcome,
    OrderTold,
    RepayOrderTold,
    RepayOutcome,
    Unclear,
)

Outcome = AccessTold | AgreementTold | AccountTold | OrderTold | RepayOrderTold

_OUTCOMES: Mapping[type[Outcome], Mapping[Meaning, StrEnum]] = {
    AccessTold: {
        Meaning.APPROVED: AccessOutcome.ADMITTED,
        Meaning.DECLINED: AccessOutcome.DECLINED,
        Meaning.ACCEPTED: AccessOutcome.PENDING,
    },
    AgreementTold: {
        Meaning.APPROVED: AgreementOutcome.SIGNED,
        Meaning.DECLINED: AgreementOutcome.FAILED,
        Meaning.ACCEPTED: AgreementOutcome.PENDING,
        Meaning.NOT_FOUND: AgreementOutcome.NOT_FOUND,
    },
    AccountTold: {
        Meaning.APPROVED: AccountOutcome.OPEN,
        Meaning.DECLINED: AccountOutcome.FAILED,
        Meaning.ACCEPTED: AccountOutcome.PENDING,
        Meaning.NOT_FOUND: AccountOutcome.NOT_FOUND,
    },
    OrderTold: {
        Meaning.APPROVED: OrderOutcome.DONE,
        Meaning.DECLINED: OrderOutcome.FAILED,
        Meaning.ACCEPTED: OrderOutcome.PENDING,
        Meaning.NOT_FOUND: OrderOutcome.NOT_FOUND,
    },
    RepayOrderTold: {
        Meaning.APPROVED: RepayOutcome.PAID,
        Meaning.DECLINED: RepayOutcome.FAILED,
        Meaning.ACCEPTED: RepayOutcome.PENDING,
        Meaning.NOT_FOUND: RepayOutcome.NOT_FOUND,
    },
}


def told(
    kind: type[Outcome],
    line: Line,
    *,
    subject: str,
    at: datetime | None = None,
    reason: str | None = None,
    extra: dict[str, str] | None = None,
    **values: object,
) -> Outcome | Unclear:
    """Return the partner's word on `subject`; `line` is what its status means. Raises Unreadable."""
    outcome = _OUTCOMES[kind].get(line.means)
    name: str = kind.model_fields["kind"].default
    if outcome is None:
        return facts.unclear(name, subject, line.code, reason)
    if kind is AccessTold:
        values = {"retry_after_days": line.retry_after_days} | values
    with making_sense():
        return kind.model_validate(
            {
                "event_id": f"{name}/{subject}/{outcome}"[:128],
                "occurred_at": at,
                "subject": subject,
                "outcome": outcome,
                "reason": reason or line.reason,
                "extra": extra or {},
                **values,
            }
        )


def code_sent(subject: str) -> AgreementTold:
    """Return that the bank has sent its code to the borrower's phone."""
    outcome = AgreementOutcome.CODE_SENT
    with making_sense():
        return AgreementTold(
            event_id=f"agreement/{subject}/{outcome}"[:128], subject=subject, outcome=outcome
        )


def returned(subject: str, *, serial: str, amount_fen: int, at: datetime | None = None) -> OrderTold:
    """Return that money which had arrived came back (退票): a new event, and no correction of the old one."""
    with making_sense():
        return OrderTold(
            event_id=f"order/{subject}/{OrderOutcome.RETURNED}"[:128],
            occurred_at=at,
            subject=subject,
            outcome=OrderOutcome.RETURNED,
            serial=serial,
            amount_fen=amount_fen,
        )
