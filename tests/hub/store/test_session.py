"""A unit of work commits whole or leaves no trace; a read sees one moment and writes nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Row, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from hub.store.migrate import migrate
from hub.store.session import Database
from hub.store.tables import T

PATIENCE = 20.0
THREADS, TIMES = 8, 25
Q = T.quota.c


def add(tx: Connection, programme: str, fen: int = 0) -> None:
    tx.execute(insert(T.quota), {"programme": programme, "bucket": "total", "used_fen": fen})


def _break(tx: Connection, programme: str) -> None:
    add(tx, programme)
    add(tx, programme)


def used(tx: Connection) -> dict[str, int]:
    rows: list[Row[tuple[str, int]]] = list(tx.execute(select(Q.programme, Q.used_fen)))
    return {row[0]: row[1] for row in rows}


def test_a_write_commits_when_its_block_ends_and_leaves_no_trace_when_it_raises(database: Database) -> None:
    with database.write() as tx:
        add(tx, "kept")
    with pytest.raises(IntegrityError), database.write() as tx:
        _break(tx, "gone")
    with database.read() as tx:
        assert used(tx) == {"kept": 0}
    with database.write() as tx:  # the writer's turn was given back
        add(tx, "next")


def test_a_part_of_a_write_may_be_undone_alone(database: Database) -> None:
    with database.write() as tx:
        add(tx, "before")
        with pytest.raises(IntegrityError), tx.begin_nested():
            _break(tx, "within")
        add(tx, "after")
    with database.read() as tx:
        assert set(used(tx)) == {"before", "after"}


def test_a_read_sees_one_moment_whatever_is_written_meanwhile(database: Database) -> None:
    with database.write() as tx:
        add(tx, "first")
    with database.read() as before:
        seen = used(before)
        with database.write() as tx:
            add(tx, "second")
        assert used(before) == seen == {"first": 0}
    with database.read() as after:
        assert set(used(after)) == {"first", "second"}


def test_a_read_writes_nothing(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as tx:
        add(tx, "never")
    with database.write() as tx:
        assert used(tx) == {}


def test_threads_that_add_at_the_same_time_lose_nothing(database: Database) -> None:
    with database.write() as tx:
        add(tx, "sum")

    def count_up(_: int) -> None:
        for _ in range(TIMES):
            with database.write() as tx:
                tx.execute(update(T.quota).values(used_fen=Q.used_fen + 1))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(count_up, range(THREADS)))
    with database.read() as tx:
        assert used(tx) == {"sum": THREADS * TIMES}


def test_reading_first_and_writing_after_is_safe_where_there_is_one_writer(tmp_path: Path) -> None:
    """On SQLite a write transaction holds the write lock from its beginning, so what it read stays true."""
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    one, other = Database(url), Database(url)  # two processes, as far as SQLite can tell
    migrate(one)
    with one.write() as tx:
        add(tx, "sum")

    def count_up(database: Database) -> None:
        for _ in range(TIMES):
            with database.write() as tx:
                before = used(tx)["sum"]
                tx.execute(update(T.quota).values(used_fen=before + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, [one, other, one, other]))
    with one.read() as tx:
        assert used(tx) == {"sum": 4 * TIMES}
    one.close()
    other.close()


def test_a_read_does_not_wait_for_a_writer(database: Database) -> None:
    began, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with database.write() as tx:
            add(tx, "slow")
            began.set()
            assert may_end.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        assert began.wait(PATIENCE)
        with database.read() as tx:
            assert used(tx) == {}
        may_end.set()
        writing.result(PATIENCE)
    with database.read() as tx:
        assert used(tx) == {"slow": 0}


def test_more_threads_than_connections_wait_their_turn(database: Database) -> None:
    def ask(number: int) -> int:
        with database.read() as tx:
            return int(tx.execute(select(func.abs(number))).scalar_one())

    with ThreadPoolExecutor(64) as pool:
        assert list(pool.map(ask, range(256))) == list(range(256))


def test_foreign_keys_hold(database: Database) -> None:
    decision = {"application_id": "none", "seq": 1, "chosen": None, "body": {}, "decided_at": None}
    with pytest.raises(DBAPIError), database.write() as tx:
        tx.execute(insert(T.routing_decision), decision)


def test_money_survives_a_power_cut(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'hub.db'}")
    with database.write() as tx:
        assert tx.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL
        assert tx.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert tx.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    database.close()


def test_an_error_does_not_tell_what_the_statement_was_given(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, database.write() as tx:
        tx.execute(text("SELECT :secret FROM nowhere"), {"secret": "13800138000"})
    assert "nowhere" in str(caught.value)
    assert "13800138000" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_database_that_each_thread_would_have_for_itself_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="a file"):
        Database(url)
