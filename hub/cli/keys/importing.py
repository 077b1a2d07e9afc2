"""`keys import`: a key made elsewhere, put into a ring as it is; a second one waits for its promotion."""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hub.cli.faults import WRONG_USE, Refusal
from hub.cli.keys.making import password_of
from hub.cli.keys.rings import FIELDS, FOLDER, has_primary, ring_folder
from hub.settings import Settings
from signing.certificates import CERTIFICATE, certified_until, private_pkcs12
from signing.keys import Key, KeyRing, KeyState, KeyUse, RingEntry
from signing.keystore import PKCS12_SUFFIXES, RING_FILE, Kind, import_key, load_ring, refuse_published

# What a ring is for decides what may stand in it: a partner's private key has no business here.
_FITTING: dict[str, Kind] = {
    "ours": "private",
    "theirs": "public",
    "shared": "symmetric",
    FIELDS: "symmetric",
}


@dataclass(frozen=True)
class Found:
    """A key file that was read: its kind, how its copy is named, the key, and the end of its certificate."""

    kind: Kind
    suffix: str
    key: Key
    until: datetime | None


def import_(
    ring: str,
    file: Path,
    *,
    key_id: str | None,
    use: KeyUse,
    password_env: str | None,
    user_id: str | None,
    days: int | None,
    now: datetime,
) -> None:
    """Add a key file to a ring. Raises Refusal when it does not fit there, KeyUnavailable when unreadable."""
    if key_id is not None and not FOLDER.fullmatch(key_id):
        raise Refusal("the id of a key is letters, digits, _, . and -, at most 64", code=WRONG_USE)
    settings = Settings()
    folder = ring_folder(settings.key_dir, ring)
    password = password_of(password_env)
    attributes = {} if user_id is None else {"sm2_user_id": user_id.encode()}
    found = _read(file, key_id or file.stem.split(".")[0], use, password, attributes)
    wanted = _FITTING[folder.name]
    if found.kind != wanted:
        raise Refusal(f"{file} holds a {found.kind} key, and {ring} is for {wanted} keys", code=WRONG_USE)
    name = ring.replace("/", ".")
    held = load_ring(folder, environ=os.environ) if (folder / RING_FILE).exists() else KeyRing(name, ())
    until = now + timedelta(days=days) if days is not None else found.until or now + timedelta(days=365)
    first = not has_primary(held, use)
    state = KeyState.ACTIVE if first else KeyState.PRE_ACTIVE
    entry = RingEntry(found.key, state, not_before=now, not_after=until, primary=first)
    refuse_published(KeyRing(name, [entry]), sandbox=settings.sandbox)
    import_key(
        folder,
        entry,
        file.read_bytes(),
        found.kind,
        ring_name=name,
        password=password,
        password_env=password_env,
        environ=os.environ,
        suffix=found.suffix,
    )
    key = found.key
    print(f"{folder}: {key.key_id} is {state.value} until {until:%Y-%m-%d}, SHA-256 {key.fingerprint()}")
    if wanted == "public":
        print("compare the fingerprint with the partner by phone")
    if not first:
        print(f"then: loanhub keys promote {ring} {key.key_id}")


def _read(
    file: Path, key_id: str, use: KeyUse, password: bytes | None, attributes: dict[str, bytes]
) -> Found:
    data, suffix = file.read_bytes(), file.suffix.lower()
    if suffix in PKCS12_SUFFIXES:
        key = private_pkcs12(key_id, data, password, use=use)
        key.attributes = {**key.attributes, **attributes}
        return Found("private", suffix, key, certified_until(key.attributes.get(CERTIFICATE, b"")))
    if b"PRIVATE KEY-----" in data:
        encrypted = password if b"ENCRYPTED" in data else None
        key = Key.private_pem(key_id, data, password=encrypted, use=use, attributes=attributes)
        return Found("private", ".pem", key, None)
    if b"PUBLIC KEY-----" in data or b"BEGIN CERTIFICATE-----" in data:
        key = Key.public_pem(key_id, data, use=use, attributes=attributes)
        return Found("public", ".pub.pem", key, certified_until(data))
    try:
        secret = base64.b64decode(data.strip(), validate=True)
    except binascii.Error:
        secret = b""
    if not secret:
        raise Refusal(f"{file} is neither PEM, PKCS#12 (.p12, .pfx) nor a secret in base64", code=WRONG_USE)
    return Found("symmetric", ".key", Key.symmetric(key_id, secret, use=use, attributes=attributes), None)
