"""Content-Digest (RFC 9530): what binds a body to a signature that covers headers only."""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

from signing.errors import SignatureRefused
from signing.structured import parse_bytes, parse_dictionary, write_bytes

DigestName = Literal["sha-256", "sha-512"]
_DIGESTS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def content_digest(body: bytes, algorithm: DigestName = "sha-256") -> str:
    """The field's value for ``body``, which may be empty."""
    return f"{algorithm}={write_bytes(_DIGESTS[algorithm](body).digest())}"


def demand_content_digest(field: str, body: bytes, algorithm: DigestName = "sha-256") -> bytes:
    """Return ``body`` when every digest in ``field`` that we know fits it, ``algorithm`` among them.

    Algorithms the standard calls insecure, and unknown ones, count for nothing. Raises MalformedMessage, and
    SignatureRefused when the pinned digest is absent or any fails.
    """
    members = parse_dictionary(field)
    if algorithm not in members:
        raise SignatureRefused(f"the content digest holds no {algorithm}")
    for name, text in members.items():
        make = _DIGESTS.get(name)
        if make is not None and not hmac.compare_digest(make(body).digest(), parse_bytes(text)):
            raise SignatureRefused("the body is not the one the content digest names")
    return body
