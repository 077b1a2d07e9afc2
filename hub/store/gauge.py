"""How much waits: measured now and then in the shared database, so that asking costs nothing in between.

A count is exact up to its bound and stops there, over an index of just the work it is about; between two
counts, what this process let in since is added. Other processes' is seen with the next count.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, bindparam, func, literal_column, select

from hub.store.mailbox import BURIED
from hub.store.session import Database
from hub.store.tables import T

_W = T.work.c
# Spelled out, not bound: a partial index serves only a query that repeats its condition.
_UNDONE: Final = _W.state != literal_column(f"'{BURIED}'")
INTAKE: Final[ColumnElement[bool]] = literal_column("kind IN ('route', 'draw')")
"""Work the platform's requests have made for the hub itself."""
INBOX: Final[ColumnElement[bool]] = literal_column("kind = 'apply'")
"""Messages that are kept and not yet applied."""


class Gauge:
    """One bound on waiting work, shared by the threads of a process."""

    def __init__(self, what: ColumnElement[bool], most: int, every: timedelta) -> None:
        """`most` pieces may wait; they are counted again after `every`."""
        found = select(_W.seq).where(what, _UNDONE).limit(bindparam("most")).subquery()
        self._count = select(func.count()).select_from(found)
        self._most = most
        self._every = every
        self._lock = threading.Lock()
        self._waiting = 0
        self._counted_at: datetime | None = None

    def admit(self, database: Database, now: datetime) -> bool:
        """Let one more in, or say that the bound is reached."""
        with self._lock:
            last = self._counted_at
            if last is None or not last <= now < last + self._every:
                with database.read() as tx:
                    self._waiting = tx.execute(self._count, {"most": self._most}).scalar_one()
                self._counted_at = now
            if self._waiting >= self._most:
                return False
            self._waiting += 1
            return True
