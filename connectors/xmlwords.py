"""Messages that travel as XML: read by the model's own shape, written in the order of its fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from typing import ClassVar, NamedTuple, Protocol, Self, get_args, get_origin

from pydantic import BaseModel

from connectors.port import Unreadable
from connectors.words import Words, making_sense
from contracts.sensitive import REVEAL
from signing import xmltext
from signing.errors import MalformedMessage

_SPECIAL = re.compile("[&<>]")


class _Element(Protocol):
    """What an XML element is to us."""

    tag: str
    text: str | None

    def __iter__(self) -> Iterator[_Element]: ...


class XmlWords(Words):
    """A message whose payload is XML, or the part of one that lies at `within`, by element names.

    `root` is the payload's root where it has one; a name like `request|response` stands for either. A field
    that is a tuple is an element that holds one element `row` a line.
    """

    root: ClassVar[str] = ""
    within: ClassVar[tuple[str, ...]] = ()
    row: ClassVar[str] = "item"

    @classmethod
    def read(cls, payload: bytes) -> Self:
        """Return the message in an XML payload. Raises Unreadable naming the fields at fault, no value."""
        try:
            element: _Element = xmltext.parse(payload if cls.root else b"<all>%b</all>" % payload)
        except MalformedMessage as error:
            raise Unreadable(str(error)) from None
        if cls.root and element.tag != cls.root:
            raise Unreadable(f"the XML is no {cls.root}")
        for names in cls.within:
            element = _only(element, names.split("|"))
        # By way of JSON, so that the partner's text is judged as strictly as in every other dialect.
        with making_sense():
            return cls.model_validate_json(json.dumps(_object(element, cls)))

    def to_bytes(self) -> bytes:
        """Return the XML payload in plain text, personal values included: for sealing only.

        A field that has its default is left out, as a reader would put the same in its place.
        """
        fields = self.model_dump(mode="json", by_alias=True, exclude_defaults=True, context=REVEAL)
        parts: list[str] = []
        _write({self.root: fields} if self.root else fields, self.row, parts)
        return "".join(parts).encode()


def _only(element: _Element, names: list[str]) -> _Element:
    found = [child for child in element if child.tag in names]
    if len(found) != 1:
        raise Unreadable(f"not exactly one element {' or '.join(names)}")
    return found[0]


def _object(element: _Element, model: type[BaseModel]) -> dict[str, object]:
    shapes = _shapes(model)
    found: dict[str, object] = {}
    for child in element:
        tag = child.tag
        if not isinstance(tag, str) or tag in found:
            raise Unreadable(f"element {tag} stands twice")
        shape = shapes.get(tag)
        if shape is None:
            found[tag] = child.text or ""
        elif shape.rows:
            found[tag] = [_object(row, shape.model) for row in child]
        else:
            found[tag] = _object(child, shape.model)
    return found


class _Shape(NamedTuple):
    """A field that is a message of its own, or a list of them."""

    model: type[BaseModel]
    rows: bool


@cache
def _shapes(model: type[BaseModel]) -> Mapping[str, _Shape]:
    shapes: dict[str, _Shape] = {}
    for name, info in model.model_fields.items():
        for part in (info.annotation, *get_args(info.annotation)):
            inner = get_args(part)[0] if get_origin(part) is tuple else part
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                shapes[info.alias or name] = _Shape(inner, rows=inner is not part)
                break
    return shapes


def _write(fields: Mapping[str, object], row: str, parts: list[str]) -> None:
    for name, value in fields.items():
        if isinstance(value, str):
            text = escape(value, quote=False) if _SPECIAL.search(value) else value
            parts.append(f"<{name}>{text}</{name}>")
            continue
        parts.append(f"<{name}>")
        if isinstance(value, dict):
            _write(value, row, parts)
        elif isinstance(value, list):
            for line in value:
                _write({row: line}, row, parts)
        else:
            parts.append(str(value))
        parts.append(f"</{name}>")
