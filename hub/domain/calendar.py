"""Business time: the day, the month and the hour in Asia/Shanghai of an instant."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Final

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
