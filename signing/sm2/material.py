"""SM2 keys as files: PKCS#8, SEC 1, SubjectPublicKeyInfo, X.509; `cryptography` cannot read these.

A private scalar is handed out as a bytearray so that whoever loads it into an engine can wipe it. No error
quotes its input.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from signing import der
from signing.der import MalformedDer, Reader
from signing.errors import KeyUnavailable
from signing.sm2 import curve, pbes2

EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
SM2_CURVE: Final = "1.2.156.10197.1.301"

T = TypeVar("T")

_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1
_LONGEST_FILE: Final = 64 * 1024


def private_from_pem(pem: bytes, password: bytes | None = None) -> bytearray:
    """Return the 32-byte scalar of a PKCS#8 (plain or encrypted) or SEC 1 private key in PEM.

    Raises `KeyUnavailable` when the text is anything but one such key, or the password is wrong, missing or
    not needed.
    """
    label, data = _unwrap(pem)
    if label == "ENCRYPTED PRIVATE KEY":
        if not password:
            raise KeyUnavailable("the SM2 private key is encrypted: give its password")
        return private_from_der(pbes2.decrypt(data, password))
    if password:
        raise KeyUnavailable("a password was given for an SM2 private key that is not encrypted")
    if label == "EC PRIVATE KEY":
        return _read(lambda: _sec1(data, curve_named=False))
    if label == "PRIVATE KEY":
        return private_from_der(data)
    raise KeyUnavailable("not an SM2 private key in PEM")


def private_from_der(data: bytes) -> bytearray:
    """Return the 32-byte scalar of an unencrypted PKCS#8 key (RFC 5208) in DER; raises `KeyUnavailable`."""
    return _read(lambda: _pkcs8(data))


def public_from_pem(pem: bytes) -> bytes:
    """Return the point 04||x||y of a SubjectPublicKeyInfo or X.509 certificate in PEM, or `KeyUnavailable`.

    Nothing else of a certificate is looked at: not its dates, not its issuer.
    """
    label, data = _unwrap(pem)
    if label == "PUBLIC KEY":
        return public_from_der(data)
    if label == "CERTIFICATE":
        return _read(lambda: _certificate(data))
    raise KeyUnavailable("not an SM2 public key in PEM")


def public_from_der(data: bytes) -> bytes:
    """Return the point 04||x||y of a SubjectPublicKeyInfo (RFC 5480) in DER; raises `KeyUnavailable`."""
    return _read(lambda: _public_info(_only(data)))


def private_to_der(scalar: bytes | bytearray, point: bytes) -> bytes:
    """Return a private key with its point as unencrypted PKCS#8 in DER, the form OpenSSL writes."""
    key = der.encode(
        der.SEQUENCE,
        der.encode_unsigned(1),
        der.encode(der.OCTET_STRING, bytes(scalar)),
        der.encode(_CONTEXT_1, der.encode(der.BIT_STRING, b"\x00", point)),
    )
    return der.encode(der.SEQUENCE, der.encode_unsigned(0), _algorithm(), der.encode(der.OCTET_STRING, key))


def private_to_pem(
    scalar: bytes | bytearray, point: bytes, password: bytes, random: Callable[[int], bytes]
) -> bytes:
    """Return a private key as encrypted PKCS#8 in PEM; `random` supplies salt and initialisation vector."""
    sealed = pbes2.encrypt(private_to_der(scalar, point), password, random)
    return to_pem("ENCRYPTED PRIVATE KEY", sealed)


def public_to_der(point: bytes) -> bytes:
    """Return a public key as SubjectPublicKeyInfo in DER."""
    return der.encode(der.SEQUENCE, _algorithm(), der.encode(der.BIT_STRING, b"\x00", point))


def to_pem(label: str, data: bytes) -> bytes:
    """Return DER as one PEM block (RFC 7468)."""
    text = base64.b64encode(data)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return b"\n".join((f"-----BEGIN {label}-----".encode(), *lines, f"-----END {label}-----".encode(), b""))


