"""Declarations of what a body looks like and where the payload stands in it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from signing.profile.base import Declared


class FormBody(Declared):
    """``application/x-www-form-urlencoded``. Without ``payload`` the fields are the message."""

    kind: Literal["form"]
    payload: str | None = None
    charset: Literal["utf-8", "gbk"] = "utf-8"


class JsonBody(Declared):
    """A JSON object; the payload is one member, embedded as JSON or as a string.

    ``order`` fixes the order of members; ``nested`` names members that are objects, whose own members are
    written ``outer.inner``; ``sorted`` writes the whole canonically. A payload named ``*_response`` is the
    one member with that ending: the caller gives what stands before it as the field ``*``.
    """

    kind: Literal["json"]
    payload: str
    payload_as: Literal["json", "string"] = "string"
    order: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    sorted: bool = False


class TextBody(Declared):
    """The body is the payload itself."""

    kind: Literal["text"]
    payload: None = None
    content_type: str = "text/plain; charset=utf-8"


class XmlBody(Declared):
    """``<root><payload>...</payload><other>...</other></root>``; the payload is the exact inner XML."""

    kind: Literal["xml"]
    root: str = Field(pattern=r"^[A-Za-z_][\w.-]*$")
    payload: str = Field(pattern=r"^[A-Za-z_][\w.-]*$")


class XmlDocument(Declared):
    """The payload is a whole XML document, signed by XML-DSig inside itself."""

    kind: Literal["xml_document"]
    payload: None = None


Body = Annotated[FormBody | JsonBody | TextBody | XmlBody | XmlDocument, Field(discriminator="kind")]


class Authorization(Declared):
    """A header that carries several values: ``SCHEME name="value",...`` in this order."""

    header: str = "authorization"
    scheme: str
    order: tuple[str, ...]
