"""Bodies of each declared kind, from a draft's fields to bytes and back."""

from __future__ import annotations

from collections.abc import Mapping

from signing import jsontext, xmltext
from signing.draft import Draft
from signing.errors import MalformedMessage, ProfileInvalid
from signing.profile import Body, FormBody, JsonBody, TextBody, XmlBody
from signing.urlform import read_form, write_form

WILDCARD = "*"


def content_type(body: Body) -> str:
    """The Content-Type a body is sent with."""
    if isinstance(body, FormBody):
        return f"application/x-www-form-urlencoded; charset={body.charset.upper()}"
    if isinstance(body, JsonBody):
        return "application/json; charset=utf-8"
    return body.content_type if isinstance(body, TextBody) else "application/xml; charset=utf-8"


def charset(body: Body) -> str:
    """The character set the body's text is written in."""
    return body.charset if isinstance(body, FormBody) else "utf-8"


def place_payload(body: Body, draft: Draft, text: bytes, *, encrypted: bool) -> None:
    """Put the payload's travelling text where the body wants it."""
    if isinstance(body, FormBody) and body.payload is None:
        if text:
            raise ProfileInvalid("this form has no payload: its fields are the message")
        return
    if body.payload is None:
        draft.body = text
        return
    try:
        written = text.decode(charset(body))
    except UnicodeDecodeError:
        raise MalformedMessage("the payload is not text in the body's character set") from None
    name = draft.payload_name = _written_name(body.payload, draft)
    draft.fields[name] = written
    if isinstance(body, XmlBody):
        xmltext.demand_plain(written)
    elif isinstance(body, JsonBody) and body.payload_as == "json" and not encrypted:
        jsontext.parse_value(written)
        draft.raw.add(name)


def take_payload(body: Body, draft: Draft) -> bytes:
    """The payload's travelling text, from where the body carries it. Raises MalformedMessage when absent."""
    if body.payload is None:
        return b"" if isinstance(body, FormBody) else draft.body
    name = draft.payload_name or body.payload
    if name not in draft.fields:
        raise MalformedMessage(f"no field {name}")
    text = draft.fields[name]
    if isinstance(body, JsonBody) and body.sorted:
        text = jsontext.canonical(jsontext.parse_exact(text))
    return text.encode(charset(body))


def _written_name(declared: str, draft: Draft) -> str:
    if not declared.startswith(WILDCARD):
        return declared
    if WILDCARD not in draft.fields:
        raise ProfileInvalid(f"the payload is named {declared}: give what stands for the star as field '*'")
    return draft.fields.pop(WILDCARD) + declared.removeprefix(WILDCARD)


def render(body: Body, draft: Draft) -> bytes:
    """The bytes of the body from the draft's fields."""
    if isinstance(body, FormBody):
        return write_form(draft.fields.items(), body.charset)
    if isinstance(body, JsonBody):
        return _render_json(body, draft).encode("utf-8")
    if isinstance(body, XmlBody):
        return xmltext.write_envelope(body.root, draft.fields, raw=body.payload).encode("utf-8")
    return draft.body


def _render_json(body: JsonBody, draft: Draft) -> str:
    if body.sorted:
        return jsontext.canonical(_tree(body, draft))
    names = [name for name in body.order if name in draft.fields]
    names += [name for name in draft.fields if name not in body.order]
    members: dict[str, str] = {}
    for name in names:
        text = draft.fields[name]
        written = text if name in draft.raw else jsontext.quoted(text)
        outer, dot, inner = name.partition(".")
        if dot and outer in body.nested:
            before = members.get(outer)
            member = f"{jsontext.quoted(inner)}:{written}"
            members[outer] = f"{{{member}}}" if before is None else f"{before[:-1]},{member}}}"
        else:
            members[name] = written
    return "{" + ",".join([f"{jsontext.quoted(name)}:{text}" for name, text in members.items()]) + "}"


def _tree(body: JsonBody, draft: Draft) -> dict[str, object]:
    tree: dict[str, object] = {}
    for name, text in draft.fields.items():
        value: object = jsontext.parse_exact(text) if name in draft.raw else text
        outer, dot, inner = name.partition(".")
        if dot and outer in body.nested:
            below = tree.setdefault(outer, {})
            if isinstance(below, dict):
                below[inner] = value
        else:
            tree[name] = value
    return tree


def parse(body: Body, draft: Draft) -> None:
    """Fill the draft's fields from its body. Raises MalformedMessage."""
    if isinstance(body, FormBody):
        draft.fields = read_form(draft.body, body.charset)
    elif isinstance(body, JsonBody):
        _parse_json(body, draft)
    elif isinstance(body, XmlBody):
        draft.fields = xmltext.read_envelope(jsontext.decode_utf8(draft.body), body.root, raw=body.payload)


def _parse_json(body: JsonBody, draft: Draft) -> None:
    found = draft.object = jsontext.parse_object(jsontext.decode_utf8(draft.body))
    for name, member in found.members.items():
        if name in body.nested:
            _flatten(name, member.value, draft)
        elif isinstance(member.value, str):
            draft.fields[name] = member.value
        else:
            draft.fields[name] = found.raw(name)
            draft.raw.add(name)
    if body.payload.startswith(WILDCARD):
        draft.payload_name = _found_name(body.payload.removeprefix(WILDCARD), found.members)


def _flatten(outer: str, value: object, draft: Draft) -> None:
    if not isinstance(value, dict):
        raise MalformedMessage(f"field {outer} is not an object")
    for inner, text in value.items():
        name = f"{outer}.{inner}"
        if isinstance(text, str):
            draft.fields[name] = text
        else:
            draft.fields[name] = jsontext.canonical(text)
            draft.raw.add(name)


def _found_name(ending: str, members: Mapping[str, object]) -> str:
    names = [name for name in members if name.endswith(ending)]
    if len(names) != 1:
        raise MalformedMessage(f"not exactly one field ending in {ending}")
    return names[0]
