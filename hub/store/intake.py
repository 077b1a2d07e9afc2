"""What comes in at the doors, written by as few statements as the database allows: intake is the hot path.

PostgreSQL takes the rows of several tables in one statement, so that a request costs one round trip, its
commit included. SQLite has no such statement and no round trips; it is given the rows one after the other.
The statements are given to the driver as they are: SQLAlchemy would look every one of fifty parameters over
again, which costs more than all the rest. It is still asked how a value of each column is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from hub.store import mailbox
from hub.store.mailbox import Kept
from hub.store.session import Database
from hub.store.tables import T

Row = Mapping[str, Any]
_DIALECT = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]
_INSERT = {table.name: insert(table) for table in (T.application, T.event, T.idempotency, T.work)}


@dataclass(frozen=True)
class _Statement:
    """Words with a `%s` for each value, and how each value is written."""

    words: str
    writers: tuple[Callable[[Any], Any] | None, ...]

    def run(self, tx: Connection, values: list[Any]) -> int:
        """Run it; returns how many rows its last part wrote."""
        written = (
            value if write is None else write(value)
            for write, value in zip(self.writers, values, strict=True)
        )
        return tx.exec_driver_sql(self.words, tuple(written)).rowcount


def _writer(table: Table, name: str) -> Callable[[Any], Any] | None:
    kind = table.c[name].type.dialect_impl(_DIALECT)
    return kind.bind_processor(_DIALECT)


@cache
def _together(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> _Statement:
    """One statement of PostgreSQL that inserts a row into each table."""
    inserts = [
        f"INSERT INTO {table.name} ({', '.join(names)})"  # noqa: S608 - our own names
        f" VALUES ({', '.join(['%s'] * len(names))})"
        for table, names in shape
    ]
    *first, last = inserts
    ctes = ", ".join(f"w{place} AS ({one})" for place, one in enumerate(first))
    writers = tuple(_writer(table, name) for table, names in shape for name in names)
    return _Statement(f"WITH {ctes} {last}" if first else last, writers)


def insert_together(tx: Connection, rows: tuple[tuple[Table, Row], ...]) -> None:
    """Insert a row into each of several tables, or none: raises IntegrityError for a key that is taken."""
    if tx.dialect.name != "postgresql":
        for table, row in rows:
            tx.execute(_INSERT[table.name], row)
        return
    statement = _together(tuple((table, tuple(row)) for table, row in rows))
    statement.run(tx, [value for _, row in rows for value in row.values()])


_KEPT = Kept.__slots__
_QUEUED = tuple(mailbox.free(queue="", kind="", ref="", now=datetime.min.replace(tzinfo=UTC)))
# A lane whose head leaves at this moment makes the last insert fail on the index `one_head_of_lane`.
_TAKE = """
WITH free AS (
  SELECT 1 WHERE NOT EXISTS (
    SELECT 1 FROM work WHERE lane = %s::text AND lane IS NOT NULL AND state IN ('ready', 'leased')
  )
), fresh AS ({fresh}), kept AS (
  INSERT INTO message ({message}) SELECT {values} FROM fresh
  ON CONFLICT (partner, direction, number) DO NOTHING RETURNING id
) INSERT INTO work ({queued}) SELECT {job} FROM kept
"""
_FRESH = {
    False: "SELECT 1 FROM free",
    True: "INSERT INTO nonce (partner, nonce, seen_at) SELECT %s, %s, %s::timestamptz FROM free"
    " ON CONFLICT (partner, nonce) DO NOTHING RETURNING partner",
}


def _casts(table: Table, names: tuple[str, ...]) -> str:
    """Places in a SELECT, where PostgreSQL does not take a value's type from the column it is for."""
    return ", ".join(f"%s::{table.c[name].type.compile(_DIALECT)}" for name in names)


@cache
def _take(*, nonce: bool) -> _Statement:
    words = _TAKE.format(
        fresh=_FRESH[nonce],
        message=", ".join(_KEPT),
        values=_casts(T.message, _KEPT),
        queued=", ".join(_QUEUED),
        job=_casts(T.work, _QUEUED),
    )
    columns = [(T.nonce, name) for name in ("partner", "nonce", "seen_at") if nonce]
    columns += [(T.message, name) for name in _KEPT] + [(T.work, name) for name in _QUEUED]
    return _Statement(words, (_writer(T.work, "lane"), *(_writer(*column) for column in columns)))


def take_at_once(
    database: Database, message: Kept, *, nonce: str | None, kind: str, lane: str | None, now: datetime
) -> bool:
    """Keep a new message with its nonce and queue it, in one statement of PostgreSQL.

    False when the message was not kept, for it or its nonce came before or its lane is not empty: then, and
    always on SQLite, it takes the way of several steps, which finds out.
    """
    if database.sqlite:
        return False
    job = {**mailbox.free(queue=mailbox.LOCAL, kind=kind, ref=message.id, now=now), "lane": lane}
    first = [lane] if nonce is None else [lane, message.partner, nonce, now]
    values = [*first, *(getattr(message, name) for name in _KEPT), *(job[name] for name in _QUEUED)]
    statement = _take(nonce=nonce is not None)
    try:
        return database.run(lambda tx: statement.run(tx, values), repeatable=True, single=True) == 1
    except IntegrityError:
        return False
