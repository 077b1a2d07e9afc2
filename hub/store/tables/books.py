"""Money: what moved, whose it is, the double entries, the months they fall in, statements and quotas."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from hub.store.tables.columns import APPEND_ONLY, MOST_FEN, big, fen, json, row_number, utc


class MoneyEvent(SQLModel, table=True):
    """What changed a loan, once each: money that moved, or a waiver, by which less is due.

    Kinds: disbursement, repayment, compensation, buy_back, refund, cancellation, waiver.
    """

    __tablename__ = "money_event"
    __table_args__ = (
        UniqueConstraint("loan_id", "kind", "serial"),
        *fen("principal_fen", "interest_fen", "fee_fen", "penalty_fen", "opening_fen"),
        APPEND_ONLY,
    )
    id: str = Field(primary_key=True)
    loan_id: str = Field(foreign_key="loan.id")
    kind: str
    serial: str
    how: str | None = None
    period: int | None = None
    original_serial: str | None = None
    happened_on: date
    principal_fen: int = big()
    interest_fen: int = big(default=0)
    fee_fen: int = big(default=0)
    penalty_fen: int = big(default=0)
    opening_fen: int | None = big(default=None, nullable=True)
    """The principal on which interest ran, for so many `days`; of repayments and compensations."""
    days: int | None = None
    message_id: str | None = None


class ShareLine(SQLModel, table=True):
    """One party's part of one movement of money, with how it was computed."""

    __tablename__ = "share_line"
    __table_args__ = (
        *fen("amount_fen", low=-MOST_FEN),
        Index("share_by_loan", "loan_id"),
        Index("share_by_month", "month", "party", "seq"),
        Index("share_by_agreement", "agreement", "month", "kind"),
        APPEND_ONLY,
    )
    seq: int | None = row_number()
    loan_id: str
    partner: str
    month: str
    """Business month (Asia/Shanghai) in which the line is settled, `YYYY-MM`."""
    booked_on: date
    agreement: str
    kind: str
    base: str
    mirrors: str | None = None
    event_kind: str
    serial: str
    clause: str
    party: str
    counterparty: str
    amount_fen: int = big()
    body: dict[str, Any] = json()


class JournalEntry(SQLModel, table=True):
    """The head of a double entry. Corrections are new entries."""

    __tablename__ = "journal_entry"
    __table_args__ = (Index("entry_by_month", "month", "seq"), APPEND_ONLY)
    seq: int | None = row_number()
    id: str = Field(unique=True)
    kind: str
    loan_id: str | None
    serial: str
    month: str
    booked_on: date
    memo: str


class JournalPosting(SQLModel, table=True):
    """One side of a double entry: debit positive, credit negative, in fen."""

    __tablename__ = "journal_posting"
    __table_args__ = (
        *fen("amount_fen", low=-MOST_FEN),
        Index("posting_by_account", "account", "party"),
        APPEND_ONLY,
    )
    entry_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    month: str
    account: str
    party: str
    amount_fen: int = big()


class Month(SQLModel, table=True):
    """A business month of the books; once closed, nothing more is booked in it."""

    __tablename__ = "month"
    month: str = Field(primary_key=True)
    state: str
    closed_at: datetime | None = utc(default=None, nullable=True)


class Statement(SQLModel, table=True):
    """A party's statement of one month with its control totals; where it stands is in `settling`."""

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("month", "party"), *fen("total_fen", low=-MOST_FEN), APPEND_ONLY)
    id: str = Field(primary_key=True)
    month: str
    party: str
    lines: int
    total_fen: int = big()
    sha256: str
    body: dict[str, Any] = json()
    made_at: datetime = utc()


class Quota(SQLModel, table=True):
    """How much of a programme's quota is used in a bucket: a day, a month, the whole, or a rule's own."""

    __tablename__ = "quota"
    __table_args__ = (*fen("used_fen"),)
    programme: str = Field(primary_key=True)
    bucket: str = Field(primary_key=True)
    used_fen: int = big()
    """Fen, or loans in the bucket of a rule that counts them."""


class Reservation(SQLModel, table=True):
    """What one attempt holds of its programme's quota, and what became of it."""

    __tablename__ = "reservation"
    __table_args__ = (Index("reservation_by_expiry", "state", "expires_at"),)
    id: str = Field(primary_key=True)
    """The attempt's."""
    programme: str
    state: str
    charged: list[Any] = json()
    """Bucket, units and measure of each taking."""
    made_at: datetime = utc()
    expires_at: datetime | None = utc(default=None, nullable=True)
    ended_at: datetime | None = utc(default=None, nullable=True)
