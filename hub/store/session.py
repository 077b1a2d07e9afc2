"""The database: one engine, read and write units of work, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from hub import logs

log = logs.get(__name__)
R = TypeVar("R")

BUSY_SECONDS: Final = 30.0
POOL: Final = 16
PAUSES: Final = (0.01, 0.05, 0.25, 1.0)
"""Seconds before each further run of a unit of work; a server that restarts takes about their sum."""
_UNDONE: Final = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: PostgreSQL says itself that nothing of the transaction remains."""
_LOST: Final = frozenset({"57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006"})
"""The server went away or does not take connections yet."""
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",  # a commit that was answered survives a power cut
    "foreign_keys = ON",
    "temp_store = MEMORY",
)


class Database:
    """An engine and the ways to use it: `read()` and `write()`, each one transaction, and `run()`.

    SQLite has one writer at a time. Waiting for it inside the process is done on a lock, because SQLite's own
    waiting polls; between processes SQLite's waiting is all there is.
    """

    def __init__(self, url: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """`url` is `sqlite:///file` or `postgresql+psycopg://...`; raises ValueError for SQLite in memory.

        `sleep` passes the seconds between two runs of a unit of work.
        """
        self._sleep = sleep
        self.sqlite = url.startswith("sqlite")
        if self.sqlite:
            if make_url(url).database in (None, "", ":memory:"):
                raise ValueError("a SQLite database is a file: each thread would see a memory of its own")
            self._turn: threading.Lock | None = threading.Lock()
            self._writing = _sqlite(url, "BEGIN IMMEDIATE", "cache_size = -8000")
            self._alone = self._writing
            self._reading = _sqlite(url, "BEGIN", "cache_size = -1000", "query_only = ON")
        else:
            self._turn = None
            # What a failed statement was given belongs in no log: it may be a person's.
            self._writing = create_engine(url, pool_size=POOL, max_overflow=POOL, hide_parameters=True)
            event.listen(self._writing, "checkout", _still_there)
            # Connections of their own: turning one's commits over for a statement costs as much as a commit.
            self._alone = create_engine(
                url, pool_size=POOL, max_overflow=POOL, hide_parameters=True, isolation_level="AUTOCOMMIT"
            )
            event.listen(self._alone, "checkout", _still_there)
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

    @contextmanager
    def _one_statement(self) -> Iterator[Connection]:
        """A transaction of one statement, which PostgreSQL begins and commits itself, in one round trip."""
        with self._alone.connect() if self._turn is None else self.write() as connection:
            yield connection

    def run(self, work: Callable[[Connection], R], *, repeatable: bool = False, single: bool = False) -> R:
        """Do a unit of work in one transaction, again from its beginning while the database undoes it.

        That is after a deadlock, a serialization failure or a lost connection, at most `len(PAUSES)` times.
        `work` therefore changes nothing but what `tx` reaches, and the ids and bytes that others may have
        seen are made before it. When the connection is lost
        in the commit, nobody knows whether it was committed: it is run again only when it is `repeatable`,
        which is to say that it asks the database itself whether it was done before. `single` says that it
        is one statement on PostgreSQL, which is then committed without being asked to. Raises what `work`
        raises, and the database's own error when that stays.
        """
        begin = self._one_statement if single else self.write
        for pause in PAUSES:
            ended = single
            try:
                with begin() as tx:
                    result = work(tx)
                    ended = True
                return result
            except DBAPIError as error:
                if not _nothing_remains(error, unknown=ended and not repeatable):
                    raise
                log.warning("unit of work begins again", why=_state(error) or type(error).__name__)
            self._sleep(pause)
        with begin() as tx:
            return work(tx)

    def close(self) -> None:
        """Give every connection back."""
        self._reading.dispose()
        self._alone.dispose()
        self._writing.dispose()


def _state(error: DBAPIError) -> str | None:
    """PostgreSQL's five characters for an error; None from SQLite and where no server answered."""
    return getattr(error.orig, "sqlstate", None)


def _nothing_remains(error: DBAPIError, *, unknown: bool) -> bool:
    """Whether a failed unit may run again; `unknown` says that it failed in a commit that may count."""
    state = _state(error)
    if state in _UNDONE:
        return True
    return not unknown and (error.connection_invalidated or state in _LOST or _no_server(error))


def _no_server(error: DBAPIError) -> bool:
    return type(error.orig).__module__.startswith("psycopg") and (
        type(error.orig).__name__ == "OperationalError" and _state(error) is None
    )


def _still_there(connection: Any, record: ConnectionPoolEntry, proxy: object) -> None:
    """Refuse a pooled connection whose server has hung up; unlike a ping, this asks the server nothing.

    An idle server says nothing, so whatever there is to read is its farewell.
    """
    socket = connection.pgconn.socket
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(socket, select.POLLIN)
        spoke = bool(poll.poll(0))
    else:
        spoke = bool(select.select([socket], [], [], 0)[0])
    if spoke:
        raise DisconnectionError("the server closed the connection while it was idle")


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
