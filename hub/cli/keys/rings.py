"""Rings under the key folder, named as `bank-a/ours` or `fields`: finding, reading and changing them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hub.cli.faults import WRONG_USE, Refusal
from signing.keys import KeyRing, KeyUse, RingEntry
from signing.keystore import RING_FILE, load_ring

FIELDS: Final = "fields"
FOLDER: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
SIDES: Final = ("ours", "theirs", "shared")
_NUMBER = re.compile(r"-(\d+)$")


def all_rings(key_dir: Path) -> Iterator[tuple[str, Path]]:
    """Every folder under `key_dir` that holds a ring, with its name, sorted."""
    for file in sorted(key_dir.rglob(RING_FILE)):
        yield file.parent.relative_to(key_dir).as_posix(), file.parent


def ring_folder(key_dir: Path, ring: str) -> Path:
    """The folder of a ring named `PARTNER/ours`, `PARTNER/theirs`, `PARTNER/shared` or `fields`."""
    partner, _, side = ring.partition("/")
    fits = side in SIDES and FOLDER.fullmatch(partner) and partner not in (".", "..")
    if ring != FIELDS and not fits:
        raise Refusal(
            f"a ring is named PARTNER/ours, PARTNER/theirs, PARTNER/shared or {FIELDS}", code=WRONG_USE
        )
    return key_dir / ring


def read(key_dir: Path, ring: str) -> tuple[Path, KeyRing]:
    """A ring that is there. Raises Refusal naming those there are, or KeyUnavailable."""
    folder = ring_folder(key_dir, ring)
    if not (folder / RING_FILE).exists():
        there = ", ".join(name for name, _ in all_rings(key_dir)) or "none"
        raise Refusal(f"{folder} holds no ring; there are: {there}")
    return folder, load_ring(folder, environ=os.environ)


def chosen(ring: KeyRing, key_id: str) -> RingEntry:
    """The entry of one key. Raises Refusal naming those there are."""
    for entry in ring.entries:
        if entry.key.key_id == key_id:
            return entry
    there = ", ".join(entry.key.key_id for entry in ring.entries)
    raise Refusal(f"ring {ring.name} has no key {key_id}; there are: {there}")


def has_primary(ring: KeyRing, use: KeyUse) -> bool:
    """Whether a key of this use is primary already, so that another can only wait for its promotion."""
    return any(entry.primary and entry.key.use is use for entry in ring.entries)


def following(ring: KeyRing, stem: str) -> str:
    """The next id: `stem` and one more than the highest number at the end of an id in the ring."""
    numbers = [int(found.group(1)) for e in ring.entries if (found := _NUMBER.search(e.key.key_id))]
    return f"{stem}-{max(numbers, default=0) + 1}"
