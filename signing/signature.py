"""Sign; verify and return the bytes, or raise. The caller, not the message, names algorithm and ring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from signing import der
from signing.errors import KeyUnavailable, SignatureRefused
from signing.keys import DeviceKey, Key, KeyRing, KeyUse, Secret
from signing.sm2 import DEFAULT_USER_ID, SignatureFormat, Sm2PrivateKey, Sm2PublicKey


class SignatureAlgorithm(StrEnum):
    """The closed list of what a profile may ask for."""

    RSA_PKCS1_SHA256 = "rsa-pkcs1-sha256"  # RFC 8017 section 8.2; RSA2, SHA256withRSA
    RSA_PKCS1_SHA1 = "rsa-pkcs1-sha1"  # legacy: only in profiles that say so
    RSA_PSS_SHA256 = "rsa-pss-sha256"  # RFC 8017 section 8.1, MGF1-SHA256, salt of 32 bytes
    RSA_PSS_SHA512 = "rsa-pss-sha512"  # the same with SHA-512 and a salt of 64 bytes, as RFC 9421 wants it
    ECDSA_P256_DER = "ecdsa-p256-sha256-der"  # FIPS 186-5, ASN.1 form
    ECDSA_P256_RAW = "ecdsa-p256-sha256-raw"  # FIPS 186-5, r and s of 32 bytes each
    ED25519 = "ed25519"  # RFC 8032
    SM2_SM3_DER = (
        "sm2-sm3-der"  # GM/T 0003.2 with GM/T 0009; the key's attribute sm2_user_id, else the default
    )
    SM2_SM3_RAW = "sm2-sm3-raw"  # r and s of 32 bytes each
    HMAC_SHA256 = "hmac-sha256"  # RFC 2104
    HMAC_SM3 = "hmac-sm3"  # GM/T 0042


LEGACY = frozenset({SignatureAlgorithm.RSA_PKCS1_SHA1})
# Looking a member up in its class takes longer than a small code may.
_SIGN = KeyUse.SIGN
KEYED_BY_SHARED = frozenset({SignatureAlgorithm.HMAC_SHA256, SignatureAlgorithm.HMAC_SM3})


@dataclass(frozen=True, slots=True)
class Signed:
    """A fresh signature and the id of the key that made it."""

    value: bytes
    key_id: str


class VerifiedBytes(bytes):
    """Bytes a signature was verified over; ``key_id`` is the key that vouched for them."""

    key_id: str


class Engine(NamedTuple):
    """How one algorithm signs and checks. ``check`` raises something when the signature does not hold."""

    sign: Callable[[Key, bytes], bytes]
    check: Callable[[Key, bytes, bytes], None]


def sign(algorithm: SignatureAlgorithm, data: bytes, ring: KeyRing, now: datetime) -> Signed:
    """Sign ``data`` with the ring's primary key. Raises KeyUnavailable."""
    key = ring.primary(now, _SIGN)
    if key.is_device:
        return Signed(key.expect(DeviceKey).sign(algorithm.value, data), key.key_id)
    return Signed(_BY_VALUE[algorithm._value_].sign(key, data), key.key_id)


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
    check = _BY_VALUE[algorithm._value_].check
    for key in ring.accepted(now, key_id, _SIGN):
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


def _rsa(pad: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> Engine:
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
    der.read_signature(value, der.P256_ORDER)
    public.verify(value, data, _ECDSA)


def _demand_p256(key: Key, curve: ec.EllipticCurve) -> None:
    if not isinstance(curve, ec.SECP256R1):
        raise KeyUnavailable(f"key {key.key_id} is not on curve P-256")


def _sign_ecdsa_raw(key: Key, data: bytes) -> bytes:
    r, s = decode_dss_signature(_sign_ecdsa(key, data))  # our own, so the strict parser has no part in it
    return der.write_raw_signature(r, s, der.P256_ORDER)


def _check_ecdsa_raw(key: Key, data: bytes, value: bytes) -> None:
    r, s = der.read_raw_signature(value, der.P256_ORDER)
    _check_ecdsa(key, data, der.write_signature(r, s))


def _sign_ed25519(key: Key, data: bytes) -> bytes:
    return key.expect(ed25519.Ed25519PrivateKey).sign(data)


def _check_ed25519(key: Key, data: bytes, value: bytes) -> None:
    key.expect(ed25519.Ed25519PublicKey).verify(value, data)


def _hmac(digest: hashes.HashAlgorithm) -> Engine:
    name = f"hmac-{digest.name}"

    def begin(key: Key) -> Callable[[], hmac.HMAC]:
        return hmac.HMAC(key.expect(Secret).value, digest).copy

    def keyed(key: Key, data: bytes) -> hmac.HMAC:
        context = key.cached(name, begin)()
        context.update(data)
        return context

    def sign_hmac(key: Key, data: bytes) -> bytes:
        return keyed(key, data).finalize()

    def check_hmac(key: Key, data: bytes, value: bytes) -> None:
        keyed(key, data).verify(value)

    return Engine(sign_hmac, check_hmac)


def _sm2(form: SignatureFormat) -> Engine:
    def sign_sm2(key: Key, data: bytes) -> bytes:
        user_id = key.attributes.get("sm2_user_id", DEFAULT_USER_ID)
        return key.expect(Sm2PrivateKey).sign(data, user_id=user_id, form=form)

    def check_sm2(key: Key, data: bytes, value: bytes) -> None:
        user_id = key.attributes.get("sm2_user_id", DEFAULT_USER_ID)
        key.expect(Sm2PublicKey).verify(value, data, user_id=user_id, form=form)

    return Engine(sign_sm2, check_sm2)


def _pss(digest: hashes.HashAlgorithm) -> padding.PSS:
    return padding.PSS(padding.MGF1(digest), digest.digest_size)


# SHA-1 lives only behind LEGACY: partners exist whose documents know nothing newer.
ENGINES: dict[SignatureAlgorithm, Engine] = {
    SignatureAlgorithm.RSA_PKCS1_SHA256: _rsa(padding.PKCS1v15(), hashes.SHA256()),
    SignatureAlgorithm.RSA_PKCS1_SHA1: _rsa(padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303
    SignatureAlgorithm.RSA_PSS_SHA256: _rsa(_pss(hashes.SHA256()), hashes.SHA256()),
    SignatureAlgorithm.RSA_PSS_SHA512: _rsa(_pss(hashes.SHA512()), hashes.SHA512()),
    SignatureAlgorithm.ECDSA_P256_DER: Engine(_sign_ecdsa, _check_ecdsa),
    SignatureAlgorithm.ECDSA_P256_RAW: Engine(_sign_ecdsa_raw, _check_ecdsa_raw),
    SignatureAlgorithm.ED25519: Engine(_sign_ed25519, _check_ed25519),
    SignatureAlgorithm.SM2_SM3_DER: _sm2(SignatureFormat.DER),
    SignatureAlgorithm.SM2_SM3_RAW: _sm2(SignatureFormat.RAW),
    SignatureAlgorithm.HMAC_SHA256: _hmac(hashes.SHA256()),
    SignatureAlgorithm.HMAC_SM3: _hmac(hashes.SM3()),
}
# Members of an enumeration hash in Python, plain strings in C, and a small code takes no longer than that.
_BY_VALUE = {algorithm.value: engine for algorithm, engine in ENGINES.items()}
