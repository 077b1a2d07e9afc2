"""The mailbox: messages and nonces kept for ever, work to do, and first answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.store.tables.columns import APPEND_ONLY, count, json, row_number, utc


def _where(condition: str) -> dict[str, Any]:
    """An index of some rows only; a query uses it that repeats the condition in these words."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Message(SQLModel, table=True):
    """The bytes of one message across a partner's border, sealed, for ever."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("partner", "direction", "number"), APPEND_ONLY)
    id: str = Field(primary_key=True)
    direction: str  # "out" or "in"
    partner: str
    kind: str
    source: str  # "request", "answer", "callback" or "file"
    number: str
    """Our request number, or the partner's identity of the message; unique per partner and direction."""
    sha256: str
    subject: str | None
    sealed: bytes = Field(sa_type=LargeBinary)
    facts: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The ask or the facts in our words, sealed."""
    at: datetime = utc()


class Work(SQLModel, table=True):
    """Work to do: the mutable half of the mailbox. A finished row is deleted.

    `state` is ready, leased or buried; work behind another of its lane is waiting.
    """

    __tablename__ = "work"
    __table_args__ = (
        Index("work_due", "queue", "due_at", "seq", **_where("state = 'ready'")),
        Index("work_leased", "lease_until", **_where("state = 'leased'")),
        Index("work_intake", "seq", **_where("kind IN ('route', 'draw') AND state != 'buried'")),
        Index("work_inbox", "seq", **_where("kind = 'apply' AND state != 'buried'")),
        Index("work_buried", "seq", **_where("state = 'buried'")),
        Index("work_in_hand", "queue", **_where("state = 'leased'")),
        Index("work_waiting", "lane", "seq", **_where("state = 'waiting'")),
        # Two jobs of a lane in hand at once would be done out of order: the database refuses the second.
        Index(
            "one_head_of_lane",
            "lane",
            unique=True,
            **_where("lane IS NOT NULL AND state IN ('ready', 'leased')"),
        ),
        # A number that came again could be done by whoever still holds the work that had it before.
        {"sqlite_autoincrement": True},
    )
    seq: int | None = row_number()
    queue: str
    kind: str
    lane: str | None
    ref: str
    state: str = "ready"
    due_at: datetime = utc()
    attempts: int = 0
    lost: bool = False
    """Whether a worker died holding it."""
    deaths: int = count()
    """How many died holding it, counted in `attempts` too."""
    lease_until: datetime | None = utc(default=None, nullable=True)
    lease_by: str | None = None
    error: str | None = None
    created_at: datetime = utc()


class Gate(SQLModel, table=True):
    """The gate before a queue, which workers pass one at a time; `free_at` is when its rate is used up to."""

    __tablename__ = "gate"
    queue: str = Field(primary_key=True)
    free_at: datetime = utc()


class Nonce(SQLModel, table=True):
    """A nonce a partner has used; unique for ever, across replicas."""

    __tablename__ = "nonce"
    __table_args__ = APPEND_ONLY
    partner: str = Field(primary_key=True)
    nonce: str = Field(primary_key=True)
    seen_at: datetime = utc()


class Idempotency(SQLModel, table=True):
    """The first answer to an Idempotency-Key, replayed for ever to the same key and body."""

    __tablename__ = "idempotency"
    owner: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    sha256: str
    status: int
    body: dict[str, Any] = json()
    at: datetime = utc()
