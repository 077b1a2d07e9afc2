"""Mistakes with JSON and XML: written anew, cut at another place, another text where the signature stands."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from signing import jsontext
from signing.errors import MalformedMessage
from signing.explain.mistake import Mistake, Readings
from signing.explain.scene import Scene
from signing.profile import (
    CanonicalJsonText,
    InnerXmlText,
    JoinedText,
    JsonBody,
    OrderedJsonText,
    SliceText,
)

_MIME_LINE = 76
_MOST_HEADERS = 9  # every choice among them is tried
_BETWEEN_TAGS = re.compile(r">\s+<")
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def spellings(text: str) -> Iterator[tuple[str, str]]:
    """Other spellings of a JSON text, by what usually writes them; none for what is no JSON."""
    try:
        exact, loose = jsontext.parse_exact(text), json.loads(text)
    except (MalformedMessage, ValueError, RecursionError):
        return
    for sort in (False, True):
        order = ", sorted" if sort else ""
        for spacing, separators in (("compact", (",", ":")), ("with blanks", (", ", ": "))):
            for ascii_only in (False, True):
                written = json.dumps(loose, ensure_ascii=ascii_only, separators=separators, sort_keys=sort)
                escaped = ", \\u escapes" if ascii_only else ""
                yield f"{spacing}{order}{escaped}", written
                yield f"{spacing}{order}{escaped}, \\/ for slashes", written.replace("/", "\\/")
                yield f"{spacing}{order}{escaped}, \\u003c for <", _html(written)
    yield "compact, sorted, numbers as they were", jsontext.canonical(exact)
    for indent in (2, 4, "\t"):
        yield "indented", json.dumps(loose, ensure_ascii=False, indent=indent)
    yield "without null members", json.dumps(_without_null(loose), ensure_ascii=False, separators=(",", ":"))


def _html(text: str) -> str:
    for plain, escaped in _HTML.items():
        text = text.replace(plain, escaped)
    return text


def _without_null(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_null(member) for name, member in value.items() if member is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


def _reserialised(scene: Scene) -> Readings:
    text = scene.signature.text
    if scene.form is not None:
        return
    if isinstance(text, SliceText):
        yield from _reserialised_slice(scene)
        return
    if isinstance(text, CanonicalJsonText):
        yield from _reserialised_whole(scene)
        return
    if isinstance(text, JoinedText) and ("body", "") in text.compiled:
        for detail, written in spellings(_decoded(scene.draft.body)):
            yield f"the body, {detail}", scene.with_body(written.encode("utf-8"))
    name = scene.payload_name
    if name is not None and name in scene.draft.fields:
        for detail, written in spellings(scene.draft.fields[name]):
            yield f"{name}, {detail}", scene.with_fields({**scene.draft.fields, name: written})


def _reserialised_slice(scene: Scene) -> Readings:
    try:
        piece = _decoded(scene.text())
    except MalformedMessage:
        return
    for detail, written in spellings(piece):
        yield detail, _saying(scene, written)
    try:
        value = json.loads(piece)
    except ValueError:
        return
    if isinstance(value, str):  # a document inside a string: written anew inside, or escaped otherwise
        for detail, written in spellings(value):
            yield f"inside the string, {detail}", _saying(scene, jsontext.quoted(written))


def _reserialised_whole(scene: Scene) -> Readings:
    whole = _decoded(scene.text())
    for detail, written in spellings(whole):
        yield detail, _saying(scene, written)


def _json_slice(scene: Scene) -> Readings:
    text, found = scene.signature.text, scene.draft.object
    if not isinstance(text, SliceText) or found is None or scene.form is not None:
        return
    other = "until_signature" if text.span == "value" else "value"
    yield f"span {other}", scene.reading(SliceText(kind="slice", span=other))  # type: ignore[arg-type]
    name = scene.payload_name
    if name in found.members:
        member = found.members[str(name)]
        yield "with its name", _saying(scene, found.text[member.name_start : member.end])
        yield "in braces", _saying(scene, "{" + found.text[member.name_start : member.end] + "}")
        yield "with the comma after it", _saying(scene, found.text[member.start : member.end] + ",")
        if isinstance(member.value, str):
            yield "the string without its quotation marks", _saying(scene, member.value)
        else:
            yield "the value as a string", _saying(scene, jsontext.quoted(found.raw(str(name))))
    yield "the whole object", _saying(scene, found.text)
    place = scene.signature.place
    if place.at == "field" and place.name in found.members:
        rest = {n: found.raw(n) for n in found.members if n != place.name}
        yield "the object without the signature", _saying(scene, _object(rest.items()))
        yield "the same, sorted", _saying(scene, _object(sorted(rest.items())))


def _object(members: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{jsontext.quoted(name)}:{raw}" for name, raw in members) + "}"


def _placeholder(scene: Scene) -> Readings:
    text = scene.signature.text
    if not isinstance(text, CanonicalJsonText) or scene.form is not None:
        return
    for detail, value in (("nothing", ""), ("the word null", "null"), ("the signature itself", None)):
        own = scene.draft.fields.get(scene.signature.place.name, "") if value is None else value
        yield detail, scene.reading(CanonicalJsonText(kind="canonical_json", placeholder=own))
    written = _decoded(scene.text())
    member = rf'"{re.escape(scene.signature.place.name.rpartition(".")[2])}":"{re.escape(text.placeholder)}"'
    yield "the member left out", _saying(scene, re.sub(rf"{member},|,{member}|{member}", "", written))


def _header_missing(scene: Scene) -> Readings:
    text = scene.signature.text
    if not isinstance(text, OrderedJsonText) or scene.form is not None:
        return
    present = [name for name in text.headers if name.lower() in scene.draft.headers]
    for missing in range(1, len(present) + 1):
        for left_out in combinations(present[:_MOST_HEADERS], missing):
            others = tuple(name for name in text.headers if name not in left_out)
            spoken = OrderedJsonText(kind="ordered_json", headers=others, fields=text.fields)
            yield ", ".join(left_out), scene.reading(spoken)
    absent = {name.lower(): "" for name in text.headers if name.lower() not in scene.draft.headers}
    if absent:
        headers = {**scene.draft.headers, **absent}
        yield "the absent ones as empty", replace(scene, draft=replace(scene.draft, headers=headers))
    for detail, change in (("sorted", sorted), ("in reverse", lambda names: list(reversed(names)))):
        order = tuple(change(list(text.headers)))
        yield detail, scene.reading(OrderedJsonText(kind="ordered_json", headers=order, fields=text.fields))


def _ordered_spelling(scene: Scene) -> Readings:
    if isinstance(scene.signature.text, OrderedJsonText) and scene.form is None:
        for detail, written in spellings(_decoded(scene.text())):
            yield detail, _saying(scene, written)


def _xml_slice(scene: Scene) -> Readings:
    if not isinstance(scene.signature.text, InnerXmlText) or scene.form is not None:
        return
    name, fields = str(scene.payload_name), scene.draft.fields
    inner = fields.get(name, "")
    document = _decoded(scene.draft.body)
    whole = re.search(rf"<{re.escape(name)}[\s>].*</{re.escape(name)}>", document, re.DOTALL)
    if whole is not None:
        yield "with the element around it", scene.with_fields({**fields, name: whole.group()})
    yield "the whole document", scene.with_fields({**fields, name: document})
    yield "without the blanks around it", scene.with_fields({**fields, name: inner.strip()})
    yield (
        "without the blanks between tags",
        scene.with_fields({**fields, name: _BETWEEN_TAGS.sub("><", inner)}),
    )
    yield "not in base64", _saying(scene, inner)
    for detail, end in (("base64 in lines, LF", b"\n"), ("base64 in lines, CR LF", b"\r\n")):
        yield detail, scene.then(_in_lines(end, last=True))
        yield f"{detail}, none at the end", scene.then(_in_lines(end, last=False))
    yield "base64url", scene.then(lambda built: base64.urlsafe_b64encode(base64.b64decode(built)))


def _in_lines(end: bytes, *, last: bool) -> Callable[[bytes], bytes]:
    def cut(built: bytes) -> bytes:
        lines = [built[at : at + _MIME_LINE] for at in range(0, len(built), _MIME_LINE)]
        return end.join(lines) + (end if last else b"")

    return cut


def _raw_members(scene: Scene) -> Readings:
    """Strings of a JSON body signed as they are escaped there, or other values as they were not."""
    found = scene.draft.object
    if not isinstance(scene.leg.body, JsonBody) or found is None:
        return
    raw = {n: found.raw(n).strip('"') for n, member in found.members.items() if isinstance(member.value, str)}
    changed = {**scene.draft.fields, **{n: text for n, text in raw.items() if n in scene.draft.fields}}
    if changed != scene.draft.fields:
        yield "strings as JSON escapes them", scene.with_fields(changed)


def _saying(scene: Scene, text: str) -> Scene:
    return scene.formed(lambda own: text.encode("utf-8"))


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


DOCUMENTS = (
    Mistake("json-reserialised", _reserialised),
    Mistake("json-slice", _json_slice),
    Mistake("placeholder", _placeholder),
    Mistake("header-missing", _header_missing),
    Mistake("json-reserialised", _ordered_spelling),
    Mistake("json-reserialised", _raw_members),
    Mistake("xml-slice", _xml_slice),
)
