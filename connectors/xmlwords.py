"""Messages that travel as XML: read by the model's own shape, written in the order of its fields."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import ClassVar, Protocol, Self, get_args, get_origin

from pydantic import BaseModel

from connectors.port import Unreadable
from connectors.words import Words, making_sense
from contracts.sensitive import REVEAL
from signing import xmltext
from signing.errors import MalformedMessage


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
        inner = "".join(_written(fields, self.row))
        return (f"<{self.root}>{inner}</{self.root}>" if self.root else inner).encode()


def _only(element: _Element, names: list[str]) -> _Element:
    found = [child for child in element if child.tag in names]
    if len(found) != 1:
        raise Unreadable(f"not exactly one element {' or '.join(names)}")
    return found[0]


def _object(element: _Element, model: type[BaseModel]) -> dict[str, object]:
    shapes = {info.alias or name: info.annotation for name, info in model.model_fields.items()}
    found: dict[str, object] = {}
    for child in element:
        if not isinstance(child.tag, str) or child.tag in found:
            raise Unreadable(f"element {child.tag} stands twice")
        found[child.tag] = _value(child, shapes.get(child.tag))
    return found


def _value(element: _Element, shape: object) -> object:
    for part in (shape, *get_args(shape)):
        if get_origin(part) is tuple:
            (model, _) = get_args(part)
            return [_object(row, model) for row in element]
        if isinstance(part, type) and issubclass(part, BaseModel):
            return _object(element, part)
    return element.text or ""


def _written(fields: dict[str, object], row: str) -> Iterable[str]:
    for name, value in fields.items():
        if isinstance(value, dict):
            inner = "".join(_written(value, row))
        elif isinstance(value, list):
            inner = "".join(f"<{row}>{''.join(_written(line, row))}</{row}>" for line in value)
        else:
            inner = escape(str(value), quote=False)
        yield f"<{name}>{inner}</{name}>"
