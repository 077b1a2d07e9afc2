"""Daily files that should have come: a person is told once of each, until it comes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from connectors.files import Due, EmptyDay, Expected, missing
from connectors.files.expected import On
from contracts.programme import DailyFile
from hub.domain.calendar import SHANGHAI, business_day, is_workday
from hub.domain.matters import Kind
from hub.flows import desk
from hub.flows.context import Context
from hub.store import watched
from hub.store.matters import Found

SATURDAY: Final = 5
LOOK_BACK: Final = timedelta(days=62)
"""How far back a file that never came is looked for; its matter stays open all the same."""


def look(context: Context, now: datetime) -> None:
    """Bring up each file that is due and has not come."""
    for partner, one in context.desks.items():
        for file in one.partner.daily_files:
            _look(context, partner, file, now)


def cause_of(partner: str, name: str) -> str:
    """The cause of a matter about a file that has not come."""
    return f"{Kind.MISSING_FILE}:{partner}:{name}"


def _look(context: Context, partner: str, file: DailyFile, now: datetime) -> None:
    expected = Expected(by=file.by, days_after=file.days_after, on=On(file.on), empty=EmptyDay(file.empty))
    since = max(file.since, business_day(now) - LOOK_BACK)

    def name_of(day: date) -> str:
        return file.name.replace("{day}", f"{day:%Y%m%d}")

    due = list(missing(expected, name_of, (), since=since, now=now, is_workday=_workday))
    if not due:
        return
    with context.database.read() as tx:
        came = watched.files_that_came(tx, partner, [one.name for one in due])
        known = watched.known_causes(tx, [cause_of(partner, one.name) for one in due])
    found = [_found(partner, one) for one in due if one.name not in came]
    fresh = [one for one in found if one.cause not in known]
    if fresh:
        context.database.run(lambda tx: _bring_up(tx, fresh, now), repeatable=True)


def _workday(day: date) -> bool:
    """A workday; in a year whose holidays nobody has reviewed a file is rather missed in vain."""
    try:
        return is_workday(day)
    except LookupError:
        return day.weekday() < SATURDAY


def _bring_up(tx: Connection, found: list[Found], now: datetime) -> None:
    for one in found:
        desk.bring_up(tx, one, now)


def _found(partner: str, due: Due) -> Found:
    return Found(
        kind=Kind.MISSING_FILE,
        cause=cause_of(partner, due.name),
        about=due.name,
        reason=f"due at {due.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} Shanghai time, for {due.day}",
        partner=partner,
    )
