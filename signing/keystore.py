"""Key rings in a folder: one ring.yaml beside files of PEM, PKCS#12 or base64, or naming where else keys are.

name: bank-a.ours
keys:
  - {id: k-1, kind: private, file: k-1.pem, state: active, primary: true, not_after: 2027-01-01T00:00:00Z}
  - {id: k-2, kind: private, env: BANK_A_KEY_2, password_env: BANK_A_PASSWORD, state: pre-active}
  - {id: k-3, kind: private, state: pre-active,
     device: {module: /usr/lib/softhsm/libsofthsm2.so, token: hub, label: bank-a-3, pin_env: HSM_PIN}}
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import yaml
from cryptography.hazmat.primitives import serialization
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from signing.certificates import exportable, private_pkcs12
from signing.errors import KeyUnavailable
from signing.keys import Key, KeyRing, KeyState, KeyUse, PartnerKeys, RingEntry, Secret
from signing.newkeys import (
    new_ec,
    new_ed25519,
    new_field_ring,
    new_pair,
    new_private_pem,
    new_rsa,
    new_sm2,
    new_sm2_pem,
    new_symmetric,
    webhook_key,
)
from signing.published import published_fingerprints, refuse_published

__all__ = [
    "RING_FILE",
    "import_key",
    "load_partner_keys",
    "load_ring",
    "new_ec",
    "new_ed25519",
    "new_field_ring",
    "new_pair",
    "new_private_pem",
    "new_rsa",
    "new_sm2",
    "new_sm2_pem",
    "new_symmetric",
    "published_fingerprints",
    "refuse_published",
    "webhook_key",
    "write_partner_keys",
    "write_ring",
]

RING_FILE = "ring.yaml"
PKCS12_SUFFIXES = (".p12", ".pfx")
Environment = Mapping[str, str]
_NO_ENVIRONMENT: Environment = MappingProxyType({})
Kind = Literal["private", "public", "symmetric"]


class _Device(BaseModel):
    """A private key in a device: the maker's PKCS#11 library, the token's and the key's labels."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    module: str = Field(min_length=1)
    token: str = Field(min_length=1)
    label: str = Field(min_length=1)
    pin_env: str = Field(min_length=1)


class _EntryFile(BaseModel):
    """One key as ring.yaml tells it. ``attributes`` are hexadecimal."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: str = Field(min_length=1)
    kind: Kind
    file: str | None = Field(default=None, pattern=r"^[^/\\]+$")
    env: str | None = Field(default=None, min_length=1)
    device: _Device | None = None
    password_env: str | None = Field(default=None, min_length=1)
    state: KeyState = KeyState.ACTIVE
    use: KeyUse = KeyUse.ANY
    primary: bool = False
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime | None = None
    attributes: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_source(self) -> _EntryFile:
        if sum(source is not None for source in (self.file, self.env, self.device)) != 1:
            raise ValueError("a key comes from one of 'file', 'env' and 'device'")
        if self.device is not None and self.kind != "private":
            raise ValueError("a device keeps private keys")
        return self


class _RingFile(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: str = Field(min_length=1)
    keys: tuple[_EntryFile, ...]


def load_ring(
    folder: Path, *, password: bytes | None = None, environ: Environment = _NO_ENVIRONMENT
) -> KeyRing:
    """The ring in ``folder``; ``password`` opens encrypted private keys that name none of their own.

    Raises KeyUnavailable, naming the file and the fault, never the content.
    """
    ring = _read_ring_file(folder)
    entries = [_load_entry(folder, entry, password, environ) for entry in ring.keys]
    return KeyRing(ring.name, entries)


def load_partner_keys(
    folder: Path, *, password: bytes | None = None, environ: Environment = _NO_ENVIRONMENT
) -> PartnerKeys:
    """The rings in ``folder``/ours, /theirs and, where it exists, /shared. Raises KeyUnavailable."""
    shared = folder / "shared"
    return PartnerKeys(
        ours=load_ring(folder / "ours", password=password, environ=environ),
        theirs=load_ring(folder / "theirs", environ=environ),
        shared=load_ring(shared, environ=environ) if (shared / RING_FILE).exists() else None,
    )


def write_ring(folder: Path, ring: KeyRing, *, password: bytes | None = None) -> None:
    """Write a ring where only its owner reads it; private keys are encrypted when a password is given.

    A key the folder holds already keeps its file; only its state, use and dates are written anew, so this is
    also how a promotion or a revocation is stored. Raises KeyUnavailable when the folder holds another key of
    the same name, or a new key cannot be exported (SM2 and device keys: use ``import_key``).
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = {}
    if (folder / RING_FILE).exists():
        kept = {entry.id: entry for entry in _read_ring_file(folder).keys}
    described = []
    for entry in ring.entries:
        source = kept.get(entry.key.key_id)
        if source is None:
            source = _write_key(folder, entry.key, password)
        described.append(_describe(entry, source))
    _write_ring_file(folder, ring.name, described)


