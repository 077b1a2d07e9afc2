"""Text encodings of binary values, decoded strictly: one value has exactly one accepted spelling."""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum

from signing.errors import MalformedMessage


class Encoding(StrEnum):
    """How a binary value is written as text."""

    BASE64 = "base64"
    BASE64URL = "base64url"  # without padding
    HEX_LOWER = "hex-lower"
    HEX_UPPER = "hex-upper"


def encode(encoding: Encoding, value: bytes) -> str:
    """Write ``value`` as text."""
    if encoding is Encoding.BASE64:
        return binascii.b2a_base64(value, newline=False).decode("ascii")
    if encoding is Encoding.HEX_LOWER:
        return value.hex()
    if encoding is Encoding.HEX_UPPER:
        return value.hex().upper()
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")


def decode(encoding: Encoding, text: str) -> bytes:
    """Read ``text`` back; raise MalformedMessage unless it is the one spelling ``encode`` would write.

    Lenient decoders accept whitespace, other alphabets and stray trailing bits, which lets one signature
    travel under many spellings and defeats every check for repetition.
    """
    try:
        value = _decode(encoding, text)
    except (ValueError, binascii.Error):
        raise MalformedMessage(f"not {encoding.value} text") from None
    if encode(encoding, value) != text:
        raise MalformedMessage(f"not canonical {encoding.value} text")
    return value


def _decode(encoding: Encoding, text: str) -> bytes:
    if encoding is Encoding.BASE64:
        return base64.b64decode(text, validate=True)
    if encoding is Encoding.BASE64URL:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return bytes.fromhex(text)
