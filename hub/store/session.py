"""The database: one engine, read and write units of work, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS: Final = 30.0
POOL: Final = 16
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",  # a commit that was answered survives a power cut
    "foreign_keys = ON",
    "temp_store = MEMORY",
)


class Database:
    """An engine and the two ways to use it: `read()` and `write()`, each one transaction.

    SQLite has one writer at a time. Waiting for it inside the process is done on a lock, because SQLite's own
    waiting polls; between processes SQLite's waiting is all there is.
    """

    def __init__(self, url: str) -> None:
        """`url` is `sqlite:///file` or `postgresql+psycopg://...`; raises ValueError for SQLite in memory."""
        self.sqlite = url.startswith("sqlite")
        if self.sqlite:
            if make_url(url).database in (None, "", ":memory:"):
                raise ValueError("a SQLite database is a file: each thread would see a memory of its own")
            self._turn: threading.Lock | None = threading.Lock()
            self._writing = _sqlite(url, "BEGIN IMMEDIATE", "cache_size = -16000")
            self._reading = _sqlite(url, "BEGIN", "cache_size = -1000", "query_only = ON")
        else:
            self._turn = None
            # What a failed statement was given belongs in no log: it may be a person's.
            self._writing = create_engine(
                url, pool_size=POOL, max_overflow=POOL, pool_pre_ping=True, hide_parameters=True
            )
            # READ COMMITTED would show each statement of a read another moment of the database.
            self._reading = self._writing.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; the database refuses to be written to."""
        with self._reading.connect() as connection, connection.begin():
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
        self._reading.dispose()
        self._writing.dispose()


def _sqlite(url: str, begin: str, *pragmas: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=POOL,
        max_overflow=POOL,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    def connected(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        # The driver must not open transactions by itself: `begun` says how they begin.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begun(connection: Connection) -> None:
        # A deferred transaction that turns into a write fails at once when another wrote meanwhile; taking
        # the write lock first makes every read-modify-write safe.
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine
