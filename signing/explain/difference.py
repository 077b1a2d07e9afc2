"""Where two signed texts first differ, and the texts that some partners tell in their refusals."""

from __future__ import annotations

import re
from dataclasses import dataclass

from signing.envelope import Wire

_NAME = re.compile(r"[&?\n{,]?\"?([A-Za-z_][\w.\-]*)\"?[=:]")
_STARTS = ("&", "?", "\n", "{", ",")


@dataclass(frozen=True)
class Difference:
    """The first difference, counted in bytes and characters from 0, lines from 1.

    ``ours_field`` and ``theirs_field`` name the field it stands in on either side, where a name stands there.
    """

    at_byte: int
    at_character: int
    line: int
    ours_field: str | None
    theirs_field: str | None
    ours_byte: int | None
    theirs_byte: int | None


def first_difference(ours: bytes, theirs: bytes) -> Difference | None:
    """The first byte in which two texts differ, with the characters around it; None when they are equal."""
    if ours == theirs:
        return None
    at = next(
        (place for place, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
        min(len(ours), len(theirs)),
    )
    before = shown(ours[:at])
    return Difference(
        at_byte=at,
        at_character=len(before),
        line=before.count("\n") + 1,
        ours_field=_field(shown(ours), len(before)),
        theirs_field=_field(shown(theirs), len(before)),
        ours_byte=ours[at] if at < len(ours) else None,
        theirs_byte=theirs[at] if at < len(theirs) else None,
    )


def _field(text: str, at: int) -> str | None:
    """The name in front of a place in a form or a JSON text."""
    begin = max(text.rfind(mark, 0, at + 1) for mark in _STARTS)
    named = _NAME.match(text, max(begin, 0))
    return None if named is None else named.group(1)


def shown(text: bytes) -> str:
    """Bytes as text; what is not UTF-8 as ``\\xNN``."""
    return text.decode("utf-8", "backslashreplace")


# Places where a gateway says what it signed; ``#`` stands for a newline in the first.
_TOLD_HEADER = ("x-ca-error-message", re.compile(r"String-?To-?Sign:\s*`(.*)`", re.IGNORECASE | re.DOTALL))
_TOLD_BODY = re.compile(r"验签字符串为[:：]\s*([^\"]+)")


def told_by(answer: Wire) -> bytes | None:
    """The text the other side says it built, from its refusal; None when it says nothing known to us."""
    name, pattern = _TOLD_HEADER
    found = pattern.search(answer.headers.get(name, ""))
    if found is None:
        found = _TOLD_BODY.search(answer.body.decode("utf-8", "replace"))
    return None if found is None else found.group(1).encode("utf-8")


def readings(told: bytes, ours: bytes) -> bytes:
    """The told text with the newlines that a header could not carry, where that brings it nearer to ours."""
    spelled = told.replace(b"#", b"\n")
    return spelled if _common(spelled, ours) > _common(told, ours) else told


def _common(one: bytes, other: bytes) -> int:
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))
