"""Business time: the day, the month and the hour in Asia/Shanghai of an instant, and the workdays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from holidays import HolidayBase

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one offset all year since 1992; a fixed one needs no time-zone database on the machine."""


def shanghai(now: datetime) -> datetime:
    """Return the instant on the Shanghai wall clock; ValueError for a time without a zone."""
    if now.tzinfo is None:
        raise ValueError("a time carries its zone")
    return now.astimezone(SHANGHAI)


def business_day(now: datetime) -> date:
    """Return the Asia/Shanghai date of an instant."""
    return shanghai(now).date()


REVIEWED_THROUGH: Final = 2026
"""Last year whose State Council arrangement was compared with the library's days off and make-up workdays.

Beyond it the library knows only the days fixed by law, and invents the rest.
"""


def is_workday(day: date) -> bool:
    """Whether banks work: not a day off, make-up workdays included; LookupError beyond `REVIEWED_THROUGH`."""
    if day.year > REVIEWED_THROUGH:
        raise LookupError(f"the holidays of {day.year} have not been reviewed")
    return _mainland(day.year).is_working_day(day)


def end_of(day: date) -> datetime:
    """Return the instant at which a Shanghai day is over, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC) + timedelta(days=1)


@cache
def _mainland(year: int) -> HolidayBase:
    import holidays  # 8 MB, for the few that ask for workdays

    return holidays.country_holidays("CN", years=[year - 1, year, year + 1])
