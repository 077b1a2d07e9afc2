"""Structured fields (RFC 9651), as far as message signatures use them, in their one canonical spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from signing.encodings import Encoding, decode, encode
from signing.errors import MalformedMessage, ProfileInvalid

Bare = str | int | bytes | bool

# Generous for what partners send; a bound keeps a hostile header from costing more than a refusal.
MAXIMUM_CHARACTERS = 16_384
MAXIMUM_MEMBERS = 16

# Each alternative begins with a character of its own, so that matching never backtracks.
_KEY = r"[a-z*][a-z0-9_.*-]*"
_STRING = r'"(?:[ !#-\[\]-~]|\\["\\])*"'
_BARE = rf"(?:{_STRING}|0|-?[1-9][0-9]{{0,14}}|:[A-Za-z0-9+/=]*:|\?0)"
_PARAMS = rf"(?:;{_KEY}(?:={_BARE})?)*"
_ITEM = rf"{_STRING}{_PARAMS}"
_INNER = rf"\((?:{_ITEM}(?: {_ITEM})*)?\){_PARAMS}"
_MEMBER = re.compile(rf"({_KEY})=({_INNER}|{_BARE}{_PARAMS})")
_SEPARATOR = re.compile(r"[ \t]*,[ \t]*")
_LIST = re.compile(rf"\(((?:{_ITEM}(?: {_ITEM})*)?)\)({_PARAMS})")
_ITEMS = re.compile(rf"({_STRING})({_PARAMS})")
_PARAM = re.compile(rf";({_KEY})(?:=({_BARE}))?")
_PRINTABLE = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True)
class Component:
    """One string of an inner list, its parameters, and the identifier exactly as it was written."""

    name: str
    params: Mapping[str, Bare]
    text: str


@dataclass(frozen=True, slots=True)
class InnerList:
    """An inner list of strings, its parameters, and its exact text."""

    components: tuple[Component, ...]
    params: Mapping[str, Bare]
    text: str


def parse_dictionary(text: str) -> dict[str, str]:
    """The members of a dictionary, each as its exact text. Raises MalformedMessage.

    Refused beyond the standard: a member named twice (the standard lets the last one win), and every spelling
    but the canonical one, so that the text a signature covers is the text received.
    """
    if len(text) > MAXIMUM_CHARACTERS:
        raise MalformedMessage("structured field: too long")
    members: dict[str, str] = {}
    at, stripped = 0, text.strip(" \t")
    while True:
        found = _MEMBER.match(stripped, at)
        if found is None:
            raise MalformedMessage("structured field: not a dictionary in canonical spelling")
        name, value = found.groups()
        if name in members:
            raise MalformedMessage("structured field: a member occurs twice")
        members[name] = value
        if found.end() == len(stripped):
            return members
        separator = _SEPARATOR.match(stripped, found.end())
        if separator is None or len(members) == MAXIMUM_MEMBERS:
            raise MalformedMessage("structured field: text after a member, or too many members")
        at = separator.end()


def parse_bytes(text: str) -> bytes:
    """A byte sequence without parameters. Raises MalformedMessage."""
    value = _bare(text) if text.startswith(":") and text.endswith(":") and len(text) > 1 else None
    if not isinstance(value, bytes):
        raise MalformedMessage("structured field: not a byte sequence")
    return value


def parse_inner_list(text: str) -> InnerList:
    """An inner list of strings. Raises MalformedMessage."""
    found = _LIST.fullmatch(text)
    if found is None:
        raise MalformedMessage("structured field: not an inner list of strings")
    components = []
    for item in _ITEMS.finditer(found.group(1)):
        components.append(Component(_string(item.group(1)), _params(item.group(2)), item.group(0)))
    return InnerList(tuple(components), _params(found.group(2)), text)


def _params(text: str) -> dict[str, Bare]:
    params: dict[str, Bare] = {}
    for found in _PARAM.finditer(text):
        name, value = found.groups()
        if name in params:
            raise MalformedMessage("structured field: a parameter occurs twice")
        params[name] = True if value is None else _bare(value)
    return params


def _bare(text: str) -> Bare:
    if text[0] == '"':
        return _string(text)
    if text[0] == ":":
        return decode(Encoding.BASE64, text[1:-1])
    return False if text == "?0" else int(text)


def _string(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def write_string(value: str) -> str:
    """A string item. Raises ProfileInvalid for what the format cannot carry."""
    if not _PRINTABLE.fullmatch(value):
        raise ProfileInvalid("a structured field carries printable ASCII only")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def write_bytes(value: bytes) -> str:
    """A byte sequence item."""
    return f":{encode(Encoding.BASE64, value)}:"
