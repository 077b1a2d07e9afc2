"""Small helpers of the signing tests: keys from the spellings vectors use, and vectors as parameters."""

from __future__ import annotations

import base64
from textwrap import wrap
from typing import Any

import pytest

from signing.keys import Key, KeyRing, PartnerKeys
from tests.shared import shared_json


def pem(label: str, der: bytes) -> bytes:
    """DER as PEM."""
    lines = wrap(base64.b64encode(der).decode("ascii"), 64)
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def public_of_base64(key_id: str, text: str) -> Key:
    """A public key from base64 of its SubjectPublicKeyInfo."""
    return Key.public_pem(key_id, pem("PUBLIC KEY", base64.b64decode(text)))


def only_theirs(key: Key, *, shared: Key | None = None) -> PartnerKeys:
    """Keys of someone who can verify one partner and sign nothing."""
    return PartnerKeys(
        KeyRing("ours", ()),
        KeyRing.of("theirs", key),
        None if shared is None else KeyRing.of("shared", shared),
    )


def both_ways(private: Key, *shared: Key) -> PartnerKeys:
    """Keys of someone who talks to himself, as a vector with one key pair wants it."""
    return PartnerKeys(
        KeyRing.of("ours", private),
        KeyRing.of("theirs", private.public()),
        KeyRing.of("shared", *shared) if shared else None,
    )


def vectors(file: str, *path: str) -> list[Any]:
    """The cases of a shared file as parameters; none, when the file is absent and the tests skip."""
    try:
        found = shared_json(file)
    except pytest.skip.Exception:
        return []
    for name in path:
        found = found[name]
    return [
        pytest.param(case, id=str(case.get("name", case.get("tcId", at)))) for at, case in enumerate(found)
    ]