def _algorithm() -> bytes:
    return der.encode(der.SEQUENCE, der.encode_oid(EC_PUBLIC_KEY), der.encode_oid(SM2_CURVE))


def _read(parse: Callable[[], T]) -> T:
    try:
        return parse()
    except MalformedDer:
        raise KeyUnavailable("the SM2 key is not in strict DER") from None


def _unwrap(pem: bytes) -> tuple[str, bytes]:
    """Return label and contents of the only key block; a block of EC parameters may stand in front of it."""
    if len(pem) > _LONGEST_FILE:
        raise KeyUnavailable("the SM2 key file is too long")
    blocks: list[tuple[str, bytes]] = []
    lines = iter(pem.splitlines())
    for line in lines:
        if line.startswith(b"-----BEGIN ") and line.rstrip().endswith(b"-----"):
            label = line.rstrip()[11:-5]
            blocks.append((label.decode("ascii", "replace"), _body(lines, b"-----END " + label + b"-----")))
    keys = [block for block in blocks if block[0] != "EC PARAMETERS"]
    if len(keys) != 1:
        raise KeyUnavailable("the SM2 key file does not hold exactly one key in PEM")
    return keys[0]


def _body(lines: Iterator[bytes], end: bytes) -> bytes:
    body = bytearray()
    for line in lines:
        if line.rstrip() == end:
            try:
                return base64.b64decode(bytes(body), validate=True)
            except binascii.Error:
                break
        body += line.strip()
    raise KeyUnavailable("the SM2 key file is not whole PEM")


def _only(data: bytes) -> Reader:
    outer = Reader(data)
    inner = outer.sequence()
    outer.end()
    return inner


def _expect_algorithm(reader: Reader) -> None:
    algorithm = reader.sequence()
    kind, named = algorithm.oid(), algorithm.oid()
    algorithm.end()
    if kind != EC_PUBLIC_KEY or named != SM2_CURVE:
        raise KeyUnavailable("the key is not on the SM2 curve")


def _pkcs8(data: bytes) -> bytearray:
    info = _only(data)
    if info.unsigned() != 0:
        raise KeyUnavailable("the PKCS#8 version is not 0")
    _expect_algorithm(info)
    key = info.octets()
    if info.peek() == _CONTEXT_0:  # attributes, such as key usage
        info.value(_CONTEXT_0)
    info.end()
    return _sec1(key, curve_named=True)


def _sec1(data: bytes, *, curve_named: bool) -> bytearray:
    """Read ECPrivateKey of RFC 5915; unless the wrapping named the curve, the key itself must."""
    key = _only(data)
    if key.unsigned() != 1:
        raise KeyUnavailable("the EC private key version is not 1")
    scalar = bytearray(key.octets())
    curve.read_scalar(scalar)
    if key.peek() == _CONTEXT_0:
        named = Reader(key.value(_CONTEXT_0))
        curve_named = named.oid() == SM2_CURVE
        named.end()
    if key.peek() == _CONTEXT_1:
        public = Reader(key.value(_CONTEXT_1))
        curve.read_point(public.bits())
        public.end()
    key.end()
    if not curve_named:
        raise KeyUnavailable("the key is not on the SM2 curve")
    return scalar


def _public_info(info: Reader) -> bytes:
    _expect_algorithm(info)
    point = info.bits()
    info.end()
    if len(point) != 2 * curve.SIZE + 1:
        raise KeyUnavailable("the SM2 public key is not an uncompressed point")
    return curve.point_bytes(*curve.read_point(point))


def _certificate(data: bytes) -> bytes:
    signed = _only(data)
    body = signed.sequence()
    signed.sequence()
    signed.bits()
    signed.end()
    if body.peek() == _CONTEXT_0:  # version
        body.value(_CONTEXT_0)
    body.value(der.INTEGER)  # serial number
    for _ in ("signature", "issuer", "validity", "subject"):
        body.sequence()
    return _public_info(body.sequence())
