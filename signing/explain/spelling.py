"""How else a signature may be spelled: other encodings, line breaks, lost plus signs, DER instead of raw."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote

from signing import der
from signing.encodings import Encoding, decode
from signing.errors import MalformedMessage
from signing.profile import Signature
from signing.signature import SignatureAlgorithm
from signing.sm2 import curve

Value = tuple[tuple[tuple[str, str], ...], bytes]
"""Causes, each with its detail, and the signature as bytes."""

_PAIRS = {
    SignatureAlgorithm.ECDSA_P256_DER: der.P256_ORDER,
    SignatureAlgorithm.ECDSA_P256_RAW: der.P256_ORDER,
    SignatureAlgorithm.SM2_SM3_DER: curve.N,
    SignatureAlgorithm.SM2_SM3_RAW: curve.N,
}
_LEAST_BYTES = 16


def values(signature: Signature, text: str) -> Iterator[Value]:
    """The signature as the profile spells it, then as it may be meant; the fewest causes first."""
    found: dict[bytes, tuple[tuple[str, str], ...]] = {}
    for causes, value in _decoded(signature, text):
        found.setdefault(value, causes)
        for detail, other in _forms(signature.algorithm, value):
            found.setdefault(other, (*causes, ("signature-form", detail)))
    for value, causes in sorted(found.items(), key=lambda item: len(item[1])):
        yield causes, value


def _decoded(signature: Signature, text: str) -> Iterator[Value]:
    for one in text.split(" ") if signature.several else [text]:
        causes: tuple[tuple[str, str], ...] = ()
        bare = one.removeprefix(signature.prefix)
        if bare == one and signature.prefix:
            causes = (("signature-prefix", one.partition(",")[0] if "," in one else "none"),)
            bare = one.rpartition(",")[2]
        with suppress(MalformedMessage):
            yield causes, decode(signature.encoding, bare)
        for detail, value in _otherwise(signature.encoding, bare):
            yield (*causes, ("signature-encoding", detail)), value


def _otherwise(agreed: Encoding, text: str) -> Iterator[tuple[str, bytes]]:
    repaired = {
        "": text,
        "with line breaks or blanks, ": "".join(text.split()),
        "a plus became a blank, ": text.replace(" ", "+"),
        "percent-encoded, ": unquote(text),
        "in quotation marks, ": text.strip('"'),
    }
    for detail, spelled in repaired.items():
        for encoding in Encoding:
            try:
                value = _lenient(encoding, spelled)
            except (ValueError, binascii.Error):
                continue
            if len(value) < _LEAST_BYTES:
                continue
            name = f"{encoding.value}, in a spelling of its own" if encoding is agreed else encoding.value
            yield f"{detail}{name}", value
            inner = _text_inside(value)
            if inner is not None:
                yield f"{detail}{encoding.value} of hexadecimal", inner


def _lenient(encoding: Encoding, text: str) -> bytes:
    if encoding is Encoding.HEX_LOWER or encoding is Encoding.HEX_UPPER:
        if text != (text.lower() if encoding is Encoding.HEX_LOWER else text.upper()):
            raise ValueError("another case")
        return bytes.fromhex(text)
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    alphabet = b"-_" if encoding is Encoding.BASE64URL else None
    return base64.b64decode(padded, altchars=alphabet, validate=True)


def _text_inside(value: bytes) -> bytes | None:
    try:
        return bytes.fromhex(value.decode("ascii"))
    except ValueError:
        return None


def _forms(algorithm: SignatureAlgorithm, value: bytes) -> Iterator[tuple[str, bytes]]:
    order = _PAIRS.get(algorithm)
    if order is None:
        return
    try:
        if algorithm.value.endswith("-der"):
            r, s = der.read_raw_signature(value, order)
            yield "r||s where DER is agreed", der.write_signature(r, s)
            yield "s||r where DER is agreed", der.write_signature(s, r)
        else:
            r, s = der.read_signature(value, order)
            yield "DER where r||s is agreed", der.write_raw_signature(r, s, order)
    except MalformedMessage:
        return
