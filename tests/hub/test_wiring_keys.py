"""Wiring of keys: fields are sealed under a key in the database, indexes fit the rows, endings are logged."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert
from structlog.testing import capture_logs

from hub.settings import Settings
from hub.store.session import Database
from hub.store.tables import T
from hub.wiring import field_ring, field_sealer, open_database, warn
from signing.errors import PublishedKeyRefused
from signing.fields import FieldSealer
from signing.keys import Key, KeyRing, KeyUse
from signing.keystore import new_field_ring, write_ring

NOW = datetime(2026, 1, 5, 1, tzinfo=UTC)
CHANCE = random.Random(3).randbytes
RING = new_field_ring("fields", now=NOW, random=CHANCE, days=60)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(Settings(database_url=f"sqlite:///{tmp_path / 'hub.db'}"))


def sealer(database: Database) -> FieldSealer:
    return field_sealer(database, RING, clock=lambda: NOW, random=CHANCE)


def fill(database: Database, rows: int) -> None:
    row = {
        "owner": "app",
        "product": "cash",
        "amount_fen": 1,
        "term_months": 12,
        "method": "equal_instalment",
        "annual_rate": Decimal("0.1"),
        "purpose": "x",
        "region": "110000",
        "age": 30,
        "state": "submitted",
        "sealed": b"",
        "id_index": "",
        "mobile_index": "",
        "card_index": "",
        "created_at": NOW,
        "updated_at": NOW,
    }
    with database.write() as tx:
        numbered = [{**row, "id": f"app_{n}", "platform_no": f"P{n}"} for n in range(rows)]
        tx.execute(insert(T.application), numbered)


def test_indexes_grow_with_what_is_stored_and_find_what_was_written_before(database: Database) -> None:
    early = sealer(database).blind_index("application.id_number", "110101199003074518")
    fill(database, 300)
    later = sealer(database)
    assert later.blind_index("application.id_number", "110101199003074518").startswith("6:")
    assert early in later.blind_indexes("application.id_number", "110101199003074518")
    # Unequal values share an index on purpose: about four of three hundred.
    found = [later.blind_index("application.id_number", str(number)) for number in range(300)]
    assert 2 <= 300 / len(set(found)) <= 300**0.5


def test_another_process_opens_what_this_one_sealed(database: Database) -> None:
    place = {"table": "application", "column": "sealed", "row": "app_1"}
    sealed = sealer(database).seal(b"secret", **place)
    assert sealer(database).unseal(sealed, **place) == b"secret"


@pytest.mark.parametrize(("days", "told"), [(31, []), (29, [28]), (-1, [-2])])
def test_a_key_that_ends_is_logged(days: int, told: list[int]) -> None:
    with capture_logs() as logs:
        warn(RING, NOW + timedelta(days=60 - days, seconds=1))
    assert [line["days_left"] for line in logs if line["event"] == "key ends"] == told


def test_a_published_key_does_not_seal_what_is_stored(tmp_path: Path) -> None:
    published = Key.symmetric("fields-kek-1", bytes(range(16)) * 2, use=KeyUse.ENCRYPT)
    settings = Settings(key_dir=tmp_path)
    write_ring(tmp_path / "fields", KeyRing.of("fields", published))
    assert field_ring(settings).name == "fields"
    known = Key.symmetric("fields-kek-1", bytes(range(16)), use=KeyUse.ENCRYPT)
    write_ring(tmp_path / "other" / "fields", KeyRing.of("fields", known))
    with pytest.raises(PublishedKeyRefused):
        field_ring(Settings(key_dir=tmp_path / "other"))
