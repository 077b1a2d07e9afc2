"""What operators are answered."""

from __future__ import annotations

from datetime import datetime

from hub.web.shapes.common import Cursor, Shape


class Backlog(Shape):
    """What waits: work by queue, buried work by kind, parked messages by partner, applications by state."""

    at: datetime
    work: dict[str, int]
    buried: dict[str, int]
    parked: dict[str, int]
    applications: dict[str, int]


class ParkedView(Shape):
    """A message that contradicts the record or makes no sense; nothing of it was applied."""

    id: str
    partner: str
    kind: str
    reason: str
    state: str
    message_id: str | None
    source: str | None
    subject: str | None
    parked_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    closed_why: str | None


class ParkedPage(Shape):
    """Parked messages by id."""

    items: list[ParkedView]
    next_cursor: Cursor


class Clock(Shape):
    """The sandbox's time."""

    now: datetime


class Quiet(Shape):
    """Whether the hub has nothing to do at this moment."""

    quiet: bool


class Health(Shape):
    """Alive, or ready to serve."""

    status: str
