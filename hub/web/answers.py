"""Answers as bytes: JSON that can always be written, Chinese left readable."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from starlette.responses import Response

_SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_SAFE_ID = re.compile(r"[a-z]{2,8}_[0-9a-f]{32}|[0-9]{4}-[0-9]{2}|v[0-9]")
_NUMBER = re.compile(r"[0-9]{6}")


def dumped(value: object) -> bytes:
    """Return compact UTF-8 JSON; a lone surrogate becomes its escape instead of an exception.

    Times are ISO 8601 in UTC, dates ISO, decimals plain text. TypeError for anything else JSON does not know.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
    return text.encode("utf-8", "backslashreplace")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response. `value` is made of JSON's own types."""
    return Response(dumped(value), status, headers, media_type="application/json")


def speakable(name: str) -> str:
    """Return a name a sender chose if it may be repeated, else `*`.

    People put identity numbers into field names and paths too, so long digits and anything but plain
    identifiers are not repeated.
    """
    if _SAFE_ID.fullmatch(name):
        return name
    return name if _SAFE_NAME.fullmatch(name) and not _NUMBER.search(name) else "*"


def speakable_path(path: str) -> str:
    """Return a path whose unspeakable segments are `*`; at most 12 segments."""
    return "/".join(speakable(part) if part else "" for part in path.split("/")[:13])
