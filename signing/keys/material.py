"""Key material read from PEM, with errors that never quote it, and what is too weak refused."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from signing.errors import KeyUnavailable
from signing.keys.engines import sm2_engine
from signing.sm2 import Sm2PrivateKey, Sm2PublicKey

MINIMUM_RSA_BITS = 2048


def read_private(key_id: str, pem: bytes, password: bytes | None) -> object:
    """A private key of any supported kind. Raises KeyUnavailable."""
    try:
        return serialization.load_pem_private_key(pem, password)
    except UnsupportedAlgorithm:
        return Sm2PrivateKey.from_pem(pem, sm2_engine(), password)
    except Exception:
        # The library's message may quote the input, and the input is a private key.
        raise KeyUnavailable(f"key {key_id}: not a readable private key in PEM") from None


def read_public(key_id: str, pem: bytes) -> object:
    """A public key, or that of a certificate. Raises KeyUnavailable."""
    try:
        if b"BEGIN CERTIFICATE" in pem:
            return x509.load_pem_x509_certificate(pem).public_key()
        return serialization.load_pem_public_key(pem)
    except UnsupportedAlgorithm:
        return Sm2PublicKey.from_pem(pem, sm2_engine())
    except Exception:
        raise KeyUnavailable(f"key {key_id}: not a readable public key in PEM") from None


def strong_enough(key_id: str, material: object) -> object:
    """The material, when its kind is supported and its size is not a joke. Raises KeyUnavailable."""
    if isinstance(material, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        if material.key_size < MINIMUM_RSA_BITS:
            raise KeyUnavailable(f"key {key_id}: RSA keys below {MINIMUM_RSA_BITS} bits are refused")
        return material
    accepted = (
        ec.EllipticCurvePrivateKey,
        ec.EllipticCurvePublicKey,
        ed25519.Ed25519PrivateKey,
        ed25519.Ed25519PublicKey,
        Sm2PrivateKey,
        Sm2PublicKey,
    )
    if isinstance(material, accepted):
        return material
    raise KeyUnavailable(f"key {key_id}: this kind of key is not supported")
