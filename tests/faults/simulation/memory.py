"""The hub's database in memory: the real tables and statements, restored from one prepared image per run."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

from hub.store.migrate import migrate
from hub.store.session import Database


class Interference(Protocol):
    """What may happen around a transaction; each may pass the turn on, or raise."""

    def before(self, *, writing: bool) -> None: ...

    def at_commit(self) -> None: ...

    def after_commit(self) -> None: ...

    def wait(self, seconds: float) -> None: ...


class Calm:
    """Nothing happens."""

    def before(self, *, writing: bool) -> None: ...

    def at_commit(self) -> None: ...

    def after_commit(self) -> None: ...

    def wait(self, seconds: float) -> None: ...


class Memory(Database):
    """One SQLite connection in memory, for one thread. A transaction is never left half done.

    Turns are passed on before and after transactions, never inside one: SQLite has one writer at a time, so
    what others do meanwhile could not be seen anyway, and what a process had not committed when it died is
    gone whichever statement it died at.
    """

    def __init__(self) -> None:
        self.sqlite = True
        self._sleep = lambda seconds: self.interference.wait(seconds)
        self.raw = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.raw.execute("PRAGMA foreign_keys = ON")
        self._turn = threading.Lock()
        engine = create_engine("sqlite://", creator=lambda: self.raw, poolclass=StaticPool)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        self._writing = self._reading = self._alone = engine
        self.interference: Interference = Calm()
        self.commits = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self.interference.before(writing=False)
        with super().read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.interference.before(writing=True)
        with super().write() as connection:
            yield connection
            self.interference.at_commit()
        self.commits += 1
        self.interference.after_commit()

    def restore(self) -> None:
        """Become the database as it is after migration, with nothing in it."""
        self.interference = Calm()
        self.commits = 0
        self.raw.deserialize(_image())

    def ask(self, statement: str, *values: object) -> list[Any]:
        """Rows of a statement, past the interference: for the eyes of the test."""
        return self.raw.execute(statement, values).fetchall()

    def digest(self, *, but: frozenset[str] = frozenset()) -> str:
        """A hash over every row of every table; `but` names columns, as table.column, that are left out."""
        hashed = sha256()
        for (table,) in self.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
            columns = [row[1] for row in self.ask(f"PRAGMA table_info({table})")]
            kept = [f'"{name}"' for name in columns if f"{table}.{name}" not in but]
            if kept and table != "sqlite_sequence":
                listed = ", ".join(kept)
                rows = self.ask(f"SELECT {listed} FROM {table} ORDER BY {listed}")
                hashed.update(repr((table, rows)).encode())
        return hashed.hexdigest()


@cache
def database() -> Memory:
    """The one database of this process: what its engine has learnt serves every run."""
    return Memory()


@cache
def _image() -> bytes:
    fresh = Memory()
    migrate(fresh)
    image = fresh.raw.serialize()
    fresh.close()
    return image
