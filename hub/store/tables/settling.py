"""The settling of statements: where each stands, disputes about lines, payments, and the bank's own word."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.store.tables.columns import MOST_FEN, big, fen, utc

_OPEN = text("state = 'open'")


class Settling(SQLModel, table=True):
    """Where a statement stands; the statement itself never changes."""

    __tablename__ = "settling"
    statement_id: str = Field(primary_key=True, foreign_key="statement.id")
    state: str
    """One of `hub.domain.lifecycle.StatementState`."""
    reviewed_by: str | None = None
    sent_on: date | None = None
    """The business day on which it was reviewed and sent to the party: its silence counts from here."""
    changed_by: str | None = None
    changed_why: str | None = None
    changed_at: datetime | None = utc(default=None, nullable=True)


class Dispute(SQLModel, table=True):
    """A dispute about one line of a statement. Decided once; what was agreed is a line of its own."""

    __tablename__ = "dispute"
    __table_args__ = (
        *fen("claimed_fen", "change_fen", low=-MOST_FEN),
        Index("one_open_dispute", "line", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("dispute_by_statement", "statement_id"),
    )
    id: str = Field(primary_key=True)
    statement_id: str = Field(foreign_key="statement.id")
    month: str
    line: str
    """Reference of the line."""
    party: str
    counterparty: str
    claimed_fen: int = big()
    """What the statement's party says the line's due should be."""
    change_fen: int = big()
    """What that changes in what `counterparty` owes `party`, earlier corrections of the line counted in."""
    reason: str
    answer_by: date
    silence_agrees: bool
    """Whether no answer by then is agreement; it is what the line's agreement said when this was raised."""
    state: str = "open"
    raised_by: str
    raised_at: datetime = utc()
    decided_by: str | None = None
    decided_why: str | None = None
    decided_at: datetime | None = utc(default=None, nullable=True)


class Payment(SQLModel, table=True):
    """What one party pays another for a settled month: once, and whole."""

    __tablename__ = "payment"
    __table_args__ = (UniqueConstraint("month", "debtor", "creditor"), *fen("amount_fen"))
    id: str = Field(primary_key=True)
    """Also what the bank is given as reference."""
    month: str
    debtor: str
    creditor: str
    amount_fen: int = big()
    state: str
    """One of `hub.domain.lifecycle.PaymentState`."""
    instructed_by: str
    instructed_at: datetime = utc()
    paid_on: date | None = None
    changed_by: str | None = None
    changed_why: str | None = None
    changed_at: datetime | None = utc(default=None, nullable=True)


class BankEntry(SQLModel, table=True):
    """A line of a bank's statement of one party's account, and the payment it was found to be."""

    __tablename__ = "bank_entry"
    __table_args__ = (
        *fen("amount_fen", low=-MOST_FEN),
        Index("one_entry_a_payment", "party", "payment_id", unique=True),
    )
    party: str = Field(primary_key=True)
    serial: str = Field(primary_key=True)
    booked_on: date
    amount_fen: int = big()
    """Received positive, paid negative."""
    counterparty: str
    reference: str
    file_sha256: str
    taken_at: datetime = utc()
    payment_id: str | None = None
