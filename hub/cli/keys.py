"""`keys new`: key rings and API keys, in files that only their owner reads."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from hub.cli.faults import WRONG_USE, Refusal
from hub.settings import Settings
from signing.keys import Key, KeyRing, RingEntry
from signing.keystore import RING_FILE, new_field_ring, new_rsa, new_symmetric, write_ring

FIELDS: Final = "fields"
_FOLDER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_API_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SCOPES: Final = ("frontend", "finance", "operator")


def new(
    *,
    partner: str | None,
    theirs: Path | None,
    shared: int | None,
    fields: bool,
    api: str | None,
    scopes: Sequence[str],
    days: int,
) -> None:
    """Make exactly one kind of key. Raises Refusal for several, none, or one that exists."""
    if sum((partner is not None, fields, api is not None)) != 1:
        raise Refusal("say one of --partner ID, --fields, --api NAME --scope SCOPE", code=WRONG_USE)
    settings = Settings()
    now = datetime.now(UTC)
    if partner is not None:
        _partner(settings.key_dir, partner, theirs, shared, now, days)
    elif api is not None:
        _api(settings, api, scopes)
    else:
        _fields(settings.key_dir, now, days)


def _partner(
    key_dir: Path, name: str, theirs: Path | None, shared: int | None, now: datetime, days: int
) -> None:
    if not _FOLDER.fullmatch(name) or name == FIELDS:
        raise Refusal(
            f"the folder of a partner's keys is letters, digits, _, . and -, and not '{FIELDS}'",
            code=WRONG_USE,
        )
    folder = key_dir / name
    made = []
    if not (folder / "ours" / RING_FILE).exists():
        made.append(_ours(folder / "ours", name, now, days))
    if shared is not None:
        _refuse_existing(folder / "shared")
        secret = new_symmetric(f"{name}-shared-1", os.urandom, size=shared)
        write_ring(folder / "shared", _ring(f"{name}.shared", secret, now, days))
        made.append(f"{folder / 'shared'}: a secret; hand {secret.key_id}.key to the partner on a safe way")
    if theirs is not None:
        _refuse_existing(folder / "theirs")
        key = Key.public_pem(f"{name}-partner-1", theirs.read_bytes())
        write_ring(folder / "theirs", _ring(f"{name}.theirs", key, now, days))
        made.append(
            f"{folder / 'theirs'}: the partner's key, SHA-256 {key.fingerprint()}; compare it by phone"
        )
    if not made:
        raise Refusal(f"{folder / 'ours'} exists; give --theirs or --shared, or choose another --partner")
    print("\n".join(made))
    if not (folder / "theirs" / RING_FILE).exists():
        print(f"next: loanhub keys new --partner {name} --theirs PEM, with the key the partner sends")


def _ours(folder: Path, name: str, now: datetime, days: int) -> str:
    key = new_rsa(f"{name}-hub-1")
    write_ring(folder, _ring(f"{name}.ours", key, now, days))
    public = key.export_public().decode().strip()
    return f"{folder}: our key, SHA-256 {key.fingerprint()}; its public half is for the partner:\n{public}"


def _fields(key_dir: Path, now: datetime, days: int) -> None:
    # Written over, everything sealed so far would be lost.
    _refuse_existing(key_dir / FIELDS)
    write_ring(key_dir / FIELDS, new_field_ring(FIELDS, now=now, random=os.urandom, days=days))
    print(f"{key_dir / FIELDS}: the keys of stored personal data; back them up apart from the database")


def _ring(name: str, key: Key, now: datetime, days: int) -> KeyRing:
    return KeyRing(name, [RingEntry(key, not_before=now, not_after=now + timedelta(days=days), primary=True)])


def _refuse_existing(folder: Path) -> None:
    if (folder / RING_FILE).exists():
        raise Refusal(f"{folder} holds a ring already; move it away first, if that is meant")


def _api(settings: Settings, name: str, scopes: Sequence[str]) -> None:
    if not _API_NAME.fullmatch(name):
        raise Refusal("the name is lower-case letters, digits, - and _, at most 40", code=WRONG_USE)
    if not scopes or set(scopes) - set(_SCOPES):
        raise Refusal(f"give --scope once or more: {', '.join(_SCOPES)}", code=WRONG_USE)
    key = secrets.token_urlsafe(32)
    entry = {"name": name, "sha256": sha256(key.encode()).hexdigest(), "scopes": sorted(set(scopes))}
    file = settings.api_keys_file
    if file is None:
        print("LOANHUB_API_KEYS_FILE is not set; put this into the list it will name:")
        print(json.dumps(entry))
    else:
        _append(file, entry)
        print(f"{file}: added '{name}'; running processes read it when they start")
    print(f"the key, shown this once: {key}")


def _append(file: Path, entry: dict[str, Any]) -> None:
    try:
        listed = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    except ValueError:
        listed = None
    if not isinstance(listed, list):
        raise Refusal(f"{file} is not a JSON list of keys; correct it first")
    if any(isinstance(one, dict) and one.get("name") == entry["name"] for one in listed):
        raise Refusal(f"{file} has a key '{entry['name']}' already; choose another name")
    write_private(file, json.dumps([*listed, entry], indent=2) + "\n")


def write_private(file: Path, text: str) -> None:
    """Write a file in one step that only its owner reads."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
