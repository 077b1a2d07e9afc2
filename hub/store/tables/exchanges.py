"""What passed between us and a partner, try by try: kept for ever beside the messages it carried."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from hub.store.tables.columns import APPEND_ONLY, json, utc


class Exchange(SQLModel, table=True):
    """One try of one request: what was sent and what came of it."""

    __tablename__ = "exchange"
    __table_args__ = (Index("exchange_by_subject", "subject"), APPEND_ONLY)
    id: str = Field(primary_key=True)
    partner: str
    kind: str
    """What was asked, as in `message.kind`."""
    subject: str
    """The number of ours it was about: an attempt, a drawdown, an order, or a day."""
    number: str
    """The request number; every try of one request has the same."""
    attempt: int
    """Which try of this request it was in its turn, from 1."""
    verdict: str
    milliseconds: int
    view: dict[str, Any] = json()
    """What people may see: no body, no header, no query string."""
    sealed: bytes = Field(sa_type=LargeBinary)
    """Request and answer, whole."""
    at: datetime = utc()
