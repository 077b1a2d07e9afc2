"""The desk: what waits for a person, and what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from hub.store.tables.columns import utc

_OPEN = text("state = 'open'")


class Matter(SQLModel, table=True):
    """Something a person must look at. Open once for a cause; whoever closed it, how and why stay with it."""

    __tablename__ = "matter"
    __table_args__ = (
        Index("one_open_matter", "cause", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("matter_by_cause", "cause"),
    )
    id: str = Field(primary_key=True)
    cause: str
    """What exactly it is about: one word for one cause, such as `buried:17`."""
    kind: str
    """One of `hub.domain.matters.Kind`."""
    partner: str | None
    application_id: str | None
    message_id: str | None
    about: str
    """The kind of the message or work, or the name of the file."""
    reason: str
    state: str = "open"
    times: int = 1
    """How often the cause was met while it was open."""
    opened_at: datetime = utc()
    seen_at: datetime = utc()
    closed_at: datetime | None = utc(default=None, nullable=True)
    closed_how: str | None = None
    closed_by: str | None = None
    closed_why: str | None = None
