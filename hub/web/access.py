"""Who may call: API keys with scopes, stored as hashes, never by default."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.openapi.models import HTTPBearer as BearerModel
from fastapi.security.base import SecurityBase

from hub.settings import Settings
from hub.web.problems import Refused


class Scope(StrEnum):
    """What a key is good for. A key may have several."""

    FRONTEND = "frontend"  # submit applications and read one's own
    FINANCE = "finance"  # months, settlements, statements, journal
    OPERATOR = "operator"  # backlog and matters for a person


class AccessRefused(Exception):
    """The hub does not start with these API keys; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is known here: its name, the SHA-256 of the key itself, and its scopes."""

    name: str
    digest: bytes
    scopes: frozenset[Scope]


SANDBOX_KEYS: Final[Mapping[str, Scope]] = {
    "sandbox-frontend-key": Scope.FRONTEND,
    "sandbox-finance-key": Scope.FINANCE,
    "sandbox-operator-key": Scope.OPERATOR,
}
"""Published keys. Everybody knows them, so they open a sandbox and nothing else."""

_GUESSED: Final = ("", "changeme", "secret", "password", "test", "demo", "loanhub", "api-key", "key")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_REMEDY: Final = "make one with `loanhub keys new --api NAME --scope SCOPE` and put its line into the file"


class Access:
    """The known keys."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = tuple(keys)

    def admit(self, authorization: str | None, scope: Scope) -> ApiKey:
        """Return the key of an Authorization header; raises Refused with 401, or 403 without the scope."""
        kind, _, presented = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not presented:
            raise _unknown("请在 Authorization 头中提供 Bearer 密钥", "send Authorization: Bearer <key>")
        digest = sha256(presented.strip().encode()).digest()
        found = None
        # Every key is compared, in constant time, so that timing tells nothing about which one was close.
        for key in self._keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        if found is None:
            raise _unknown("密钥无效", "this key is not known here")
        if scope not in found.scopes:
            raise Refused(
                403,
                "scope_missing",
                f"该密钥没有 {scope} 权限",
                f"this key lacks the scope '{scope}'; use another, or ask for the scope",
            )
        return found


def _unknown(zh: str, en: str) -> Refused:
    return Refused(401, "key_unknown", zh, en, headers={"WWW-Authenticate": 'Bearer realm="loanhub"'})


class Guard(SecurityBase):
    """A dependency that admits the keys of one scope and returns the key's name, which owns what it makes."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.scheme_name = f"{scope.value}_key"
        self.model = BearerModel(description=f"An API key with the scope `{scope.value}`.")

    async def __call__(self, request: Request) -> str:
        access: Access = request.app.state.access
        return access.admit(request.headers.get("authorization"), self._scope).name


def load_access(settings: Settings) -> Access:
    """Return the keys of `settings.api_keys_file`; the published ones for a sandbox without a file.

    Raises AccessRefused without keys, for a malformed file, and for published or guessable keys in service.
    """
    file = settings.api_keys_file
    if file is None:
        if settings.sandbox:
            return Access([_published(key, scope) for key, scope in SANDBOX_KEYS.items()])
        raise AccessRefused(f"there are no API keys: set LOANHUB_API_KEYS_FILE to a JSON list; {_REMEDY}")
    keys = _read(file)
    if not keys:
        raise AccessRefused(f"{file} lists no API key: {_REMEDY}")
    if not settings.sandbox:
        _refuse_published(file, keys)
    return Access(keys)


def _published(key: str, scope: Scope) -> ApiKey:
    return ApiKey(f"sandbox-{scope.value}", sha256(key.encode()).digest(), frozenset({scope}))


def _refuse_published(file: Path, keys: Sequence[ApiKey]) -> None:
    known = {sha256(key.encode()).digest() for key in (*SANDBOX_KEYS, *_GUESSED)}
    for key in keys:
        if key.digest in known:
            raise AccessRefused(
                f"{file}: the key '{key.name}' is published or guessable and opens a sandbox only; {_REMEDY}"
            )


def _read(file: Path) -> list[ApiKey]:
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise AccessRefused(f"{file} cannot be read ({error.strerror}); {_REMEDY}") from None
    except ValueError:
        raise AccessRefused(
            f"{file} is not JSON; write a list of objects with name, sha256, scopes"
        ) from None
    if not isinstance(listed, list):
        raise AccessRefused(f"{file} is not a list; write a list of objects with name, sha256, scopes")
    keys = [_key(file, index, item) for index, item in enumerate(listed)]
    for what, values in (("name", [k.name for k in keys]), ("sha256", [k.digest.hex() for k in keys])):
        if len(set(values)) != len(values):
            raise AccessRefused(f"{file}: two keys share a {what}; give each its own")
    return keys


def _key(file: Path, index: int, item: object) -> ApiKey:
    place = f"{file}: entry {index + 1}"
    if not isinstance(item, dict) or set(item) != {"name", "sha256", "scopes"}:
        raise AccessRefused(f"{place} needs exactly name, sha256 and scopes")
    name, digest, scopes = item["name"], item["sha256"], item["scopes"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise AccessRefused(f"{place}: the name is lower-case letters, digits, - and _, 40 at most")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise AccessRefused(f"{place}: sha256 is 64 lower-case hex digits, the hash of the key, not the key")
    if (
        not isinstance(scopes, list)
        or not scopes
        or not all(isinstance(s, str) and s in set(Scope) for s in scopes)
    ):
        words = ", ".join(Scope)
        raise AccessRefused(f"{place}: scopes is a list of one or more of {words}")
    return ApiKey(name, bytes.fromhex(digest), frozenset(Scope(scope) for scope in scopes))
