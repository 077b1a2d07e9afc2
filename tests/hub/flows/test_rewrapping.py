"""Rewrapping ends, resumes, passes over what cannot be opened, and leaves every stored field as it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hub.flows.rewrapping import Progress, rewrap, wrapping_keys
from hub.store.datakeys import DataKeys
from hub.store.migrate import migrate
from hub.store.session import Database
from signing.errors import KeyUnavailable
from signing.fields import FieldSealer
from signing.keys import KeyRing, KeyState, KeyUse, RingEntry
from signing.newkeys import new_field_ring, new_symmetric

NOW = datetime(2026, 1, 5, 1, tzinfo=UTC)
CHANCE = random.Random(2).randbytes
RING = new_field_ring("fields", now=NOW, random=CHANCE)
ROTATED = RING.with_entry(
    RingEntry(new_symmetric("kek-2", CHANCE, use=KeyUse.ENCRYPT), KeyState.PRE_ACTIVE)
).promoted("kek-2")
PLACE = {"table": "message", "column": "sealed", "row": "msg_1"}
PROCESSES = 7


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def sealed(database: Database) -> list[bytes]:
    """What seven processes have sealed."""
    return [opener(database, RING).seal(b"secret %d" % number, **PLACE) for number in range(PROCESSES)]


def opener(database: Database, ring: KeyRing) -> FieldSealer:
    return FieldSealer(ring, DataKeys(database, lambda: NOW), now=NOW, random=CHANCE)


def run(database: Database, ring: KeyRing, batch: int = 3) -> list[Progress]:
    return list(rewrap(database, ring, lambda: NOW, batch=batch))


def test_afterwards_the_old_key_is_needed_no_more(database: Database, sealed: list[bytes]) -> None:
    steps = run(database, ROTATED)
    assert [step.done for step in steps] == [0, 3, 6, 7]
    assert {(step.key_id, step.total, step.refused) for step in steps} == {("kek-2", PROCESSES, 0)}
    assert wrapping_keys(database) == {"kek-2": PROCESSES}
    reader = opener(database, ROTATED.revoked("fields-kek-1"))
    assert [reader.unseal(one, **PLACE) for one in sealed] == [b"secret %d" % n for n in range(PROCESSES)]


def test_an_interrupted_run_is_resumed_by_starting_again(database: Database, sealed: list[bytes]) -> None:
    for step in rewrap(database, ROTATED, lambda: NOW, batch=2):
        if step.done == 4:
            break
    assert wrapping_keys(database) == {"fields-kek-1": 3, "kek-2": 4}
    resumed = run(database, ROTATED)
    assert [step.done for step in resumed] == [4, 7]
    assert run(database, ROTATED) == resumed[-1:]


def test_what_cannot_be_opened_is_counted_and_does_not_stop_the_rest(
    database: Database, sealed: list[bytes]
) -> None:
    other = new_field_ring("other", now=NOW, random=CHANCE)
    opener(database, other)
    last = run(database, ROTATED, batch=2)[-1]
    assert (last.done, last.total, last.refused) == (PROCESSES, PROCESSES + 1, 1)
    assert last.fault is not None
    assert "no key other-kek-1" in last.fault
    assert wrapping_keys(database) == {"kek-2": PROCESSES, "other-kek-1": 1}


def test_without_a_primary_key_nothing_is_begun(database: Database, sealed: list[bytes]) -> None:
    with pytest.raises(KeyUnavailable):
        run(database, ROTATED.revoked("kek-2"))
    assert wrapping_keys(database) == {"fields-kek-1": PROCESSES}
