"""Which files should have come by now: an empty day tells itself, a missing file has to be noticed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass as checked

from connectors.units import SHANGHAI


class EmptyDay(StrEnum):
    """What a partner sends for a day on which nothing happened."""

    FILE = "file"  # a file without rows: its absence is an error
    NOTHING = "nothing"  # no file: its absence means nothing, and only the statement tells


class On(StrEnum):
    """The business days a file is written for."""

    EVERY_DAY = "every_day"
    WORKDAYS = "workdays"
    MONTH_END = "month_end"


def _clock(value: object) -> object:
    return time.fromisoformat(value) if isinstance(value, str) else value


@checked(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Expected:
    """When a file is due: at `by`, Asia/Shanghai, `days_after` calendar days after its business day."""

    by: Annotated[time, BeforeValidator(_clock)] = time(9)
    days_after: Annotated[int, Field(ge=0, le=31)] = 1
    on: On = On.EVERY_DAY
    empty: EmptyDay = EmptyDay.FILE
    parts: Mapping[str, str] = field(default_factory=dict)
    """Parts of the file's name besides its day, for a partner that sends one a plan or a product."""

    def due_at(self, day: date) -> datetime:
        """Return the UTC instant by which the file of a business day is due."""
        local = datetime.combine(day + timedelta(days=self.days_after), self.by, SHANGHAI)
        return local.astimezone(UTC)

    def written_for(self, day: date, is_workday: Callable[[date], bool]) -> bool:
        """Whether a business day has a file."""
        match self.on:
            case On.EVERY_DAY:
                return True
            case On.WORKDAYS:
                return is_workday(day)
            case On.MONTH_END:
                return (day + timedelta(days=1)).day == 1


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A file that should have come: the business day it tells of, and since when it is missed."""

    due_at: datetime
    name: str
    day: date


def missing(
    expected: Expected,
    file_name: Callable[[date], str],
    arrived: Collection[str],
    *,
    since: date,
    now: datetime,
    is_workday: Callable[[date], bool],
) -> Iterator[Due]:
    """Yield the files that are due by `now` and have not arrived, from the business day `since` on.

    `arrived` are the names ever taken; a restated file has the name of its first version. A partner that
    sends nothing on an empty day is never said to miss a file.
    """
    if expected.empty is EmptyDay.NOTHING:
        return
    day = since
    while (due_at := expected.due_at(day)) <= now:
        name = file_name(day)
        if expected.written_for(day, is_workday) and name not in arrived:
            yield Due(due_at, name, day)
        day += timedelta(days=1)
