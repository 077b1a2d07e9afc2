"""How SM2 signatures and ciphertexts travel: ASN.1 (GM/T 0009) and the plain joins partners use."""

from __future__ import annotations

from enum import StrEnum

from signing import der
from signing.der import MalformedDer, Sm2Cipher
from signing.gm import SM3_SIZE
from signing.sm2 import curve


class SignatureFormat(StrEnum):
    """The form of a signature; agreed with the partner, never guessed from the bytes."""

    DER = "der"  # SEQUENCE { r INTEGER, s INTEGER }
    RAW = "raw"  # r||s, 64 bytes


class CipherFormat(StrEnum):
    """The form of a ciphertext; C1 is the point, C2 the cipher, C3 the SM3 hash."""

    ASN1 = "asn1"  # SEQUENCE { x, y INTEGER, C3, C2 OCTET STRING }
    C1C3C2 = "c1c3c2"  # 04||x||y||C3||C2, the order of GM/T 0003 since 2012
    C1C2C3 = "c1c2c3"  # 04||x||y||C2||C3, the order of the 2010 draft, still met
    BARE_C1C3C2 = "bare_c1c3c2"  # x||y||C3||C2, from libraries that drop the 04
    BARE_C1C2C3 = "bare_c1c2c3"  # x||y||C2||C3


_BARE = frozenset({CipherFormat.BARE_C1C3C2, CipherFormat.BARE_C1C2C3})
_HASH_LAST = frozenset({CipherFormat.C1C2C3, CipherFormat.BARE_C1C2C3})


def read_signature(data: bytes, form: SignatureFormat) -> tuple[int, int]:
    """Return (r, s), both in 1..n-1; raises `MalformedDer` for every other byte string."""
    if form is SignatureFormat.DER:
        return der.read_signature(data, curve.N)
    return der.read_raw_signature(data, curve.N)


def write_signature(r: int, s: int, form: SignatureFormat) -> bytes:
    """Return the signature in the given form."""
    if form is SignatureFormat.DER:
        return der.write_signature(r, s)
    return der.write_raw_signature(r, s, curve.N)


def read_cipher(data: bytes, form: CipherFormat) -> Sm2Cipher:
    """Return the parts, C1 on the curve and C2 not empty; raises `MalformedDer` for any other bytes."""
    parts = der.read_sm2_ciphertext(data, curve.P) if form is CipherFormat.ASN1 else _split(data, form)
    if not curve.on_curve(parts.x, parts.y):
        raise MalformedDer("the point of the ciphertext is not on the curve")
    return parts


def _split(data: bytes, form: CipherFormat) -> Sm2Cipher:
    if form not in _BARE:
        if data[:1] != curve.UNCOMPRESSED:
            raise MalformedDer("the ciphertext does not begin with an uncompressed point")
        data = data[1:]
    head = 2 * curve.SIZE
    if len(data) <= head + SM3_SIZE:
        raise MalformedDer("the ciphertext is too short")
    x = int.from_bytes(data[: curve.SIZE], "big")
    y = int.from_bytes(data[curve.SIZE : head], "big")
    rest = data[head:]
    if form in _HASH_LAST:
        return Sm2Cipher(x, y, rest[-SM3_SIZE:], rest[:-SM3_SIZE])
    return Sm2Cipher(x, y, rest[:SM3_SIZE], rest[SM3_SIZE:])


def write_cipher(parts: Sm2Cipher, form: CipherFormat) -> bytes:
    """Return the ciphertext in the given form."""
    if form is CipherFormat.ASN1:
        return der.write_sm2_ciphertext(parts)
    point = curve.point_bytes(parts.x, parts.y)
    head = point[1:] if form in _BARE else point
    tail = (parts.cipher, parts.hash) if form in _HASH_LAST else (parts.hash, parts.cipher)
    return b"".join((head, *tail))
