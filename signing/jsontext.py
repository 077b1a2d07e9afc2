"""JSON read strictly and without losing the text: each top-level member with the exact slice it came from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import NoReturn, cast

from signing.errors import MalformedMessage

_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_Pairs = list[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object: its value and where it stands in the text."""

    name_start: int
    start: int
    end: int
    value: object


@dataclass(frozen=True, slots=True)
class JsonObject:
    """A parsed top-level object that remembers its text."""

    text: str
    members: Mapping[str, Member]

    def raw(self, name: str) -> str:
        """The exact text of a member's value."""
        member = self.members[name]
        return self.text[member.start : member.end]


def _refuse(_: str) -> NoReturn:
    raise MalformedMessage("JSON: NaN and Infinity are not numbers")


def _unique(pairs: _Pairs) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedMessage("JSON: a name occurs twice in one object")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=str)
_scan = cast("Callable[[str, int], tuple[object, int]]", _DECODER.raw_decode)


def decode_utf8(body: bytes) -> str:
    """The text of ``body``. Raises MalformedMessage unless it is UTF-8 without a byte-order mark."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedMessage("the body is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise MalformedMessage("the body begins with a byte-order mark")
    return text


def parse_value(text: str) -> object:
    """One JSON value and nothing after it; fractions stay text. Raises MalformedMessage."""
    start = _skip(text, 0)
    value, end = _value_at(text, start)
    if _skip(text, end) != len(text):
        raise MalformedMessage("JSON: text after the value")
    return value


def parse_object(text: str) -> JsonObject:
    """A top-level object with the slices of its members. Raises MalformedMessage.

    Refused: a repeated name at any depth, NaN and Infinity, lone surrogates, nesting beyond the interpreter's
    depth, and text after the object: readers disagree about each of these, and forgers live on disagreement.
    """
    members: dict[str, Member] = {}
    at = _expect(text, _skip(text, 0), "{")
    if text[at : at + 1] == "}":
        return _finished(text, at, members)
    while True:
        name_start = at
        name, at = _name_at(text, at)
        at = _expect(text, _skip(text, at), ":")
        value, end = _value_at(text, at)
        if name in members:
            raise MalformedMessage("JSON: a name occurs twice in one object")
        members[name] = Member(name_start, at, end, value)
        at = _skip(text, end)
        if text[at : at + 1] == "}":
            return _finished(text, at, members)
        at = _expect(text, at, ",")


def _finished(text: str, at: int, members: dict[str, Member]) -> JsonObject:
    if _skip(text, at + 1) != len(text):
        raise MalformedMessage("JSON: text after the object")
    if _SURROGATE.search(text) or "\\u" in text:
        _refuse_lone_surrogates(members)
    return JsonObject(text, members)


def _refuse_lone_surrogates(members: Mapping[str, Member]) -> None:
    try:
        json.dumps({name: member.value for name, member in members.items()}, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise MalformedMessage("JSON: a lone surrogate") from None


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise MalformedMessage(f"JSON: expected {mark} at character {at}")
    return _skip(text, at + 1)


def _name_at(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        raise MalformedMessage(f"JSON: expected a name at character {at}")
    name, end = _value_at(text, at)
    return cast(str, name), end


def _value_at(text: str, at: int) -> tuple[object, int]:
    try:
        return _scan(text, at)
    except (ValueError, RecursionError):
        raise MalformedMessage(f"JSON: an unreadable value at character {at}") from None


class _RawNumber(str):
    """A fraction in the very spelling it was read in: ``1.10`` must not become ``1.1``."""

    __slots__ = ()


_EXACT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_RawNumber)


def parse_exact(text: str) -> object:
    """One JSON value whose fractions ``canonical`` writes back unchanged. Raises MalformedMessage."""
    try:
        return cast(object, _EXACT.decode(text))
    except (ValueError, RecursionError):
        raise MalformedMessage("JSON: an unreadable value") from None


def canonical(value: object) -> str:
    """Compact JSON, names sorted by code point at every depth, non-ASCII characters as they are.

    Numbers keep their spelling when the value comes from ``parse_exact``.
    """
    if isinstance(value, _RawNumber):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{quoted(name)}:{canonical(value[name])}" for name in sorted(value)]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([canonical(item) for item in value]) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    """A JSON string literal in the shortest spelling, non-ASCII characters as they are."""
    return encode_basestring(text)