def write_partner_keys(folder: Path, keys: PartnerKeys) -> None:
    """Write the rings of one partner as ``load_partner_keys`` reads them."""
    write_ring(folder / "ours", keys.ours)
    write_ring(folder / "theirs", keys.theirs)
    if keys.shared is not None:
        write_ring(folder / "shared", keys.shared)


def import_key(
    folder: Path,
    entry_of: RingEntry,
    data: bytes,
    kind: Kind,
    *,
    ring_name: str,
    password: bytes | None = None,
    password_env: str | None = None,
    environ: Environment = _NO_ENVIRONMENT,
    suffix: str = ".pem",
) -> KeyRing:
    """Add a key file as it is (PEM, PKCS#12 with ``suffix`` .p12, or base64) and return the ring with it.

    ``entry_of`` gives id, use, state and dates; its key is compared with the one in ``data``. Where the file
    is encrypted, ``password_env`` is noted in the ring, so that whoever loads it knows where to look. Raises
    KeyUnavailable, and then leaves the folder as it was.
    """
    key_id = entry_of.key.key_id
    source = _EntryFile(id=key_id, kind=kind, file=f"{key_id}{suffix}", password_env=password_env)
    read = _key_from(source, data, password, {})
    if read.fingerprint() != entry_of.key.fingerprint():
        raise KeyUnavailable(f"key {key_id}: the file holds another key")
    described: list[dict[str, object]] = []
    ring = KeyRing(ring_name, ())
    if (folder / RING_FILE).exists():
        held = _read_ring_file(folder)
        ring = load_ring(folder, password=password, environ=environ)
        described = [one.model_dump(mode="json", exclude_defaults=True) for one in held.keys]
    ring = KeyRing(ring.name, (*ring.entries, entry_of))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / str(source.file)).exists():
        raise KeyUnavailable(f"key {key_id}: the folder holds a file {source.file} of unknown content")
    _write_private(folder / str(source.file), data)
    _write_ring_file(folder, ring.name, [*described, _describe(entry_of, source)])
    return ring


def _read_ring_file(folder: Path) -> _RingFile:
    try:
        document = yaml.safe_load((folder / RING_FILE).read_text(encoding="utf-8"))
        return _RingFile.model_validate_json(json.dumps(document, default=_timestamp))
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)
        ]
        raise KeyUnavailable(f"key ring in {folder}: {'; '.join(faults)}") from None
    except (OSError, yaml.YAMLError, TypeError, ValueError) as error:
        raise KeyUnavailable(f"key ring in {folder}: {error}") from error


