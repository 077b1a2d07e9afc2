"""Hints: what proves nothing makes us ask sooner what would be asked anyway, and changes nothing else.

Anybody can send a hint where the dialect leaves it unsigned. So none is kept, an unknown number is passed
over without a word to anybody, and however many come, the partner is not asked more often than it allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from contracts.messages import AnyTold, Hint, HintAbout
from hub import logs
from hub.flows.context import Context, Desk
from hub.flows.requests import queue_of
from hub.store import mailbox, rows

log = logs.get(__name__)

_COLUMN = {HintAbout.CREDIT: "id", HintAbout.DRAWDOWN: "draw_no"}


def only(told: Sequence[AnyTold]) -> bool:
    """Whether a message says nothing that is to be believed."""
    return bool(told) and all(isinstance(fact, Hint) for fact in told)


def take(context: Context, desk: Desk, told: Sequence[AnyTold], now: datetime) -> None:
    """Bring the waiting question about each number forward, to when the partner may be asked again."""
    partner, queue = desk.partner.id, queue_of(desk.partner.id)
    spacing = timedelta(seconds=desk.partner.query.spacing_seconds)

    def hasten(tx: Connection) -> None:
        for hint in told:
            if not isinstance(hint, Hint):
                continue
            attempt = rows.attempt_by(tx, _COLUMN[hint.about], hint.subject)
            if attempt is None or attempt.partner != partner:
                log.warning("hint passed over", partner=partner, about=hint.about)
                continue
            kind = f"query_{hint.about}"
            mailbox.hasten(tx, queue=queue, kind=kind, ref=attempt.id, now=now, spacing=spacing)

    context.database.run(hasten, repeatable=True)
    context.wake(queue)
