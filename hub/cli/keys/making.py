"""`keys new`: key rings, keys that follow in a rotation, and API keys, in files only their owner reads."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from hub.cli.faults import WRONG_USE, Refusal
from hub.cli.keys.rings import FIELDS, FOLDER, following, has_primary
from hub.settings import Settings
from signing.errors import KeyUnavailable, ProfileInvalid
from signing.keys import Key, KeyRing, KeyState, KeyUse, RingEntry
from signing.keystore import (
    RING_FILE,
    import_key,
    load_ring,
    new_field_ring,
    new_private_pem,
    new_symmetric,
    write_ring,
)
from signing.newkeys import Algorithm
from signing.pairing import pair_for, private_kind
from signing.profile import load_profile, parse_profile

_API_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SCOPES: Final = ("frontend", "finance", "operator")


@dataclass(frozen=True)
class Wishes:
    """What a new key shall be. `following` adds it beside the present one, to be promoted later."""

    now: datetime
    days: int
    algorithm: Algorithm = "rsa-2048"
    following: bool = False
    password_env: str | None = None
    user_id: str | None = None
    profile: str | None = None

    @property
    def until(self) -> datetime:
        """The first instant the key no longer holds."""
        return self.now + timedelta(days=self.days)

    @property
    def password(self) -> bytes | None:
        """The password of the key's file, from the environment."""
        return password_of(self.password_env)


def new(
    *,
    partner: str | None,
    theirs: Path | None,
    shared: int | None,
    fields: bool,
    api: str | None,
    scopes: Sequence[str],
    wishes: Wishes,
) -> None:
    """Make exactly one kind of key. Raises Refusal for several, none, or one that exists."""
    if sum((partner is not None, fields, api is not None)) != 1:
        raise Refusal("say one of --partner ID, --fields, --api NAME --scope SCOPE", code=WRONG_USE)
    settings = Settings()
    if partner is not None:
        _partner(settings.key_dir, partner, theirs, shared, wishes)
    elif api is not None:
        _api(settings, api, scopes)
    else:
        _fields(settings.key_dir / FIELDS, wishes)


def password_of(variable: str | None) -> bytes | None:
    """The password in a variable of the environment. Raises Refusal when it is empty."""
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise Refusal(f"the environment has no {variable}, which should hold the password", code=WRONG_USE)
    return os.environ[variable].encode()


def _partner(key_dir: Path, name: str, theirs: Path | None, shared: int | None, wishes: Wishes) -> None:
    if not FOLDER.fullmatch(name) or name in (FIELDS, ".", ".."):
        raise Refusal(
            f"the folder of a partner's keys is letters, digits, _, . and -, and not '{FIELDS}'",
            code=WRONG_USE,
        )
    folder = key_dir / name
    if wishes.profile is not None:
        if shared is not None or wishes.following or wishes.password_env is not None:
            raise Refusal(
                "--profile says which keys there are: leave --shared, --next and --password-env out",
                code=WRONG_USE,
            )
        _as_declared(folder, name, wishes.profile, wishes)
        if theirs is None:
            return
    made = []
    if _wanted(folder / "ours", wishes, only=shared is None and theirs is None):
        made.append(_ours(folder / "ours", name, wishes))
    if shared is not None:
        made.append(_shared(folder / "shared", name, shared, wishes))
    if theirs is not None:
        _refuse_existing(folder / "theirs", f"add a key with `loanhub keys import {name}/theirs FILE`")
        key = Key.public_pem(f"{name}-partner-1", theirs.read_bytes())
        write_ring(folder / "theirs", _ring(f"{name}.theirs", key, wishes))
        made.append(
            f"{folder / 'theirs'}: the partner's key, SHA-256 {key.fingerprint()}; compare it by phone"
        )
    if not made:
        raise Refusal(
            f"{folder / 'ours'} exists; give --next for the key that shall follow, --theirs or --shared, "
            "or choose another --partner"
        )
    print("\n".join(made))
    if not (folder / "theirs" / RING_FILE).exists():
        print(f"next: loanhub keys new --partner {name} --theirs PEM, with the key the partner sends")


