"""Orders to partners that move money or make it possible to: payouts, debits, transfers, agreements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.domain.lifecycle import OVER_ORDER
from hub.store.tables.columns import big, count, fen, json, utc

_STANDS = text("state NOT IN ({})".format(", ".join(f"'{state}'" for state in sorted(OVER_ORDER))))


class MoneyOrder(SQLModel, table=True):
    """One order under one number. A new try is a new decision: another row with the next `seq`."""

    __tablename__ = "money_order"
    __table_args__ = (
        *fen("amount_fen", "done_fen"),
        UniqueConstraint("purpose", "seq"),
        Index("one_order_a_purpose", "purpose", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index("order_by_application", "application_id", "id"),
    )
    id: str = Field(primary_key=True)
    """Our number of it at the partner."""
    application_id: str = Field(foreign_key="application.id")
    loan_id: str | None = Field(default=None, foreign_key="loan.id")
    partner: str
    kind: str
    purpose: str
    seq: int
    amount_fen: int = big()
    detail: dict[str, Any] = json()
    """What else the order says, by name; nothing personal."""
    state: str
    number: str | None = None
    """The partner's number of what came of it: an agreement, an account."""
    serial: str | None = None
    """The partner's number of the movement."""
    done_fen: int | None = big(default=None, nullable=True)
    done_on: date | None = None
    asked_at: datetime = utc()
    queries: int = 0
    absences: int = count()
    """How often "no such order" has counted; `absent_at` is when it last did."""
    absent_at: datetime | None = utc(default=None, nullable=True)
    updated_at: datetime = utc()
