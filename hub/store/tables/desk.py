"""The desk: what waits for a person, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from hub.store.tables.columns import json, utc

_OPEN = text("state = 'open'")
_SUSPENDS = text("suspends")


class Matter(SQLModel, table=True):
    """Something a person must look at. Open once for a cause; whoever closed it, how and why stay with it."""

    __tablename__ = "matter"
    __table_args__ = (
        Index("one_open_matter", "cause", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("matter_by_cause", "cause"),
        Index("matter_suspends", "partner", sqlite_where=_SUSPENDS, postgresql_where=_SUSPENDS),
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
    suspends: bool = False
    """Whether it keeps new work from its partner just now."""
    times: int = 1
    """How often the cause was met while it was open."""
    opened_at: datetime = utc()
    seen_at: datetime = utc()
    closed_at: datetime | None = utc(default=None, nullable=True)
    closed_how: str | None = None
    closed_by: str | None = None
    closed_why: str | None = None


class DailyFile(SQLModel, table=True):
    """A daily file that came: when first and last, how many versions, and how much the last one told."""

    __tablename__ = "daily_file"
    partner: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    first_at: datetime = utc()
    last_at: datetime = utc()
    versions: int = 1
    facts: int | None = None
    """What the last version told; none of it is an empty day, and empty when nobody could read it."""
    message_id: str


class DayEnd(SQLModel, table=True):
    """A business day's end: queued once, and done once."""

    __tablename__ = "day_end"
    day: date = Field(primary_key=True)
    queued_at: datetime = utc()
    done_at: datetime | None = utc(default=None, nullable=True)
    summary: dict[str, Any] | None = json(nullable=True)
