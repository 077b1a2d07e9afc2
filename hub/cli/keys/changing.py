"""`keys promote`, `revoke`, `csr`, `export-public`: what is done to a key that is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from hub.cli.faults import Refusal
from hub.cli.keys.rings import FIELDS, chosen, read
from hub.settings import Settings
from signing.certificates import certificate_request
from signing.keys import KeyRing, KeyState, KeyUse
from signing.keystore import write_ring

_RESTART = "running processes read it when they start: restart every serve and work, one after the other"


def promote(ring: str, key_id: str, now: datetime) -> None:
    """Make a key the primary of its use; the former primary is only accepted from now on."""
    folder, held = read(Settings().key_dir, ring)
    entry = chosen(held, key_id)
    if entry.primary:
        raise Refusal(f"{ring} {key_id} is the primary key already")
    if not entry.holds_at(now):
        raise Refusal(f"{ring} {key_id} holds from {entry.not_before} until {entry.not_after}: not now")
    changed = held.promoted(key_id)
    write_ring(folder, changed)
    print(f"{folder}: {key_id} is active and primary")
    for before, after in zip(held.entries, changed.entries, strict=True):
        if before.primary and not after.primary:
            print(f"{folder}: {before.key.key_id} is accept-only; revoke it when nothing in flight needs it")
    print(_RESTART)
    if ring == FIELDS:
        print("then: loanhub keys rewrap")


def revoke(ring: str, key_id: str, *, yes: bool, confirm: Callable[[str], bool]) -> None:
    """Revoke a key at once, for signing, believing and opening alike. Raises Refusal."""
    settings = Settings()
    folder, held = read(settings.key_dir, ring)
    entry = chosen(held, key_id)
    if entry.state is KeyState.REVOKED:
        raise Refusal(f"{ring} {key_id} is revoked already")
    if ring == FIELDS:
        _refuse_needed(settings, key_id, entry.key.use)
    if not yes and not confirm(f"{_consequence(held, key_id)} Revoke {ring} {key_id}?"):
        raise Refusal("nothing was changed")
    write_ring(folder, held.revoked(key_id))
    print(f"{folder}: {key_id} is revoked; it cannot be promoted again")
    print(_RESTART)


def _consequence(held: KeyRing, key_id: str) -> str:
    if chosen(held, key_id).primary:
        return "This is the primary key: nothing can be done with the ring until another is promoted."
    return "Whatever still comes under this key will be refused."


def _refuse_needed(settings: Settings, key_id: str, use: KeyUse) -> None:
    """What a revoked key wraps cannot be opened: the fields sealed under it would be lost."""
    from hub.flows.rewrapping import wrapping_keys
    from hub.wiring import open_database

    if use is KeyUse.INDEX:
        raise Refusal(f"{key_id} is the key of the blind indexes: without it no borrower is found again")
    database = open_database(settings)
    try:
        needed = wrapping_keys(database).get(key_id, 0)
    finally:
        database.close()
    if needed:
        raise Refusal(
            f"{key_id} still wraps {needed} data keys; promote another and run `loanhub keys rewrap`"
        )


def csr(ring: str, key_id: str | None, *, common_name: str, organization: str | None, now: datetime) -> None:
    """Print a certificate signing request for one of our keys, the primary when none is named."""
    _, held = read(Settings().key_dir, ring)
    key = held.primary(now, KeyUse.SIGN) if key_id is None else chosen(held, key_id).key
    print(certificate_request(key, common_name=common_name, organization=organization).decode(), end="")


def export_public(ring: str, key_id: str | None, *, out: Path | None, now: datetime) -> None:
    """Print the public half of a key, the primary when none is named, or write it to a file."""
    _, held = read(Settings().key_dir, ring)
    key = held.primary(now) if key_id is None else chosen(held, key_id).key
    pem = key.export_public()
    if out is None:
        print(pem.decode(), end="")
        return
    out.write_bytes(pem)
    print(f"{out}: the public half of {key.key_id}, SHA-256 {key.fingerprint()}")
