"""Mistakes in a text of lines: separators, ends, parts left out, spellings of method, header and digest."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import TypeVar

from signing.encodings import Encoding, encode
from signing.explain.forms import other_paths
from signing.explain.mistake import Mistake, Readings
from signing.explain.scene import Scene
from signing.gm import sm3
from signing.profile import BodyDigest, JoinedText

_SEPARATORS = ("\n", "\r\n", "", "&", ",", ".", "|", "#", " ", "\\n")
_SECONDS, _MILLISECONDS = 10, 13

T = TypeVar("T")


def _joined(scene: Scene) -> JoinedText | None:
    text = scene.signature.text
    return text if isinstance(text, JoinedText) and scene.form is None else None


def _declared(scene: Scene, text: JoinedText, **values: object) -> Scene:
    # Built anew: a copy would keep the parts that were worked out for the original.
    told = {"kind": "joined", "parts": text.parts, "separator": text.separator, "end": text.end, **values}
    return scene.reading(JoinedText.model_validate(told))


def _newline(scene: Scene) -> Readings:
    text = _joined(scene)
    if text is not None:
        end = "" if text.end else "\n"
        yield ("none at the end" if text.end else "one at the end"), _declared(scene, text, end=end)
        body = scene.draft.body
        if body:
            stripped = body.rstrip(b"\r\n")
            for detail, other in (
                ("the body without its last newline", stripped),
                ("a newline after the body", body + b"\n"),
            ):
                if other != body:
                    yield detail, scene.with_body(other)
        return
    yield "one at the end", scene.then(lambda built: built + b"\n")
    yield "CR LF at the end", scene.then(lambda built: built + b"\r\n")
    yield "none at the end", scene.then(lambda built: built.rstrip(b"\r\n"))


def _separator(scene: Scene) -> Readings:
    text = _joined(scene)
    if text is None or len(text.parts) + len(text.end) < 2:
        return
    for separator in _SEPARATORS:
        shown = separator.encode("unicode_escape").decode() or "nothing"
        for end in dict.fromkeys((separator if text.end else "", text.end, "")):
            if separator != text.separator:
                yield shown, _declared(scene, text, separator=separator, end=end)


def _line_endings(scene: Scene) -> Readings:
    for detail, end in (("CR LF", b"\r\n"), ("LF", b"\n")):
        yield detail, scene.then(partial(_ended, end=end))
        inside = {n: _ended(v.encode(), end).decode() for n, v in scene.draft.fields.items()}
        yield f"{detail}, inside a value", scene.with_fields(inside)


def _ended(text: bytes, end: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", end)


def _part_missing(scene: Scene) -> Readings:
    text = _joined(scene)
    if text is None:
        return
    for at, part in enumerate(text.parts):
        if len(text.parts) > 1:
            yield f"{part} left out", _declared(scene, text, parts=_without(text.parts, at))
        yield f"{part} empty", _declared(scene, text, parts=_replaced(text.parts, at, "literal:"))


def _without(parts: tuple[str, ...], at: int) -> tuple[str, ...]:
    return (*parts[:at], *parts[at + 1 :])


def _replaced(parts: tuple[str, ...], at: int, other: str) -> tuple[str, ...]:
    return (*parts[:at], other, *parts[at + 1 :])


def _part_order(scene: Scene) -> Readings:
    text = _joined(scene)
    if text is not None:
        for at in range(len(text.parts) - 1):
            swapped = list(text.parts)
            swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
            yield f"{text.parts[at]} after {text.parts[at + 1]}", _declared(scene, text, parts=tuple(swapped))


def _method_case(scene: Scene) -> Readings:
    if _joined(scene) is not None:
        for method in (scene.draft.method.lower(), scene.draft.method.title()):
            yield method, replace(scene, draft=replace(scene.draft, method=method))


def _path(scene: Scene) -> Readings:
    text = _joined(scene)
    if text is not None and ("path", "") in text.compiled:
        for detail, path in other_paths(scene):
            yield detail, scene.with_path(path)


def _header_value(scene: Scene) -> Readings:
    text = _joined(scene)
    if text is None:
        return
    for kind, name in text.compiled:
        value = scene.draft.headers.get(name, "")
        if kind != "header":
            continue
        others = {
            "without its parameters": value.partition(";")[0].strip(),
            "in lower case": value.lower(),
            "without blanks": value.replace(" ", ""),
            "with a blank after the semicolon": value.replace("; ", ";").replace(";", "; "),
            "as */*": "*/*",
            "with its name before it": f"{name}:{value}",
        }
        for detail, other in others.items():
            if other != value:
                headers = {**scene.draft.headers, name: other}
                yield f"{name} {detail}", replace(scene, draft=replace(scene.draft, headers=headers))


def _body_digest(scene: Scene) -> Readings:
    how = scene.leg.body_digest
    if how is not None:
        for detail, spelled in digest_spellings(how, scene.draft.body):
            yield detail, _digest_said(scene, how, spelled)


def digest_spellings(how: BodyDigest, body: bytes) -> list[tuple[str, str]]:
    """Other ways the digest of a body is made or written."""
    bodies = {"": body, "of the body without its last newline, ": body.rstrip(b"\r\n")}
    found = []
    for of_what, data in bodies.items():
        for name in ("md5", "sha1", "sha256", "sm3"):
            value = sm3(data) if name == "sm3" else hashlib.new(name, data, usedforsecurity=False).digest()
            for encoding in Encoding:
                same = (name, encoding, data) == (how.algorithm, how.encoding, body)
                if not same:
                    found.append((f"{of_what}{name} in {encoding.value}", encode(encoding, value)))
            found.append(
                (f"{of_what}{name}, base64 of its hexadecimal", encode(Encoding.BASE64, value.hex().encode()))
            )
    return found


def _digest_said(scene: Scene, how: BodyDigest, spelled: str) -> Scene:
    draft = replace(scene.draft, headers=dict(scene.draft.headers), fields=dict(scene.draft.fields))
    place = draft.headers if how.place.at == "header" else draft.fields
    place[how.place.name] = spelled
    return replace(scene, draft=draft)


def _time_unit(scene: Scene) -> Readings:
    timestamp = scene.leg.replay.timestamp
    if timestamp is None or timestamp.slot.at == "payload":
        return
    slot = timestamp.slot
    value = scene.draft.find(slot)
    if value is None or not value.isdigit() or len(value) not in (_SECONDS, _MILLISECONDS):
        return
    other = f"{value}000" if len(value) == _SECONDS else value[:_SECONDS]
    draft = replace(
        scene.draft,
        headers=dict(scene.draft.headers),
        fields=dict(scene.draft.fields),
        params=dict(scene.draft.params),
    )
    {"header": draft.headers, "param": draft.params}.get(slot.at, draft.fields)[slot.name] = other
    yield ("milliseconds" if len(value) == _SECONDS else "seconds"), replace(scene, draft=draft)


LINES = (
    Mistake("newline", _newline),
    Mistake("separator", _separator),
    Mistake("line-endings", _line_endings),
    Mistake("path", _path),
    Mistake("body-digest", _body_digest),
    Mistake("header-value", _header_value),
    Mistake("method-case", _method_case),
    Mistake("time-unit", _time_unit),
    Mistake("part-missing", _part_missing),
    Mistake("order", _part_order),
)
