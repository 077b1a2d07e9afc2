"""``application/x-www-form-urlencoded``, written as browsers do and read strictly."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from signing.errors import MalformedMessage

MAXIMUM_FIELDS = 1000
_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"
_WRITTEN = [chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in range(256)]
_WRITTEN[ord(" ")] = "+"
_ESCAPED = [text.encode("ascii") for text in _WRITTEN]
# Up to so many different bytes it is quicker to replace each throughout than to look every byte up.
_FEW = 64


def write_form(fields: Iterable[tuple[str, str]], charset: str) -> bytes:
    """The fields as a form, in their order."""
    pairs = [f"{_quoted(name, charset)}={_quoted(value, charset)}" for name, value in fields]
    return "&".join(pairs).encode("ascii")


def _quoted(text: str, charset: str) -> str:
    data = text.encode(charset)
    unsafe = set(data.translate(None, _SAFE))
    if not unsafe:
        return data.decode("ascii")
    if len(unsafe) > _FEW:
        return "".join([_WRITTEN[byte] for byte in data])
    # The percent sign goes first and the blank last, for each becomes what another is written with.
    for byte in sorted(unsafe, key=_replaced_at):
        data = data.replace(bytes((byte,)), _ESCAPED[byte])
    return data.decode("ascii")


def _replaced_at(byte: int) -> int:
    return {ord("%"): -1, ord(" "): 256}.get(byte, byte)


def read_form(data: bytes, charset: str) -> dict[str, str]:
    """The decoded fields. Raises MalformedMessage for anything but a form whose names are distinct."""
    try:
        pairs = parse_qsl(
            data.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            encoding=charset,
            errors="strict",
            max_num_fields=MAXIMUM_FIELDS,
        )
    except ValueError:
        raise MalformedMessage("the body is not a form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedMessage("a field occurs twice in the form")
    return fields
