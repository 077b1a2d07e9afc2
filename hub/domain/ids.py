"""Identifiers: a prefix that names the noun, then a UUIDv7 (RFC 9562) of the given time and randomness."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def new_id(prefix: str, now: datetime, random: Callable[[int], bytes]) -> str:
    """Return `prefix_` and a UUIDv7 that begins with `now` in milliseconds, so that ids sort by time."""
    millis = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    tail = int.from_bytes(random(10), "big")
    high, low = tail >> 68, tail & ((1 << 62) - 1)
    return f"{prefix}_{UUID(int=(millis << 80) | _VERSION_7 | (high << 64) | _VARIANT | low).hex}"
