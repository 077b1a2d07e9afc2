"""A signature beside a file that is handed out, such as a statement's manifest: one value over all its bytes.

The algorithm follows from the key: RSA signs by PKCS#1 v1.5 with SHA-256, P-256 by ECDSA in its ASN.1 form,
Ed25519 and SM2 as ever. All are what `openssl dgst`, or `openssl pkeyutl` for Ed25519, verifies.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from signing.errors import KeyUnavailable, SignatureRefused
from signing.keys import Key, KeyRing, KeyUse
from signing.signature import SignatureAlgorithm, Signed, sign, verify
from signing.sm2 import Sm2PublicKey

_ALGORITHMS: Final = (
    (rsa.RSAPublicKey, SignatureAlgorithm.RSA_PKCS1_SHA256),
    (ec.EllipticCurvePublicKey, SignatureAlgorithm.ECDSA_P256_DER),
    (ed25519.Ed25519PublicKey, SignatureAlgorithm.ED25519),
    (Sm2PublicKey, SignatureAlgorithm.SM2_SM3_DER),
)


def signer(ring: KeyRing, now: datetime) -> str:
    """The id of the key that signs now. Raises KeyUnavailable."""
    return ring.primary(now, KeyUse.SIGN).key_id


def sign_paper(data: bytes, ring: KeyRing, now: datetime) -> Signed:
    """Sign the bytes of a file with the ring's primary key. Raises KeyUnavailable."""
    return sign(_algorithm(ring.primary(now, KeyUse.SIGN)), data, ring, now)


def paper_holds(data: bytes, value: bytes, public_pem: bytes, now: datetime) -> bool:
    """Tell whether a signature over a file's bytes is of this public key. Raises KeyUnavailable."""
    key = Key.public_pem("given", public_pem)
    try:
        verify(_algorithm(key), data, value, KeyRing.of("given", key), now)
    except SignatureRefused:
        return False
    return True


def _algorithm(key: Key) -> SignatureAlgorithm:
    if key.is_device:
        raise KeyUnavailable(f"key {key.key_id} is in a device; sign statements with a key in a file")
    public = key.public()
    for kind, algorithm in _ALGORITHMS:
        if public.is_kind(kind):
            return algorithm
    raise KeyUnavailable(f"key {key.key_id} signs no files; use RSA, P-256, Ed25519 or SM2")
