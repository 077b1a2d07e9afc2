"""What finance is answered about the settling of statements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hub.web.shapes.common import Month, Shape


class ChangeView(Shape):
    """One change of a statement or of a dispute about it: who, why, and from where to where."""

    machine: str
    subject: str
    what: str
    before: str | None
    after: str
    who: str
    source: str
    detail: dict[str, Any]
    at: datetime


class DisputeView(Shape):
    """A dispute about one line; `change_fen` is what it changes in what counterparty owes party."""

    id: str
    statement_id: str
    month: Month
    line: str
    party: str
    counterparty: str
    claimed_fen: int
    change_fen: int
    reason: str
    answer_by: date
    silence_agrees: bool
    state: str
    raised_by: str
    raised_at: datetime
    decided_by: str | None
    decided_why: str | None
    decided_at: datetime | None


class StandingView(Shape):
    """Where a statement stands, with its whole history and the disputes raised on it."""

    id: str
    month: Month
    party: str
    lines: int
    total_fen: int
    sha256: str
    state: str
    reviewed_by: str | None
    sent_on: date | None
    changed_by: str | None
    changed_why: str | None
    changed_at: datetime | None
    events: list[ChangeView]
    disputes: list[DisputeView]


class PaymentView(Shape):
    """What one party pays another for a settled month; `id` is what the bank is given as reference."""

    id: str
    month: Month
    debtor: str
    creditor: str
    amount_fen: int
    state: str
    instructed_by: str
    instructed_at: datetime
    paid_on: date | None
    changed_by: str | None
    changed_why: str | None
    changed_at: datetime | None


class Payments(Shape):
    """The payments of a month, by debtor and creditor."""

    items: list[PaymentView]
