"""Key rings in a folder of PEM files and one ring.yaml; new keys; the list of published keys."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from signing.ciphers import secret_of
from signing.errors import KeyUnavailable, PublishedKeyRefused
from signing.keys import Key, KeyRing, KeyState, KeyUse, PartnerKeys, RingEntry

RING_FILE = "ring.yaml"
PUBLIC_EXPONENT = 65537


class _EntryFile(BaseModel):
    """One key as ring.yaml tells it. ``attributes`` are hexadecimal."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: str = Field(min_length=1)
    file: str = Field(pattern=r"^[^/\\]+$")
    kind: Literal["private", "public", "symmetric"]
    state: KeyState = KeyState.ACTIVE
    use: KeyUse = KeyUse.ANY
    primary: bool = False
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime | None = None
    attributes: dict[str, str] = {}


class _RingFile(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: str = Field(min_length=1)
    keys: tuple[_EntryFile, ...]


def load_ring(folder: Path, *, password: bytes | None = None) -> KeyRing:
    """The ring in ``folder``; ``password`` opens encrypted private keys. Raises KeyUnavailable."""
    try:
        document = yaml.safe_load((folder / RING_FILE).read_text(encoding="utf-8"))
        ring = _RingFile.model_validate_json(json.dumps(document, default=_timestamp))
        entries = [_load_entry(folder, entry, password) for entry in ring.keys]
    except (OSError, yaml.YAMLError, ValidationError, TypeError, ValueError) as error:
        raise KeyUnavailable(f"key ring in {folder}: {type(error).__name__}: {error}") from error
    return KeyRing(ring.name, entries)


def load_partner_keys(folder: Path, *, password: bytes | None = None) -> PartnerKeys:
    """The rings in ``folder``/ours, /theirs and, where it exists, /shared. Raises KeyUnavailable."""
    shared = folder / "shared"
    return PartnerKeys(
        ours=load_ring(folder / "ours", password=password),
        theirs=load_ring(folder / "theirs"),
        shared=load_ring(shared) if (shared / RING_FILE).exists() else None,
    )


def write_ring(folder: Path, ring: KeyRing, *, password: bytes | None = None) -> None:
    """Write a ring where only its owner reads it; private keys are encrypted when a password is given."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = []
    for entry in ring.entries:
        kind, suffix, data = _file_of(entry.key, password)
        name = f"{entry.key.key_id}{suffix}"
        _write_private(folder / name, data)
        keys.append(_describe(entry, kind, name))
    text = yaml.safe_dump({"name": ring.name, "keys": keys}, sort_keys=False, allow_unicode=True)
    _write_private(folder / RING_FILE, text.encode("utf-8"))


def write_partner_keys(folder: Path, keys: PartnerKeys) -> None:
    """Write the rings of one partner as ``load_partner_keys`` reads them."""
    write_ring(folder / "ours", keys.ours)
    write_ring(folder / "theirs", keys.theirs)
    if keys.shared is not None:
        write_ring(folder / "shared", keys.shared)


def new_rsa(key_id: str, *, bits: int = 2048, use: KeyUse = KeyUse.ANY) -> Key:
    """A fresh RSA key pair; the library draws its own randomness."""
    return Key(key_id, rsa.generate_private_key(PUBLIC_EXPONENT, bits), use=use)


def new_symmetric(
    key_id: str, random: Callable[[int], bytes], *, size: int = 32, use: KeyUse = KeyUse.ANY
) -> Key:
    """A fresh secret of ``size`` bytes."""
    return Key.symmetric(key_id, random(size), use=use)


def webhook_key(key_id: str, text: str) -> Key:
    """The key of a Standard Webhooks secret: ``whsec_`` and base64 of 24 to 64 bytes.

    Raises KeyUnavailable.
    """
    prefix, _, encoded = text.partition("_")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        secret = b""
    if prefix != "whsec" or not 24 <= len(secret) <= 64:
        raise KeyUnavailable(f"key {key_id}: a webhook secret is whsec_ and base64 of 24 to 64 bytes")
    return Key.symmetric(key_id, secret)


def new_pair(
    name: str,
    *,
    now: datetime,
    random: Callable[[int], bytes],
    shared_bytes: int | None = None,
    days: int = 365,
) -> tuple[PartnerKeys, PartnerKeys]:
    """Fresh rings for both ends of one relation: ours, and the partner's (for a sandbox or a test)."""
    ours, theirs = new_rsa(f"{name}-hub-1"), new_rsa(f"{name}-partner-1")
    secret = None if shared_bytes is None else new_symmetric(f"{name}-shared-1", random, size=shared_bytes)

    def ring(side: str, key: Key) -> KeyRing:
        return KeyRing(f"{name}.{side}", [_dated(key, now, days)])

    shared = None if secret is None else ring("shared", secret)
    return (
        PartnerKeys(ring("ours", ours), ring("theirs", theirs.public()), shared),
        PartnerKeys(ring("ours", theirs), ring("theirs", ours.public()), shared),
    )


def new_field_ring(name: str, *, now: datetime, random: Callable[[int], bytes], days: int = 365) -> KeyRing:
    """A ring for FieldSealer: a key-encryption key, and the key of blind indexes, which never expires."""
    wrapping = new_symmetric(f"{name}-kek-1", random, use=KeyUse.ENCRYPT)
    index = new_symmetric(f"{name}-index", random, use=KeyUse.INDEX)
    return KeyRing(name, [_dated(wrapping, now, days), RingEntry(index, primary=True)])


def refuse_published(ring: KeyRing, *, sandbox: bool) -> None:
    """Raise PublishedKeyRefused when a key of the ring has a published secret and this is no sandbox."""
    if sandbox:
        return
    for entry in ring.entries:
        if entry.key.fingerprint() in published_fingerprints():
            raise PublishedKeyRefused(
                f"ring {ring.name}: the secret of key {entry.key.key_id} is published; replace it"
            )


@cache
def published_fingerprints() -> frozenset[str]:
    """SHA-256 fingerprints of public keys and secrets that appear in published samples and test material."""
    text = (resources.files("signing") / "published_keys.txt").read_text(encoding="utf-8")
    return frozenset(line.split()[0] for line in text.splitlines() if line and not line.startswith("#"))


def _dated(key: Key, now: datetime, days: int) -> RingEntry:
    return RingEntry(key, not_before=now, not_after=now + timedelta(days=days), primary=True)


def _load_entry(folder: Path, entry: _EntryFile, password: bytes | None) -> RingEntry:
    data = (folder / entry.file).read_bytes()
    attributes = {name: bytes.fromhex(value) for name, value in entry.attributes.items()}
    if entry.kind == "symmetric":
        key = Key.symmetric(entry.id, _secret(entry.id, data), use=entry.use, attributes=attributes)
    elif entry.kind == "private":
        encrypted = b"ENCRYPTED" in data
        key = Key.private_pem(
            entry.id, data, password=password if encrypted else None, use=entry.use, attributes=attributes
        )
    else:
        key = Key.public_pem(entry.id, data, use=entry.use, attributes=attributes)
    return RingEntry(key, entry.state, entry.not_before, entry.not_after, entry.primary)


def _secret(key_id: str, data: bytes) -> bytes:
    try:
        return base64.b64decode(data.strip(), validate=True)
    except binascii.Error:
        raise KeyUnavailable(f"key {key_id}: a secret is stored as base64") from None


def _file_of(key: Key, password: bytes | None) -> tuple[str, str, bytes]:
    if not key.is_secret:
        return "public", ".pub.pem", key.export_public()
    try:
        return "symmetric", ".key", base64.b64encode(secret_of(key)) + b"\n"
    except KeyUnavailable:
        pass
    private = key.expect(rsa.RSAPrivateKey)
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
    return "private", ".pem", pem


def _describe(entry: RingEntry, kind: str, file: str) -> dict[str, object]:
    described: dict[str, object] = {"id": entry.key.key_id, "file": file, "kind": kind}
    described |= {"state": entry.state.value, "use": entry.key.use.value, "primary": entry.primary}
    for name, moment in (("not_before", entry.not_before), ("not_after", entry.not_after)):
        if moment is not None:
            described[name] = moment.isoformat()
    if entry.key.attributes:
        described["attributes"] = {name: value.hex() for name, value in entry.key.attributes.items()}
    return described


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(data)


def _timestamp(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a ring file")
