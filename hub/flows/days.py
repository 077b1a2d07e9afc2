"""The end of each business day: done once over any number of processes, and made up for after a standstill.

The days that have ended are queued by whoever looks first; the row of a day lets only one queue it. Each is
ordinary work, in its order: retried, taken over, and buried for a person when nothing helps.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from hub import logs
from hub.domain.calendar import SHANGHAI, business_day
from hub.flows import settling
from hub.flows.context import Context
from hub.store import mailbox, watched
from hub.store.mailbox import Job

log = logs.get(__name__)

KIND = "day_end"
DAY = timedelta(days=1)
MOST = 31
"""Days queued in one look."""


def ends_at(context: Context, day: date) -> datetime:
    """When the end of a business day is done: at the configured Shanghai time of the day after."""
    return datetime.combine(day + DAY, context.day_end, SHANGHAI)


def catch_up(context: Context, now: datetime) -> None:
    """Queue the end of every day that has ended since the last one; the first look begins the count."""
    with context.database.read() as tx:
        last = watched.last_day(tx)
    if last is None:
        before = business_day(now) - DAY
        context.database.run(lambda tx: watched.queue_day(tx, before, now, done=True), repeatable=True)
        return
    ended: list[date] = []
    while len(ended) < MOST and ends_at(context, last + DAY) <= now:
        last += DAY
        ended.append(last)
    if ended:
        context.database.run(lambda tx: _queue(tx, ended, now), repeatable=True)
        context.wake(mailbox.LOCAL)


def _queue(tx: Connection, days: list[date], now: datetime) -> None:
    for day in days:
        if watched.queue_day(tx, day, now):
            mailbox.put(tx, queue=mailbox.LOCAL, kind=KIND, ref=day.isoformat(), lane=KIND, now=now)


def end(context: Context, job: Job) -> None:
    """Do a day's end: let silence agree where it does, add up what was booked, and note what is open."""
    day, now = date.fromisoformat(job.ref), context.now()
    settling.lapse(context)
    with context.database.read() as tx:
        summary = watched.summary_of(tx, day)
    if summary["difference_fen"]:
        raise ValueError(f"what was booked on {day} does not sum to nothing: {summary['difference_fen']} fen")

    def note(tx: Connection) -> None:
        watched.day_done(tx, day, summary, now)
        mailbox.done(tx, job)

    context.database.run(note, repeatable=True)
    log.info("day ended", day=job.ref, **summary)
