"""Kept messages, looked up where there may be none of that id."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from hub.store.mailbox import Kept
from hub.store.tables import T

_READ = select(*(T.message.c[name] for name in Kept.__slots__)).where(T.message.c.id == bindparam("id"))


def find(tx: Connection, message_id: str) -> Kept | None:
    """Return a kept message, None for an unknown id."""
    row = tx.execute(_READ, {"id": message_id}).one_or_none()
    return None if row is None else Kept(*row)
