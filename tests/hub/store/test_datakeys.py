"""Data keys stay: found across processes, rewrapped in place, never deleted or renamed, on both databases."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.store.datakeys import DataKeys, count_by_wrapping_key, store_rewrapped, wrapped_otherwise
from hub.store.migrate import differences, downgrade, migrate
from hub.store.session import Database
from signing.fields import FieldSealer
from signing.newkeys import new_field_ring

NOW = datetime(2026, 1, 5, 1, tzinfo=UTC)
CHANCE = random.Random(1).randbytes
RING = new_field_ring("fields", now=NOW, random=CHANCE)
PLACE = {"table": "message", "column": "sealed", "row": "msg_1"}


def sealer(database: Database) -> FieldSealer:
    return FieldSealer(RING, DataKeys(database, lambda: NOW), now=NOW, random=CHANCE)


def test_a_process_opens_what_one_started_later_has_sealed(database: Database) -> None:
    first = sealer(database)
    second = sealer(database)
    sealed = second.seal(b"secret", **PLACE)
    # As in a flow: the field is opened while a transaction is open.
    with database.write() as tx:
        tx.execute(text("SELECT 1"))
        assert first.unseal(sealed, **PLACE) == b"secret"
    assert sealer(database).unseal(sealed, **PLACE) == b"secret"
    with database.read() as tx:
        assert count_by_wrapping_key(tx) == {"fields-kek-1": 3}


def test_a_lost_row_is_none(database: Database) -> None:
    assert DataKeys(database, lambda: NOW).get(bytes(16)) is None


def test_only_the_wrapping_seen_before_is_replaced(database: Database) -> None:
    sealer(database)
    with database.write() as tx:
        ((name, held),) = wrapped_otherwise(tx, "another", "", 10)
        assert wrapped_otherwise(tx, "fields-kek-1", "", 10) == []
        assert wrapped_otherwise(tx, "another", name, 10) == []
        assert store_rewrapped(tx, name, held, held, NOW)
        assert not store_rewrapped(tx, name, b"something else", held, NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM data_key",
        "UPDATE data_key SET id = 'other'",
        "UPDATE data_key SET made_at = NULL",
    ],
)
def test_a_data_key_is_neither_deleted_nor_renamed(database: Database, statement: str) -> None:
    sealer(database)
    with pytest.raises(DBAPIError, match="never deleted or renamed"), database.write() as tx:
        tx.execute(text(statement))
    with database.read() as tx:
        assert sum(count_by_wrapping_key(tx).values()) == 1


def test_the_migration_goes_back_and_forth(database: Database) -> None:
    assert differences(database) == []
    downgrade(database, "0002")
    migrate(database)
    assert differences(database) == []
