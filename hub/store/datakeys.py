"""The shelf of data keys in the database, and the reads and the one change a rotation needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from hub.store.session import Database
from hub.store.tables import T
from signing.fields import wrapped_by

_C = T.data_key.c


class DataKeys:
    """Data keys by id, for a FieldSealer.

    What is there is read once; a key another process has made since is read when it is first met. That read
    may happen inside a transaction of the caller's, on a connection of its own.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        with database.read() as tx:
            self._held = {bytes.fromhex(name): held for name, held in tx.execute(select(_C.id, _C.wrapped))}

    def get(self, data_key_id: bytes, /) -> bytes | None:
        """The wrapped data key, or None."""
        held = self._held.get(data_key_id)
        if held is None:
            with self._database.read() as tx:
                held = tx.execute(select(_C.wrapped).where(_C.id == data_key_id.hex())).scalar()
            if held is not None:
                self._held[data_key_id] = held
        return held

    def __setitem__(self, data_key_id: bytes, wrapped: bytes, /) -> None:
        """Store it in a transaction of its own; never call this inside another."""
        row = {
            "id": data_key_id.hex(),
            "wrapped": wrapped,
            "wrapped_by": wrapped_by(wrapped),
            "made_at": self._clock(),
        }
        with self._database.write() as tx:
            tx.execute(insert(T.data_key), row)
        self._held[data_key_id] = wrapped


def count_by_wrapping_key(tx: Connection) -> dict[str, int]:
    """How many data keys each key-encryption key wraps."""
    rows = tx.execute(select(_C.wrapped_by, func.count()).group_by(_C.wrapped_by).order_by(_C.wrapped_by))
    return {row[0]: row[1] for row in rows}


def wrapped_otherwise(tx: Connection, key_id: str, after: str, limit: int) -> Sequence[tuple[str, bytes]]:
    """The next data keys, by id, that another key than `key_id` wraps."""
    found = select(_C.id, _C.wrapped).where(_C.wrapped_by != key_id, _C.id > after)
    return [(name, held) for name, held in tx.execute(found.order_by(_C.id).limit(limit))]


def store_rewrapped(tx: Connection, name: str, before: bytes, after: bytes, now: datetime) -> bool:
    """Put a data key's new wrapping in the place of the old; False when another has done it already."""
    done = tx.execute(
        update(T.data_key)
        .where(_C.id == name, _C.wrapped == before)
        .values(wrapped=after, wrapped_by=wrapped_by(after), rewrapped_at=now)
    )
    return done.rowcount == 1
