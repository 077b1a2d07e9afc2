"""A schema changes under a running hub: writers go on, and a migration that must wait long gives way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import column, insert, table, text
from sqlalchemy.exc import OperationalError

from hub.store import mailbox
from hub.store.migrate import LOCK_SECONDS, downgrade, migrate
from hub.store.session import Database
from hub.store.tables import T

NOW = datetime(2026, 1, 5, tzinfo=UTC)
BEFORE = "0010"
BACKLOG = 20_000
LONGEST = 2.0
"""Seconds a writer may have to wait at most."""


SINCE = {"seq", "deaths"}
"""Columns of work that the database numbers, or that came after `BEFORE`."""
WORK = table("work", *(column(c.name, c.type) for c in T.work.columns if c.name not in SINCE))
"""The table as a hub of the schema before knows it."""


def written_before(ref: str) -> dict[str, object]:
    """A piece of work as that hub writes it."""
    row = {"attempts": 0, "lost": False, **mailbox.free(queue="q", kind="k", ref=ref, now=NOW)}
    return {name: value for name, value in row.items() if name in WORK.columns}


@pytest.fixture
def database(empty_postgres: str) -> Iterator[Database]:
    """A database on PostgreSQL at the last schema but one, with work in it."""
    made = Database(empty_postgres)
    migrate(made, BEFORE)
    with made.write() as tx:
        tx.execute(insert(WORK), [written_before("r")] * BACKLOG)
    yield made
    made.close()


class Writer:
    """Puts work without a pause, and notes how long the slowest took."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ended = threading.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.count, self.slowest, self.failure = 0, 0.0, ""

    def __enter__(self) -> Writer:
        self._thread.start()
        assert self._begun.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            began = time.perf_counter()
            try:
                with self._database.write() as tx:
                    tx.execute(text(f"SET LOCAL lock_timeout = '{LONGEST}s'"))
                    tx.execute(insert(WORK), written_before("w"))
            except OperationalError as error:
                self.failure = str(error)
            self.count += 1
            self.slowest = max(self.slowest, time.perf_counter() - began)
            self._begun.set()


def test_writers_go_on_while_the_schema_goes_up_and_down(database: Database) -> None:
    with Writer(database) as writer:
        for _ in range(2):
            migrate(database)
            downgrade(database, BEFORE)
        migrate(database)
    assert writer.failure == ""
    assert writer.slowest < LONGEST
    with database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM work")).scalar_one() == BACKLOG + writer.count


def test_a_migration_that_must_wait_too_long_gives_way_and_leaves_no_trace(database: Database) -> None:
    assert LOCK_SECONDS <= 5
    with database.write() as slow:
        slow.execute(insert(WORK), written_before("s"))
        with pytest.raises(OperationalError):
            migrate(database)
        with database.write() as other:  # nobody queues behind it
            other.execute(insert(WORK), written_before("o"))
    with database.read() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == BEFORE
    migrate(database)
