"""A message between its parts and its bytes: what the containers render and parse."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote_plus

from signing.errors import MalformedMessage, ProfileInvalid
from signing.jsontext import JsonObject, decode_utf8, parse_object, parse_value, quoted
from signing.profile import Body, FormBody, JsonBody, SlotAt, TextBody

MAXIMUM_FIELDS = 1000


@dataclass(slots=True)
class Draft:
    """The parts of one message. Header names are lower case; ``fields`` are decoded text.

    ``raw`` names the fields whose text is JSON to be written as it stands; ``object`` is set on a parsed JSON
    body and keeps the exact text received.
    """

    method: str
    path: str
    headers: dict[str, str]
    fields: dict[str, str] = field(default_factory=dict)
    raw: set[str] = field(default_factory=set)
    body: bytes = b""
    object: JsonObject | None = None

    def put(self, slot: SlotAt, value: str) -> None:
        """Fill a slot that must still be empty. Raises ProfileInvalid when the caller filled it."""
        place = self.headers if slot.at == "header" else self.fields
        if slot.name in place:
            raise ProfileInvalid(f"{slot.at} {slot.name} is set by the profile and must not be given")
        place[slot.name] = value

    def get(self, slot: SlotAt) -> str:
        """The text in a field or header. Raises MalformedMessage when it is absent."""
        found = (self.headers if slot.at == "header" else self.fields).get(slot.name)
        if found is None:
            raise MalformedMessage(f"no {slot.at} {slot.name}")
        return found


def content_type(body: Body) -> str:
    """The Content-Type a body is sent with."""
    if isinstance(body, FormBody):
        return f"application/x-www-form-urlencoded; charset={body.charset.upper()}"
    if isinstance(body, JsonBody):
        return "application/json; charset=utf-8"
    return body.content_type


def place_payload(body: Body, draft: Draft, text: bytes, *, encrypted: bool) -> None:
    """Put the payload's travelling text where the body wants it."""
    if isinstance(body, TextBody):
        draft.body = text
        return
    written = _decode(text, body)
    draft.fields[body.payload] = written
    if isinstance(body, JsonBody) and body.payload_as == "json" and not encrypted:
        parse_value(written)
        draft.raw.add(body.payload)


def take_payload(body: Body, draft: Draft) -> bytes:
    """The payload's travelling text, from where the body carries it. Raises MalformedMessage when absent."""
    if isinstance(body, TextBody):
        return draft.body
    try:
        text = draft.fields[body.payload]
    except KeyError:
        raise MalformedMessage(f"no field {body.payload}") from None
    return text.encode(body.charset if isinstance(body, FormBody) else "utf-8")


def render(body: Body, draft: Draft) -> bytes:
    """The bytes of the body from the draft's fields."""
    if isinstance(body, FormBody):
        pairs = [
            f"{quote_plus(name)}={quote_plus(value, encoding=body.charset)}"
            for name, value in draft.fields.items()
        ]
        return "&".join(pairs).encode("ascii")
    if isinstance(body, JsonBody):
        return _render_json(body, draft).encode("utf-8")
    return draft.body


def _render_json(body: JsonBody, draft: Draft) -> str:
    names = [name for name in body.order if name in draft.fields]
    names += [name for name in draft.fields if name not in body.order]
    members = [
        f"{quoted(name)}:{draft.fields[name] if name in draft.raw else quoted(draft.fields[name])}"
        for name in names
    ]
    return "{" + ",".join(members) + "}"


def parse(body: Body, draft: Draft) -> None:
    """Fill the draft's fields from its body. Raises MalformedMessage."""
    if isinstance(body, FormBody):
        draft.fields = _parse_form(body, draft.body)
    elif isinstance(body, JsonBody):
        draft.object = parse_object(decode_utf8(draft.body))
        for name, member in draft.object.members.items():
            value = member.value
            draft.fields[name] = value if isinstance(value, str) else draft.object.raw(name)


def _parse_form(body: FormBody, data: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            data.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            encoding=body.charset,
            errors="strict",
            max_num_fields=MAXIMUM_FIELDS,
        )
    except ValueError:
        raise MalformedMessage("the body is not a form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedMessage("a field occurs twice in the form")
    return fields


def _decode(text: bytes, body: Body) -> str:
    try:
        return text.decode(body.charset if isinstance(body, FormBody) else "utf-8")
    except UnicodeDecodeError:
        raise MalformedMessage("the payload is not text in the body's character set") from None
