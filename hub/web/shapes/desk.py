"""What operators are answered."""

from __future__ import annotations

from datetime import date, datetime

from hub.web.shapes.common import Cursor, Shape


class Backlog(Shape):
    """What waits: work by queue, buried work and open matters by kind, applications by state."""

    at: datetime
    work: dict[str, int]
    buried: dict[str, int]
    matters: dict[str, int]
    applications: dict[str, int]


class MatterView(Shape):
    """Something a person must look at; `zh` and `en` say what kind of thing, `reason` says what happened."""

    id: str
    kind: str
    zh: str
    en: str
    reason: str
    state: str
    times: int
    partner: str | None
    application_id: str | None
    message_id: str | None
    about: str
    source: str | None
    subject: str | None
    opened_at: datetime
    seen_at: datetime
    closed_at: datetime | None
    closed_how: str | None
    closed_by: str | None
    closed_why: str | None


class MatterPage(Shape):
    """Matters by id."""

    items: list[MatterView]
    next_cursor: Cursor


class ExchangeView(Shape):
    """One try of one request to a partner; `view` holds sizes, hashes and the verdict, never content."""

    id: str
    partner: str
    kind: str
    subject: str
    number: str
    attempt: int
    verdict: str
    milliseconds: int
    at: datetime
    view: dict[str, str | int | float]


class ExchangePage(Shape):
    """Exchanges by id, which is by time."""

    items: list[ExchangeView]
    next_cursor: Cursor


class DayView(Shape):
    """A business day's end: when it was queued and done, and what it found. The first day has no summary."""

    day: date
    queued_at: datetime
    done_at: datetime | None
    summary: DaySummary | None


class DaySummary(Shape):
    """Entries booked on the day by kind, what they sum to in fen, and the matters open at its end by kind."""

    entries: dict[str, int]
    difference_fen: int
    matters: dict[str, int]


class Days(Shape):
    """Ends of days, the newest first."""

    items: list[DayView]


class DailyFileView(Shape):
    """A daily file that came. No facts is an empty day; null is a file nobody could read."""

    partner: str
    name: str
    first_at: datetime
    last_at: datetime
    versions: int
    facts: int | None
    message_id: str


class DailyFiles(Shape):
    """Daily files, the newest first."""

    items: list[DailyFileView]


class Clock(Shape):
    """The sandbox's time."""

    now: datetime


class Quiet(Shape):
    """Whether the hub has nothing to do at this moment."""

    quiet: bool


class Health(Shape):
    """Alive, or ready to serve."""

    status: str


class TermsView(Shape):
    """A version of a programme, an agreement or the rules: `kept` as applied, then `draft`, then `active`."""

    terms: str
    state: str
    configured: bool
    sha256: str
    applied_at: datetime
    drafted_who: str | None
    drafted_why: str | None
    drafted_at: datetime | None
    activated_who: str | None
    activated_why: str | None
    activated_at: datetime | None


class TermsList(Shape):
    """Versions of terms, sorted by what they are."""

    items: list[TermsView]
