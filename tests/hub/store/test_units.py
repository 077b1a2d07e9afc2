"""A unit of work that the database undoes is done again; one that may have been committed is not.

Every failure is a real one, provoked on PostgreSQL.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from hub.store.migrate import migrate
from hub.store.session import PAUSES, Database
from hub.store.tables import T

PATIENCE = 20.0
Q = T.quota.c


@pytest.fixture
def slept() -> list[float]:
    """The pauses the database has taken."""
    return []


@pytest.fixture
def database(empty_postgres: str, slept: list[float]) -> Iterator[Database]:
    """A migrated database on PostgreSQL with two rows, `a` and `b`; its pauses take no time."""
    made = Database(empty_postgres, sleep=slept.append)
    migrate(made)
    with made.write() as tx:
        tx.execute(insert(T.quota), [{"programme": n, "bucket": "t", "used_fen": 0} for n in "ab"])
    yield made
    made.close()


def add_one(tx: Connection, name: str) -> None:
    tx.execute(update(T.quota).where(Q.programme == name).values(used_fen=Q.used_fen + 1))


def used(database: Database) -> dict[str, int]:
    with database.read() as tx:
        rows = tx.execute(select(Q.programme, Q.used_fen)).all()
    return {row.programme: row.used_fen for row in rows}


def pid(tx: Connection) -> int:
    return int(tx.execute(select(func.pg_backend_pid())).scalar_one())


def terminate(database: Database, backend: int) -> None:
    """End a server process, and wait until it has ended."""
    with database.write() as tx:
        assert tx.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": backend}).scalar_one()


def test_two_units_that_lock_crosswise_are_both_done(database: Database) -> None:
    meeting = threading.Barrier(2)
    first = threading.local()

    def both(one: str, other: str) -> None:
        def work(tx: Connection) -> None:
            add_one(tx, one)
            if not getattr(first, "over", False):
                first.over = True
                meeting.wait(PATIENCE)  # each holds what the other wants next
            add_one(tx, other)

        database.run(work)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(both, "a", "b"), pool.submit(both, "b", "a")]:
            done.result(PATIENCE)
    assert used(database) == {"a": 2, "b": 2}


def test_what_was_read_and_has_changed_since_is_read_again(database: Database, slept: list[float]) -> None:
    runs = 0

    def work(tx: Connection) -> int:
        nonlocal runs
        runs += 1
        tx.execute(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
        found = int(tx.execute(select(Q.used_fen).where(Q.programme == "a")).scalar_one())
        if runs == 1:
            database.run(lambda other: add_one(other, "a"))
        tx.execute(update(T.quota).where(Q.programme == "a").values(used_fen=found + 10))
        return found

    assert database.run(work) == 1
    assert used(database)["a"] == 11
    assert slept == [PAUSES[0]]


def test_a_unit_whose_server_process_ends_begins_again(database: Database) -> None:
    runs = 0

    def work(tx: Connection) -> None:
        nonlocal runs
        runs += 1
        add_one(tx, "a")
        if runs == 1:
            terminate(database, pid(tx))
        add_one(tx, "b")

    database.run(work)
    assert (runs, used(database)) == (2, {"a": 1, "b": 1})


def test_a_connection_that_died_idle_is_replaced_before_it_is_used(
    database: Database, slept: list[float]
) -> None:
    with database.write() as tx:
        idle = pid(tx)
    with psycopg.connect(
        database._writing.url.set(drivername="postgresql").render_as_string(hide_password=False)
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", (idle,))
    with database.read() as tx:  # a read has no second run to fall back on
        assert pid(tx) != idle
    assert slept == []


_DIES_IN_COMMIT = """
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.bucket = 'first' THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); END IF;
  RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON quota DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION die()
"""


@pytest.mark.parametrize("repeatable", [False, True])
def test_a_commit_nobody_answered_is_done_again_only_by_a_unit_that_asks_first(
    database: Database, repeatable: bool
) -> None:
    with database.write() as tx:
        tx.execute(text(_DIES_IN_COMMIT))
    runs = 0

    def work(tx: Connection) -> None:
        nonlocal runs
        runs += 1
        bucket = "first" if runs == 1 else "second"
        tx.execute(insert(T.quota), {"programme": "c", "bucket": bucket, "used_fen": 0})

    if repeatable:
        database.run(work, repeatable=True)
    else:
        with pytest.raises(OperationalError):
            database.run(work)
    assert runs == (2 if repeatable else 1)


def test_a_unit_is_given_up_after_its_runs(database: Database, slept: list[float]) -> None:
    runs = 0

    def work(tx: Connection) -> None:
        nonlocal runs
        runs += 1
        tx.execute(text("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40P01'; END $$"))

    with pytest.raises(DBAPIError):
        database.run(work)
    assert runs == len(PAUSES) + 1
    assert slept == list(PAUSES)


def test_what_no_second_run_mends_is_raised_at_once(database: Database, slept: list[float]) -> None:
    with pytest.raises(IntegrityError):
        database.run(lambda tx: tx.execute(insert(T.quota), {"programme": "a", "bucket": "t", "used_fen": 0}))
    with pytest.raises(ZeroDivisionError):
        database.run(lambda tx: 1 // 0)
    assert slept == []


def test_a_server_that_takes_no_connection_is_tried_again(
    database: Database, empty_postgres: str, slept: list[float]
) -> None:
    nobody = Database(
        make_url(empty_postgres).set(port=1).render_as_string(hide_password=False), sleep=slept.append
    )
    with pytest.raises(OperationalError):
        nobody.run(lambda tx: add_one(tx, "a"))
    assert slept == list(PAUSES)
    nobody.close()
