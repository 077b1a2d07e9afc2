"""Moving stored data keys under the present key-encryption key in batches; no sealed field is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from hub.store.datakeys import count_by_wrapping_key, store_rewrapped, wrapped_otherwise
from hub.store.session import Database
from signing.errors import SigningError
from signing.fields import rewrap as rewrapped
from signing.keys import KeyRing, KeyUse

BATCH = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come: data keys under the present key, those in all, and those nobody could open."""

    key_id: str
    done: int
    total: int
    refused: int = 0
    fault: str | None = None
    """Why the first of the refused could not be opened."""


def wrapping_keys(database: Database) -> dict[str, int]:
    """How many data keys each key-encryption key wraps."""
    with database.read() as tx:
        return count_by_wrapping_key(tx)


def rewrap(
    database: Database, ring: KeyRing, clock: Callable[[], datetime], *, batch: int = BATCH
) -> Iterator[Progress]:
    """Rewrap what another key than the ring's primary ENCRYPT key wraps; yields before and after each batch.

    Each batch is one transaction. What is left is asked of the database, so an interrupted run is resumed by
    starting again, and two at once do no harm. A data key whose wrapping key is gone is passed over and
    counted. Raises KeyUnavailable when the ring has no primary key.
    """
    key_id = ring.primary(clock(), KeyUse.ENCRYPT).key_id
    counts = wrapping_keys(database)
    progress = Progress(key_id, counts.get(key_id, 0), sum(counts.values()))
    yield progress
    after = ""
    while True:
        one = partial(
            _batch, key_id=key_id, after=after, limit=batch, ring=ring, now=clock(), progress=progress
        )
        last, progress = database.run(one, repeatable=True)
        if last is None:
            return
        after = last
        yield progress


def _batch(
    tx: Connection,
    *,
    key_id: str,
    after: str,
    limit: int,
    ring: KeyRing,
    now: datetime,
    progress: Progress,
) -> tuple[str | None, Progress]:
    """Rewrap the next data keys after one; returns the last of them, None when there were none."""
    last = None
    for last, before in wrapped_otherwise(tx, key_id, after, limit):
        progress = _one(tx, last, before, ring, now, progress)
    return last, progress


def _one(
    tx: Connection, name: str, before: bytes, ring: KeyRing, now: datetime, progress: Progress
) -> Progress:
    try:
        after = rewrapped(before, ring, now=now)
    except SigningError as error:
        fault = progress.fault or f"data key {name}: {error}"
        return replace(progress, refused=progress.refused + 1, fault=fault)
    # Where another run was quicker nothing is written, and it is done all the same.
    store_rewrapped(tx, name, before, after, now)
    return replace(progress, done=progress.done + 1)
