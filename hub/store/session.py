"""The database: one engine, read and write units of work, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30.0


class Database:
    """An engine and the two ways to use it: `read()` and `write()`, each one transaction.

    SQLite has one writer at a time. Waiting for it inside the process is done on a lock, in turn, because
    SQLite's own waiting polls; between processes SQLite's waiting is all there is.
    """

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        self.sqlite = url.startswith("sqlite")
        if self.sqlite:
            self.engine = create_engine(
                url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
            )
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            self._turn: threading.Lock | None = threading.Lock()
        else:
            self.engine = create_engine(url, pool_size=pool_size, max_overflow=16, pool_pre_ping=True)
            self._turn = None
        self._writing = self.engine.execution_options(loanhub_write=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; nothing is written."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that commits when the block ends and leaves no trace when it raises."""
        if self._turn is None:
            with self._writing.begin() as connection:
                yield connection
            return
        with self._turn, self._writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _prepare_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: BEGIN IMMEDIATE is ours to say (see _begin_sqlite).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # a commit that was answered survives a power cut
        "foreign_keys = ON",
        "cache_size = -16000",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a write fails at once when another wrote meanwhile; taking the
    # write lock first makes every read-modify-write safe.
    writing = connection.get_execution_options().get("loanhub_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
