"""Sign; verify and return the bytes, or raise. The caller, not the message, names algorithm and ring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from signing.errors import KeyUnavailable, SignatureRefused
from signing.keys import Key, KeyRing, KeyUse, Secret

P256_BYTES = 32


class SignatureAlgorithm(StrEnum):
    """The closed list of what a profile may ask for."""

    RSA_PKCS1_SHA256 = "rsa-pkcs1-sha256"  # RFC 8017 section 8.2; RSA2, SHA256withRSA
    RSA_PKCS1_SHA1 = "rsa-pkcs1-sha1"  # legacy: only in profiles that say so
    RSA_PSS_SHA256 = "rsa-pss-sha256"  # RFC 8017 section 8.1, MGF1-SHA256, salt of 32 bytes
    ECDSA_P256_DER = "ecdsa-p256-sha256-der"  # FIPS 186-5, ASN.1 form
    ECDSA_P256_RAW = "ecdsa-p256-sha256-raw"  # FIPS 186-5, r and s of 32 bytes each
    ED25519 = "ed25519"  # RFC 8032
    HMAC_SHA256 = "hmac-sha256"  # RFC 2104


LEGACY = frozenset({SignatureAlgorithm.RSA_PKCS1_SHA1})
KEYED_BY_SHARED = frozenset({SignatureAlgorithm.HMAC_SHA256})


@dataclass(frozen=True, slots=True)
class Signed:
    """A fresh signature and the id of the key that made it."""

    value: bytes
    key_id: str


class VerifiedBytes(bytes):
    """Bytes a signature was verified over; ``key_id`` is the key that vouched for them."""

    key_id: str


class Engine(NamedTuple):
    """How one algorithm signs and checks. ``check`` raises InvalidSignature or ValueError."""

    sign: Callable[[Key, bytes], bytes]
    check: Callable[[Key, bytes, bytes], None]


def sign(algorithm: SignatureAlgorithm, data: bytes, ring: KeyRing, now: datetime) -> Signed:
    """Sign ``data`` with the ring's primary key. Raises KeyUnavailable."""
    key = ring.primary(now, KeyUse.SIGN)
    return Signed(ENGINES[algorithm].sign(key, data), key.key_id)


def verify(
    algorithm: SignatureAlgorithm,
    data: bytes,
    value: bytes,
    ring: KeyRing,
    now: datetime,
    key_id: str | None = None,
) -> VerifiedBytes:
    """Return ``data`` as verified, or raise.

    ``key_id`` narrows the choice to one key of the ring; it can never widen it. Raises KeyUnavailable when
    the ring has no key for this time, SignatureRefused for every other reason, unexpected ones included.
    """
    if not value:
        raise SignatureRefused("the signature is absent")
    check = ENGINES[algorithm].check
    for key in ring.accepted(now, key_id, KeyUse.SIGN):
        if _made_by(check, key, data, value):
            verified = VerifiedBytes(data)
            verified.key_id = key.key_id
            return verified
    raise SignatureRefused("no accepted key made this signature over these bytes")


def _made_by(check: Callable[[Key, bytes, bytes], None], key: Key, data: bytes, value: bytes) -> bool:
    try:
        check(key, data, value)
    except KeyUnavailable:
        raise
    except Exception:
        # Whatever goes wrong in a cryptographic library, the message is not verified.
        return False
    return True


def _rsa(padding_of: Callable[[], padding.AsymmetricPadding], digest: hashes.HashAlgorithm) -> Engine:
    pad = padding_of()

    def sign_rsa(key: Key, data: bytes) -> bytes:
        return key.expect(rsa.RSAPrivateKey).sign(data, pad, digest)

    def check_rsa(key: Key, data: bytes, value: bytes) -> None:
        key.expect(rsa.RSAPublicKey).verify(value, data, pad, digest)

    return Engine(sign_rsa, check_rsa)


_ECDSA = ec.ECDSA(hashes.SHA256())


def _sign_ecdsa(key: Key, data: bytes) -> bytes:
    private = key.expect(ec.EllipticCurvePrivateKey)
    _demand_p256(key, private.curve)
    return private.sign(data, _ECDSA)


def _check_ecdsa(key: Key, data: bytes, value: bytes) -> None:
    public = key.expect(ec.EllipticCurvePublicKey)
    _demand_p256(key, public.curve)
    if encode_dss_signature(*decode_dss_signature(value)) != value:
        raise InvalidSignature
    public.verify(value, data, _ECDSA)


def _demand_p256(key: Key, curve: ec.EllipticCurve) -> None:
    if not isinstance(curve, ec.SECP256R1):
        raise KeyUnavailable(f"key {key.key_id} is not on curve P-256")


def _sign_ecdsa_raw(key: Key, data: bytes) -> bytes:
    r, s = decode_dss_signature(_sign_ecdsa(key, data))
    return r.to_bytes(P256_BYTES, "big") + s.to_bytes(P256_BYTES, "big")


def _check_ecdsa_raw(key: Key, data: bytes, value: bytes) -> None:
    if len(value) != 2 * P256_BYTES:
        raise InvalidSignature
    r, s = int.from_bytes(value[:P256_BYTES], "big"), int.from_bytes(value[P256_BYTES:], "big")
    _check_ecdsa(key, data, encode_dss_signature(r, s))


def _sign_ed25519(key: Key, data: bytes) -> bytes:
    return key.expect(ed25519.Ed25519PrivateKey).sign(data)


def _check_ed25519(key: Key, data: bytes, value: bytes) -> None:
    key.expect(ed25519.Ed25519PublicKey).verify(value, data)


def _keyed_hash(key: Key, data: bytes) -> hmac.HMAC:
    context = key.cached("hmac-sha256", lambda: hmac.HMAC(key.expect(Secret).value, hashes.SHA256())).copy()
    context.update(data)
    return context


def _sign_hmac(key: Key, data: bytes) -> bytes:
    return _keyed_hash(key, data).finalize()


def _check_hmac(key: Key, data: bytes, value: bytes) -> None:
    _keyed_hash(key, data).verify(value)


def _pss() -> padding.PSS:
    return padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)


# SHA-1 lives only behind LEGACY: partners exist whose documents know nothing newer.
ENGINES: dict[SignatureAlgorithm, Engine] = {
    SignatureAlgorithm.RSA_PKCS1_SHA256: _rsa(padding.PKCS1v15, hashes.SHA256()),
    SignatureAlgorithm.RSA_PKCS1_SHA1: _rsa(padding.PKCS1v15, hashes.SHA1()),  # noqa: S303
    SignatureAlgorithm.RSA_PSS_SHA256: _rsa(_pss, hashes.SHA256()),
    SignatureAlgorithm.ECDSA_P256_DER: Engine(_sign_ecdsa, _check_ecdsa),
    SignatureAlgorithm.ECDSA_P256_RAW: Engine(_sign_ecdsa_raw, _check_ecdsa_raw),
    SignatureAlgorithm.ED25519: Engine(_sign_ed25519, _check_ed25519),
    SignatureAlgorithm.HMAC_SHA256: Engine(_sign_hmac, _check_hmac),
}
