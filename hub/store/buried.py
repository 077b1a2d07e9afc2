"""Buried work: found for a person, and done again or let go when the person says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, literal_column, select

from hub.domain.matters import Kind
from hub.store.mailbox import BURIED, READY
from hub.store.tables import T

_W, _M = T.work.c, T.matter.c
# Spelled out, not bound: the partial index serves only a query that repeats its condition.
_BURIED = _W.state == literal_column(f"'{BURIED}'")
_KNOWN = (
    select(_M.id)
    .where(
        _M.cause == literal_column(f"'{Kind.BURIED.value}:'") + _W.seq.cast(_M.cause.type), _M.state == "open"
    )
    .exists()
)
_UNSEEN = select(T.work).where(_BURIED, ~_KNOWN).order_by(_W.seq).limit(bindparam("most"))
_TAKE = delete(T.work).where(_W.seq == bindparam("of_seq"), _BURIED)
_TAKEN = _TAKE.returning(_W.queue, _W.kind, _W.ref)
_AGAIN = insert(T.work)


def unseen(tx: Connection, most: int) -> Sequence[Row[Any]]:
    """Buried work no open matter tells of, the oldest first."""
    return tx.execute(_UNSEEN, {"most": most}).all()


def dig_out(tx: Connection, seq: int, now: datetime) -> str | None:
    """Let buried work be done again, with all its attempts; returns its queue, None when it is not buried.

    It is the same work on the same kept message: request number and bytes stay. What was being sent counts as
    lost, because an attempt may have left before it failed: whoever takes it asks instead of sending.
    """
    row = tx.execute(_TAKEN, {"of_seq": seq}).one_or_none()
    if row is None:
        return None
    # Out of its lane, which went on without it.
    again = {"queue": row.queue, "kind": row.kind, "lane": None, "ref": row.ref, "state": READY}
    tx.execute(_AGAIN, {**again, "lost": row.kind == "send", "due_at": now, "attempts": 0, "created_at": now})
    queue: str = row.queue
    return queue


def let_go(tx: Connection, seq: int) -> None:
    """End buried work undone."""
    tx.execute(_TAKE, {"of_seq": seq})
