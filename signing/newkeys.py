"""Fresh keys and rings. The library draws its own randomness for key pairs; secrets use the caller's."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from signing.errors import KeyUnavailable
from signing.keys import Key, KeyRing, KeyUse, PartnerKeys, RingEntry, sm2_engine
from signing.sm2 import Sm2PrivateKey, curve, material

PUBLIC_EXPONENT = 65537
WEBHOOK_SECRET_BYTES = range(24, 65)  # Standard Webhooks 1.0.0

Random = Callable[[int], bytes]
Algorithm = Literal["rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ed25519", "sm2"]


def new_rsa(key_id: str, *, bits: int = 2048, use: KeyUse = KeyUse.ANY) -> Key:
    """A fresh RSA key pair."""
    return Key(key_id, rsa.generate_private_key(PUBLIC_EXPONENT, bits), use=use)


def new_ec(key_id: str, *, use: KeyUse = KeyUse.ANY) -> Key:
    """A fresh key pair on NIST P-256."""
    return Key(key_id, ec.generate_private_key(ec.SECP256R1()), use=use)


def new_ed25519(key_id: str, *, use: KeyUse = KeyUse.ANY) -> Key:
    """A fresh Ed25519 key pair."""
    return Key(key_id, ed25519.Ed25519PrivateKey.generate(), use=use)


def new_sm2(key_id: str, random: Random, *, user_id: bytes | None = None, use: KeyUse = KeyUse.ANY) -> Key:
    """A fresh SM2 key pair that is not meant to be stored; to store one, write ``new_sm2_pem`` to a file."""
    attributes = {} if user_id is None else {"sm2_user_id": user_id}
    scalar = _sm2_scalar(random)
    return Key(key_id, Sm2PrivateKey.from_scalar(scalar, sm2_engine()), use=use, attributes=attributes)


def new_sm2_pem(random: Random, *, password: bytes | None = None) -> bytes:
    """A fresh SM2 private key as PKCS#8 in PEM, encrypted when there is a password."""
    scalar = _sm2_scalar(random)
    point = Sm2PrivateKey.from_scalar(scalar, sm2_engine()).public_key().point
    if password is not None:
        return material.private_to_pem(scalar, point, password, random)
    return material.to_pem("PRIVATE KEY", material.private_to_der(scalar, point))


def new_private_pem(algorithm: Algorithm, random: Random, *, password: bytes | None = None) -> bytes:
    """A fresh private key of any kind as PKCS#8 in PEM, encrypted when there is a password."""
    if algorithm == "sm2":
        return new_sm2_pem(random, password=password)
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    if algorithm == "ec-p256":
        private = ec.generate_private_key(ec.SECP256R1())
    elif algorithm == "ed25519":
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = rsa.generate_private_key(PUBLIC_EXPONENT, int(algorithm.removeprefix("rsa-")))
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def _sm2_scalar(random: Random) -> bytes:
    while True:  # about one draw in 2^32 is out of range
        scalar = random(curve.SIZE)
        if 1 <= int.from_bytes(scalar, "big") <= curve.N - 2:
            return scalar


def new_symmetric(key_id: str, random: Random, *, size: int = 32, use: KeyUse = KeyUse.ANY) -> Key:
    """A fresh secret of ``size`` bytes."""
    return Key.symmetric(key_id, random(size), use=use)


def webhook_key(key_id: str, text: str) -> Key:
    """The key of a Standard Webhooks secret: ``whsec_`` and base64 of 24 to 64 bytes.

    Raises KeyUnavailable.
    """
    prefix, _, encoded = text.partition("_")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        secret = b""
    if prefix != "whsec" or len(secret) not in WEBHOOK_SECRET_BYTES:
        raise KeyUnavailable(f"key {key_id}: a webhook secret is whsec_ and base64 of 24 to 64 bytes")
    return Key.symmetric(key_id, secret)


def new_pair(
    name: str,
    *,
    now: datetime,
    random: Random,
    shared_bytes: int | None = None,
    days: int = 365,
) -> tuple[PartnerKeys, PartnerKeys]:
    """Fresh RSA rings for both ends of one relation: ours, and the partner's (for a sandbox or a test)."""
    ours, theirs = new_rsa(f"{name}-hub-1"), new_rsa(f"{name}-partner-1")
    secret = None if shared_bytes is None else new_symmetric(f"{name}-shared-1", random, size=shared_bytes)

    def ring(side: str, key: Key) -> KeyRing:
        return KeyRing(f"{name}.{side}", [dated(key, now, days)])

    shared = None if secret is None else ring("shared", secret)
    return (
        PartnerKeys(ring("ours", ours), ring("theirs", theirs.public()), shared),
        PartnerKeys(ring("ours", theirs), ring("theirs", ours.public()), shared),
    )


def new_field_ring(name: str, *, now: datetime, random: Random, days: int = 365) -> KeyRing:
    """A ring for FieldSealer: a key-encryption key, and the key of blind indexes, which never expires."""
    wrapping = new_symmetric(f"{name}-kek-1", random, use=KeyUse.ENCRYPT)
    index = new_symmetric(f"{name}-index", random, use=KeyUse.INDEX)
    return KeyRing(name, [dated(wrapping, now, days), RingEntry(index, primary=True)])


def dated(key: Key, now: datetime, days: int) -> RingEntry:
    """The key as primary of its ring, for so many days from ``now``."""
    return RingEntry(key, not_before=now, not_after=now + timedelta(days=days), primary=True)
