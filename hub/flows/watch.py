"""The watch: looks at regular intervals for causes that call for a person, and for those that are gone.

Any number of processes may look at one time: a cause has one open matter.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from hub.domain.matters import Kind
from hub.flows import desk
from hub.flows.context import Context
from hub.flows.requests import queue_of
from hub.store import buried, mailbox, rows
from hub.store.matters import Found

MOST: Final = 200
"""Causes of one kind brought up in one look."""


def look(context: Context) -> None:
    """Look once."""
    now = context.now()
    _buried(context, now)


def _buried(context: Context, now: datetime) -> None:
    with context.database.read() as tx:
        found = [_of_work(tx, row) for row in buried.unseen(tx, MOST)]
    if found:
        with context.database.write() as tx:
            for one in found:
                desk.bring_up(tx, one, now)


def _of_work(tx: Connection, row: Any) -> Found:
    prefix = queue_of("")
    partner = row.queue.removeprefix(prefix) if row.queue.startswith(prefix) else None
    message = mailbox.find(tx, row.ref) if row.kind in ("send", "apply") else None
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