def _as_declared(folder: Path, name: str, profile: str, wishes: Wishes) -> None:
    """Make our key and the secrets of the kinds a profile asks for; their key comes from the partner."""
    try:
        file = Path(profile)
        found = parse_profile(file.read_text("utf-8")) if file.suffix == ".yaml" else load_profile(profile)
    except (ProfileInvalid, OSError) as error:
        raise Refusal(f"--profile: {error}", code=WRONG_USE) from error
    for ring in ("ours", "shared"):
        _refuse_existing(folder / ring, "give --next for the key that shall follow")
    # The pair tells the secrets; our own key goes the way of every private key, SM2 in files included.
    user_id = None if wishes.user_id is None else wishes.user_id.encode()
    keys, _ = pair_for(found, name, now=wishes.now, random=os.urandom, days=wishes.days, user_id=user_id)
    print(_ours(folder / "ours", name, replace(wishes, algorithm=private_kind(found))))
    if keys.shared is not None:
        write_ring(folder / "shared", keys.shared)
        secrets_made = ", ".join(entry.key.key_id for entry in keys.shared.entries)
        print(f"{folder / 'shared'}: {secrets_made}; hand them to the partner on a safe way")


def _wanted(folder: Path, wishes: Wishes, *, only: bool) -> bool:
    """Whether our key pair is to be made: the first always, a following one when nothing else was named."""
    exists = (folder / RING_FILE).exists()
    return (exists and only) if wishes.following else not exists


def _ours(folder: Path, name: str, wishes: Wishes) -> str:
    ring = _held(folder, f"{name}.ours")
    key_id = following(ring, f"{name}-hub")
    pem = new_private_pem(wishes.algorithm, os.urandom, password=wishes.password)
    attributes = {} if wishes.user_id is None else {"sm2_user_id": wishes.user_id.encode()}
    key = Key.private_pem(key_id, pem, password=wishes.password, attributes=attributes)
    import_key(
        folder,
        _entry(key, ring, wishes),
        pem,
        "private",
        ring_name=ring.name,
        password=wishes.password,
        password_env=wishes.password_env,
        environ=os.environ,
    )
    public = key.export_public().decode().strip()
    said = f"{folder}: our key, SHA-256 {key.fingerprint()}; its public half is for the partner:\n{public}"
    if not wishes.following:
        return said
    return f"{said}\nwhen the partner holds it: loanhub keys promote {name}/ours {key_id}"


def _shared(folder: Path, name: str, size: int, wishes: Wishes) -> str:
    if not wishes.following:
        _refuse_existing(folder, "give --next for the secret that shall follow")
    ring = _held(folder, f"{name}.shared")
    secret = new_symmetric(following(ring, f"{name}-shared"), os.urandom, size=size)
    write_ring(folder, KeyRing(ring.name, (*ring.entries, _entry(secret, ring, wishes))))
    return f"{folder}: a secret; hand {secret.key_id}.key to the partner on a safe way"


def _fields(folder: Path, wishes: Wishes) -> None:
    if not wishes.following:
        # Written over, everything sealed so far would be lost.
        _refuse_existing(folder, "give --next for the key that shall follow")
        write_ring(folder, new_field_ring(FIELDS, now=wishes.now, random=os.urandom, days=wishes.days))
        print(f"{folder}: the keys of stored personal data; back them up apart from the database")
        return
    ring = load_ring(folder, environ=os.environ)
    key = new_symmetric(following(ring, f"{FIELDS}-kek"), os.urandom, use=KeyUse.ENCRYPT)
    write_ring(folder, KeyRing(ring.name, (*ring.entries, _entry(key, ring, wishes))))
    print(f"{folder}: {key.key_id}; back it up, and restart every serve and work, so that all can read it")
    print(f"then: loanhub keys promote {FIELDS} {key.key_id}")


def _held(folder: Path, name: str) -> KeyRing:
    return load_ring(folder, environ=os.environ) if (folder / RING_FILE).exists() else KeyRing(name, ())


def _entry(key: Key, ring: KeyRing, wishes: Wishes) -> RingEntry:
    first = not has_primary(ring, key.use)
    if first and wishes.following:
        raise KeyUnavailable(f"ring {ring.name}: there is no primary key that another could follow")
    state = KeyState.ACTIVE if first else KeyState.PRE_ACTIVE
    return RingEntry(key, state, not_before=wishes.now, not_after=wishes.until, primary=first)


def _ring(name: str, key: Key, wishes: Wishes) -> KeyRing:
    return KeyRing(name, [RingEntry(key, not_before=wishes.now, not_after=wishes.until, primary=True)])


def _refuse_existing(folder: Path, instead: str) -> None:
    if (folder / RING_FILE).exists():
        raise Refusal(f"{folder} holds a ring already; {instead}, or move it away first, if that is meant")


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