def _load_entry(folder: Path, entry: _EntryFile, password: bytes | None, environ: Environment) -> RingEntry:
    if entry.device is not None:
        key = _device_key(entry, entry.device, environ)
        return RingEntry(key, entry.state, entry.not_before, entry.not_after, entry.primary)
    if entry.password_env is not None:
        password = _variable(entry, entry.password_env, environ).encode("utf-8")
    if entry.file is not None:
        try:
            data = (folder / entry.file).read_bytes()
        except OSError as error:
            raise KeyUnavailable(f"key {entry.id}: {error}") from error
    else:
        data = _variable(entry, str(entry.env), environ).encode("utf-8")
    try:
        attributes = {name: bytes.fromhex(value) for name, value in entry.attributes.items()}
    except ValueError:
        raise KeyUnavailable(f"key {entry.id}: attributes are hexadecimal") from None
    key = _key_from(entry, data, password, attributes)
    return RingEntry(key, entry.state, entry.not_before, entry.not_after, entry.primary)


def _device_key(entry: _EntryFile, at: _Device, environ: Environment) -> Key:
    try:
        from signing.pkcs11 import Pkcs11Token
    except ImportError:
        raise KeyUnavailable(f"key {entry.id}: install loanhub[hsm] to use keys in a device") from None
    token = Pkcs11Token(at.module, at.token, _variable(entry, at.pin_env, environ))
    return token.key(at.label, entry.id, use=entry.use)


def _variable(entry: _EntryFile, name: str, environ: Environment) -> str:
    if not environ.get(name):
        raise KeyUnavailable(f"key {entry.id}: the environment has no {name}")
    return environ[name]


def _key_from(entry: _EntryFile, data: bytes, password: bytes | None, attributes: Mapping[str, bytes]) -> Key:
    if entry.kind == "symmetric":
        return Key.symmetric(entry.id, _secret(entry.id, data), use=entry.use, attributes=attributes)
    if entry.kind == "public":
        return Key.public_pem(entry.id, data, use=entry.use, attributes=attributes)
    if entry.file is not None and entry.file.endswith(PKCS12_SUFFIXES):
        key = private_pkcs12(entry.id, data, password, use=entry.use)
        key.attributes = {**key.attributes, **attributes}
        return key
    encrypted = password if b"ENCRYPTED" in data else None
    return Key.private_pem(entry.id, data, password=encrypted, use=entry.use, attributes=attributes)


def _secret(key_id: str, data: bytes) -> bytes:
    try:
        return base64.b64decode(data.strip(), validate=True)
    except binascii.Error:
        raise KeyUnavailable(f"key {key_id}: a secret is stored as base64") from None


def _write_key(folder: Path, key: Key, password: bytes | None) -> _EntryFile:
    kind, suffix, data = _exported(key, password)
    name = f"{key.key_id}{suffix}"
    if (folder / name).exists():
        raise KeyUnavailable(f"key {key.key_id}: the folder holds a file {name} of unknown content")
    source = _EntryFile(id=key.key_id, kind=kind, file=name)
    _write_private(folder / name, data)
    return source


def _exported(key: Key, password: bytes | None) -> tuple[Kind, str, bytes]:
    if not key.is_secret:
        return "public", ".pub.pem", key.export_public()
    if key.is_kind(Secret):
        return "symmetric", ".key", base64.b64encode(key.expect(Secret).value) + b"\n"
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem = exportable(key).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
    return "private", ".pem", pem


def _describe(entry: RingEntry, source: _EntryFile) -> dict[str, object]:
    described = source.model_copy(
        update={
            "state": entry.state,
            "use": entry.key.use,
            "primary": entry.primary,
            "not_before": entry.not_before,
            "not_after": entry.not_after,
            "attributes": {name: value.hex() for name, value in entry.key.attributes.items()},
        }
    )
    return {**described.model_dump(mode="json", exclude_defaults=True), "state": entry.state.value}


def _write_ring_file(folder: Path, name: str, keys: list[dict[str, object]]) -> None:
    text = yaml.safe_dump({"name": name, "keys": keys}, sort_keys=False, allow_unicode=True)
    # In one step, so that a process loading the ring at this moment reads the old one or the new one.
    fresh = folder / f"{RING_FILE}.new"
    _write_private(fresh, text.encode("utf-8"))
    fresh.replace(folder / RING_FILE)


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(data)


def _timestamp(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a ring file")
