"""Single values read from an opened payload: the timestamps and numbers some dialects keep only there."""

from __future__ import annotations

from signing.errors import MalformedMessage
from signing.jsontext import decode_utf8, parse_value
from signing.profile import Body, XmlBody, XmlDocument
from signing.xmltext import text_at


def text_inside(body: Body, payload: bytes, path: str) -> str:
    """The text at ``a.b`` in a JSON or XML payload; ``a+b`` is two texts joined. Raises MalformedMessage."""
    if isinstance(body, XmlBody):
        payload = b"<payload>" + payload + b"</payload>"
    if isinstance(body, XmlBody | XmlDocument):
        return "".join(text_at(payload, part) for part in path.split("+"))
    tree = parse_value(decode_utf8(payload))
    return "".join(_at(tree, part) for part in path.split("+"))


def _at(tree: object, path: str) -> str:
    value = tree
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise MalformedMessage(f"no {path} in the payload")
    return str(value)
