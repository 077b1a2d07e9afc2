"""The schema goes up, down and up again; the database itself refuses what the books could not bear."""

from __future__ import annotations

import runpy
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Table, TypeDecorator, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from hub.store import migrate as migrations
from hub.store.migrate import differences, downgrade, migrate
from hub.store.session import Database
from hub.store.tables import T, append_only
from hub.store.tables.columns import MOST_FEN
from hub.store.types import RateText

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
VERSIONS = Path(migrations.__file__).parent / "migrations" / "versions"
AMOUNTS = [
    (table.name, column.name)
    for table in T.metadata.sorted_tables
    for column in table.columns
    if column.name.endswith("_fen")
]
SIGNED = {
    ("share_line", "amount_fen"),
    ("journal_posting", "amount_fen"),
    ("statement", "total_fen"),
    ("dispute", "claimed_fen"),
    ("dispute", "change_fen"),
    ("bank_entry", "amount_fen"),
}
POSITIVE = {("application", "amount_fen"), ("attempt", "amount_fen"), ("loan", "principal_fen")}


@pytest.fixture
def empty(database_url: str) -> Any:
    """A database without any table."""
    made = Database(database_url)
    yield made
    made.close()


SAMPLES: dict[type, object] = {
    str: "x",
    int: 1,
    bool: False,
    bytes: b"x",
    dict: {},
    date: date(2026, 1, 5),
    datetime: NOW,
}


def value(column: Column[Any]) -> object:
    """Something a column takes."""
    if isinstance(column.type, RateText):
        return Decimal("0.1")
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return SAMPLES[kind.python_type]


def row(table: Table) -> dict[str, object]:
    """A row of a table, with the rows it refers to under the id `x`."""
    return {
        column.name: value(column)
        for column in table.columns
        if not (column.primary_key and column.name == "seq" and column.identity)
    }


def fill(tx: Connection) -> None:
    """One row in every table."""
    for table in T.metadata.sorted_tables:
        tx.execute(insert(table), row(table))


def counts(database: Database) -> dict[str, int]:
    with database.read() as tx:
        names = [n for n in inspect(tx).get_table_names() if n != "alembic_version"]
        return {name: tx.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}


def test_the_migrations_make_the_tables_of_this_version(empty: Database) -> None:
    migrate(empty)
    assert differences(empty) == []
    migrate(empty)  # there already
    assert set(counts(empty)) == set(T.metadata.tables)


def test_differences_are_seen(empty: Database) -> None:
    migrate(empty)
    with empty.write() as tx:
        tx.execute(text("DROP TABLE plan_term"))
    assert differences(empty)


def test_the_migrations_make_the_same_checks_as_the_tables(empty: Database) -> None:
    def checks() -> dict[str, set[str | None]]:
        with empty.read() as tx:
            look = inspect(tx)
            return {
                name: {check["name"] for check in look.get_check_constraints(name)}
                for name in T.metadata.tables
            }

    migrate(empty)
    migrated = checks()
    downgrade(empty, "base")
    with empty.write() as tx:
        T.metadata.create_all(tx)
    assert migrated == checks()


def test_the_schema_goes_up_down_and_up_with_rows_in_it(empty: Database) -> None:
    migrate(empty)
    with empty.write() as tx:
        fill(tx)
    downgrade(empty, "0001")
    first = counts(empty)
    assert set(first.values()) == {1}
    migrate(empty)
    now_named = {"parked": "matter"}
    assert {counts(empty)[now_named.get(name, name)] for name in first} == {1}
    assert differences(empty) == []
    downgrade(empty, "base")
    assert counts(empty) == {}
    migrate(empty)
    assert set(counts(empty).values()) == {0}


def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    start = threading.Barrier(3)

    def begin(_: int) -> list[object]:
        database = Database(database_url)
        try:
            start.wait(20)
            migrate(database)
            return differences(database)
        finally:
            database.close()

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(begin, range(3))) == [[], [], []]


def test_a_migration_that_fails_leaves_nothing_behind(empty: Database) -> None:
    with empty.write() as tx:
        tx.execute(text("CREATE TABLE work (seq integer)"))
    with pytest.raises(DBAPIError):
        migrate(empty)
    assert set(counts(empty)) == {"work"}


