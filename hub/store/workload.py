"""How much work there is, by queue."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, literal_column, select

from hub.store.mailbox import BURIED, LEASED
from hub.store.tables import T

_W = T.work.c
# Spelled out, not bound: a partial index serves only a query that repeats its condition.
_LEASED_ONLY = _W.state == literal_column(f"'{LEASED}'")
_IN_HAND = select(func.count()).select_from(T.work).where(_LEASED_ONLY, _W.queue == bindparam("of_queue"))
_BACKLOG = select(_W.queue, _W.state, _W.due_at <= bindparam("now"), func.count()).group_by(
    _W.queue, _W.state, _W.due_at <= bindparam("now")
)


def in_hand(tx: Connection, *, queue: str) -> int:
    """How many jobs of a queue are leased."""
    found: int = tx.execute(_IN_HAND, {"of_queue": queue}).scalar_one()
    return found


def backlog(tx: Connection, *, now: datetime) -> dict[str, int]:
    """Count of due or leased work by queue, and of what is buried and what waits for later."""
    counts: dict[str, int] = {"buried": 0, "later": 0}
    for queue, state, due, count in tx.execute(_BACKLOG, {"now": now}):
        name = "buried" if state == BURIED else queue if due or state == LEASED else "later"
        counts[name] = counts.get(name, 0) + count
    return counts
