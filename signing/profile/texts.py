"""Declarations of the text that is signed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from signing.profile.base import Declared


class SortedText(Declared):
    """The sorted form of the fields, perhaps bound to the path, perhaps digested first.

    ``or_with`` are excluded constants that some senders of one family sign all the same; a signature over
    either form is accepted, and as the values are pinned, both forms say the same.
    """

    kind: Literal["sorted"]
    keep_empty: bool = False
    exclude: tuple[str, ...] = ("sign",)
    path_prefix: bool = False
    digest: Literal["none", "sha256-hex", "sm3-hex"] = "none"
    or_with: Mapping[str, str] = {}


class SliceText(Declared):
    """A slice of the JSON text: a member's exact value, or all from the first name to the signature."""

    kind: Literal["slice"]
    span: Literal["value", "until_signature"] = "value"


class CanonicalJsonText(Declared):
    """The whole object, names sorted at every depth, no blanks, a placeholder in the signature's place."""

    kind: Literal["canonical_json"]
    placeholder: str


class OrderedJsonText(Declared):
    """A compact JSON object of those headers that are present, in this order, then of these fields."""

    kind: Literal["ordered_json"]
    headers: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


class InnerXmlText(Declared):
    """Base64 of the exact inner XML of the payload element."""

    kind: Literal["inner_xml"]


class JoinedText(Declared):
    """Parts in a fixed order. A part is ``method``, ``path``, ``body``, ``literal:...`` or a slot."""

    kind: Literal["joined"]
    parts: tuple[str, ...] = Field(min_length=1)
    separator: str = "\n"
    end: str = ""

    @model_validator(mode="after")
    def _readable(self) -> JoinedText:
        if not self.compiled:
            raise ValueError("a joined text has parts")
        return self

    @cached_property
    def compiled(self) -> tuple[tuple[str, str], ...]:
        """The parts split into what they are and their argument."""
        return tuple(_part(text) for text in self.parts)


def _part(text: str) -> tuple[str, str]:
    kind, _, argument = text.partition(":")
    if kind in ("method", "path", "body") and not argument:
        return kind, ""
    if kind in ("field", "header", "param") and argument:
        return kind, argument.lower() if kind == "header" else argument
    if kind == "literal":
        return kind, argument
    raise ValueError(f"unknown part of a signed text: {text}")


SignedText = Annotated[
    SortedText | SliceText | CanonicalJsonText | OrderedJsonText | InnerXmlText | JoinedText,
    Field(discriminator="kind"),
]