def test_what_the_migration_guards_is_declared_append_only() -> None:
    assert set(runpy.run_path(str(VERSIONS / "0002_append_only.py"))["TABLES"]) <= set(append_only())


@pytest.mark.parametrize("name", append_only())
def test_what_is_append_only_takes_rows_and_gives_none_back(database: Database, name: str) -> None:
    table = T.metadata.tables[name]
    with database.write() as tx:
        fill(tx)
    column = next(c.name for c in table.columns if not c.primary_key)
    statements = [f"UPDATE {name} SET {column} = {column}", f"DELETE FROM {name}"]
    if not database.sqlite:
        statements.append(f"TRUNCATE {name} CASCADE")
    for statement in statements:
        with pytest.raises(DBAPIError, match=f"{name} is append-only"), database.write() as tx:
            tx.execute(text(statement))
    assert counts(database)[name] == 1


def test_every_other_table_may_change(database: Database) -> None:
    with database.write() as tx:
        fill(tx)
    for name in sorted(set(T.metadata.tables) - set(append_only())):
        column = list(T.metadata.tables[name].columns)[-1].name
        with database.write() as tx:
            assert tx.execute(text(f"UPDATE {name} SET {column} = {column}")).rowcount == 1


@pytest.mark.parametrize(("name", "column"), AMOUNTS)
def test_an_amount_is_a_whole_number_within_bounds(database: Database, name: str, column: str) -> None:
    """SQLite by itself takes text and fractions in an integer column."""
    low = -MOST_FEN if (name, column) in SIGNED else 1 if (name, column) in POSITIVE else 0
    wrong = [MOST_FEN + 1, low - 1]
    if database.sqlite:
        wrong += ["1.5", "'abc'", "'12x'", "x'31'", "1e300"]
    with database.write() as tx:
        fill(tx)
        if name in append_only():
            tx.execute(text(_unguard(name, sqlite=database.sqlite)))
    for bad in wrong:
        with pytest.raises(DBAPIError, match=column), database.write() as tx:
            tx.execute(text(f"UPDATE {name} SET {column} = {bad}"))
    with database.write() as tx:
        tx.execute(text(f"UPDATE {name} SET {column} = 1"))


def _unguard(name: str, *, sqlite: bool) -> str:
    return f"DROP TRIGGER {name}_no_update" if sqlite else f"DROP TRIGGER {name}_append_only ON {name}"


def test_no_more_is_outstanding_than_was_lent(database: Database) -> None:
    with database.write() as tx:
        fill(tx)
    with pytest.raises(DBAPIError, match="outstanding_within_principal"), database.write() as tx:
        tx.execute(text("UPDATE loan SET outstanding_fen = 2"))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("application", {"id": "other"}),  # the platform's number
        ("attempt", {"id": "other", "seq": 2, "draw_no": None}),  # alive beside another that lives
        ("attempt", {"id": "other", "seq": 2, "state": "failed"}),  # the number of the drawdown
        ("loan", {"id": "other", "application_id": "y"}),  # the partner's loan number
        ("money_event", {"id": "other"}),  # the serial of the movement
        ("statement", {"id": "other"}),  # the party's month
        ("message", {"id": "other"}),  # the number of the message
    ],
)
def test_what_is_there_once_is_refused_the_second_time(
    database: Database, name: str, changes: Mapping[str, object]
) -> None:
    table = T.metadata.tables[name]
    with database.write() as tx:
        fill(tx)
    with pytest.raises(DBAPIError, match=r"(?i)unique"), database.write() as tx:
        tx.execute(insert(table), {**row(table), **changes})


def test_a_dead_attempt_makes_room_for_the_next(database: Database) -> None:
    with database.write() as tx:
        fill(tx)
        tx.execute(text("UPDATE attempt SET state = 'declined'"))
        tx.execute(insert(T.attempt), {**row(T.attempt), "id": "y", "seq": 2, "draw_no": None})
    assert counts(database)["attempt"] == 2
