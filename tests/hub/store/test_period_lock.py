"""Nothing is booked in a closed month, whoever writes; on PostgreSQL not even while it is being closed."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from hub.flows import closing
from hub.store.session import Database
from hub.store.tables import T
from tests.hub.flows.world import World

MARCH = datetime(2026, 3, 2, 2, tzinfo=UTC)


def entry(number: str, month: str) -> dict[str, object]:
    return {
        "id": number,
        "kind": "received",
        "loan_id": "loan_1",
        "serial": number,
        "month": month,
        "booked_on": date(2026, 2, 5),
        "memo": "x",
    }


def test_a_closed_month_takes_no_entry_and_no_line(database: Database) -> None:
    world = World.__new__(World)  # only its reading is used
    world.database = database
    with database.write() as tx:
        tx.execute(insert(T.month).values(month="2026-02", state="closed", closed_at=MARCH))
        tx.execute(insert(T.journal_entry).values(entry("a", "2026-03")))
    line = dict.fromkeys(("loan_id", "partner", "agreement", "kind", "base", "event_kind", "serial"), "x") | {
        "clause": "x",
        "party": "x",
        "counterparty": "x",
        "amount_fen": 1,
        "body": {},
    }
    line |= {"month": "2026-02", "booked_on": date(2026, 2, 5)}
    for table, row in ((T.journal_entry, entry("b", "2026-02")), (T.share_line, line)):
        with pytest.raises(DBAPIError, match="is closed: book in the open one"), database.write() as tx:
            tx.execute(insert(table).values(row))
    assert [row.id for row in world.rows(T.journal_entry)] == ["a"]
    assert not world.rows(T.share_line)


def test_what_was_booked_before_the_closing_is_in_it_and_what_comes_after_is_refused(
    database_url: str,
) -> None:
    """A booking that has not committed keeps the closing waiting, so that no line is left out of its sums."""
    world = World(database_url)
    try:
        if world.database.sqlite:
            pytest.skip("SQLite has one writer at a time: the booking and the closing cannot overlap")
        world.time = MARCH
        done = threading.Event()

        def close() -> None:
            closing.close(world.context, "2026-02", who="ann")
            done.set()

        closer = threading.Thread(target=close)
        with world.database.write() as tx:
            tx.execute(insert(T.journal_entry).values(entry("a", "2026-02")))
            closer.start()
            waiting = text(
                "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
                " WHERE d.datname = current_database() AND locktype = 'advisory' AND NOT granted"
            )
            while not tx.execute(waiting).scalar_one():
                assert not done.is_set()
        closer.join(30)
        assert done.is_set()
        with pytest.raises(DBAPIError, match="is closed"), world.database.write() as tx:
            tx.execute(insert(T.journal_entry).values(entry("b", "2026-02")))
    finally:
        world.database.close()
