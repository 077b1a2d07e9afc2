"""The watch: looks at regular intervals for causes that call for a person, and for those that are gone.

Any number of processes may look at one time: a cause has one open matter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from hub import logs
from hub.domain.matters import Kind
from hub.flows import bids, breakers, days, desk, missing_files, requests
from hub.flows.context import Context
from hub.store import buried, mailbox, messages, rows, watched
from hub.store.matters import Found

MOST: Final = 200
"""Causes of one kind brought up in one look."""
log = logs.get(__name__)


def look(context: Context) -> None:
    """Look once."""
    now = context.now()
    for one in (_buried, _overdue, breakers.look, missing_files.look, days.catch_up, bids.look):
        try:
            one(context, now)
        except Exception:
            # What cannot be looked at must not keep the rest from being seen.
            log.exception("the watch could not look", at=one.__module__)


def _overdue(context: Context, now: datetime) -> None:
    """Tell a person of what a partner should have decided by now; the state stays pending."""
    with context.database.read() as tx:
        gone = watched.decided(tx)
        found = [
            _of_attempt(name, row, one.partner.query.escalate_after_hours)
            for name, one in context.desks.items()
            for row in watched.overdue(
                tx, name, now - timedelta(hours=one.partner.query.escalate_after_hours), MOST
            )
        ]
    if found or gone:
        context.database.run(lambda tx: _write(tx, found, gone, now), repeatable=True)


def _write(tx: Connection, found: list[Found], gone: list[str], now: datetime) -> None:
    for cause in gone:
        desk.ended(tx, cause, "the partner has decided", now)
    for one in found:
        desk.bring_up(tx, one, now)


def _of_attempt(partner: str, row: Any, hours: int) -> Found:
    return Found(
        kind=Kind.OVERDUE,
        cause=row.cause,
        about=row.stage,
        reason=f"asked at {row.asked_at:%Y-%m-%dT%H:%MZ}, no decision after {hours} hours; still pending",
        partner=partner,
        application_id=row.application_id,
    )


def _buried(context: Context, now: datetime) -> None:
    with context.database.read() as tx:
        found = [_of_work(tx, row) for row in buried.unseen(tx, MOST)]
    for one in found:
        # Each by itself: one that cannot be written must not keep the rest from being seen.
        context.database.run(partial(_given_up, context, now, one), repeatable=True)


def _given_up(context: Context, now: datetime, found: Found, tx: Connection) -> None:
    """Open the matter, and ask about a request that may have left before its sending was given up."""
    if desk.bring_up(tx, found, now) and found.about == "send" and found.message_id is not None:
        requests.given_up(context, tx, mailbox.read(tx, found.message_id), found.reason, now)


def _of_work(tx: Connection, row: Any) -> Found:
    prefix = requests.queue_of("")
    partner = row.queue.removeprefix(prefix) if row.queue.startswith(prefix) else None
    message = messages.find(tx, row.ref) if row.kind in ("send", "apply") else None
    if message is not None:
        partner = message.partner
    return Found(
        kind=Kind.BURIED,
        cause=f"{Kind.BURIED}:{row.seq}",
        about=row.kind,
        reason=row.error or "",
        partner=partner,
        application_id=rows.application_behind(
            tx, row.ref if message is None else message.subject, partner=partner
        ),
        message_id=None if message is None else message.id,
    )
