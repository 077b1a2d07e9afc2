"""A message between its parts and its bytes, and the places a value can stand in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from signing.errors import MalformedMessage, ProfileInvalid
from signing.jsontext import JsonObject
from signing.profile import Authorization, SlotAt

_PARAMETER = re.compile(r'([A-Za-z_][\w-]*)="([^"\\]*)"')


@dataclass(slots=True)
class Draft:
    """The parts of one message. Header names are lower case; ``fields`` and ``params`` are decoded text.

    ``raw`` names the fields whose text is JSON to be written as it stands. ``payload_name`` is the payload's
    member, once a wildcard is resolved. ``object`` is set on a parsed JSON body and keeps the text received.
    """

    method: str
    path: str
    headers: dict[str, str]
    fields: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    raw: set[str] = field(default_factory=set)
    body: bytes = b""
    payload_name: str | None = None
    object: JsonObject | None = None

    def put(self, slot: SlotAt, value: str) -> None:
        """Fill a slot that must still be empty. Raises ProfileInvalid when the caller filled it."""
        place = self._place(slot)
        if slot.name in place:
            raise ProfileInvalid(f"{slot.at} {slot.name} is set by the profile and must not be given")
        place[slot.name] = value

    def get(self, slot: SlotAt) -> str:
        """The text in a slot. Raises MalformedMessage when it is absent."""
        found = self._place(slot).get(slot.name)
        if found is None:
            raise MalformedMessage(f"no {slot.at} {slot.name}")
        return found

    def find(self, slot: SlotAt) -> str | None:
        """The text in a slot, or None."""
        return self._place(slot).get(slot.name)

    def _place(self, slot: SlotAt) -> dict[str, str]:
        if slot.at == "header":
            return self.headers
        return self.params if slot.at == "param" else self.fields


def lower_names(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers under lower-case names. Raises MalformedMessage when two names differ only in case."""
    lowered = {name.lower(): value for name, value in headers.items()}
    if len(lowered) != len(headers):
        raise MalformedMessage("a header occurs twice")
    return lowered


def write_authorization(form: Authorization, draft: Draft) -> None:
    """Put the parameters into their header. Raises ProfileInvalid when a value cannot stand in quotes."""
    absent = [name for name in form.order if name not in draft.params]
    if absent or set(draft.params) - set(form.order):
        raise ProfileInvalid(f"the {form.header} header wants exactly {', '.join(form.order)}")
    pairs = [f'{name}="{draft.params[name]}"' for name in form.order]
    if any(_PARAMETER.fullmatch(pair) is None for pair in pairs):
        raise ProfileInvalid(f"a value of the {form.header} header contains a quote or a backslash")
    draft.headers[form.header.lower()] = f"{form.scheme} {','.join(pairs)}"


def read_authorization(form: Authorization, draft: Draft) -> None:
    """Take the parameters from their header, in any order. Raises MalformedMessage."""
    scheme, _, rest = draft.headers.get(form.header.lower(), "").partition(" ")
    if scheme != form.scheme:
        raise MalformedMessage(f"the {form.header} header is not of scheme {form.scheme}")
    for pair in rest.split(","):
        found = _PARAMETER.fullmatch(pair.strip())
        if found is None or found.group(1) in draft.params:
            raise MalformedMessage(f"the {form.header} header is not a list of distinct parameters")
        draft.params[found.group(1)] = found.group(2)
