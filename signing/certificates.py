"""Certificates: requests for our public keys, and private keys that come as PKCS#12 with theirs."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from signing.errors import KeyUnavailable
from signing.keys import Key, KeyUse

CERTIFICATE = "certificate"


def certificate_request(key: Key, *, common_name: str, organization: str | None = None) -> bytes:
    """A certificate signing request in PEM (RFC 2986) for an RSA, ECDSA or Ed25519 key of this process.

    Raises KeyUnavailable for other keys: what a device or an SM2 key signs, its own tools must request.
    """
    names = [x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)]
    if organization is not None:
        names.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization))
    builder = x509.CertificateSigningRequestBuilder(x509.Name(names))
    private = exportable(key)
    digest = None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(private, digest).public_bytes(serialization.Encoding.PEM)


def certified(key: Key, *, now: datetime, days: int) -> Key:
    """The key with a certificate it signed for itself: for a sandbox, where nobody else would.

    Raises KeyUnavailable for keys that ``certificate_request`` cannot serve either.
    """
    private = exportable(key)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, key.key_id)])
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=days))
        .sign(private, None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    return Key(key.key_id, private, use=key.use, attributes={**key.attributes, CERTIFICATE: pem})


def exportable(key: Key) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey:
    """The private half, if the library can use and write it. Raises KeyUnavailable."""
    if key.is_kind(rsa.RSAPrivateKey):
        return key.expect(rsa.RSAPrivateKey)
    if key.is_kind(ec.EllipticCurvePrivateKey):
        return key.expect(ec.EllipticCurvePrivateKey)
    if key.is_kind(ed25519.Ed25519PrivateKey):
        return key.expect(ed25519.Ed25519PrivateKey)
    raise KeyUnavailable(f"key {key.key_id} is of SM2 or in a device: its file or device stays")


def private_pkcs12(key_id: str, data: bytes, password: bytes | None, *, use: KeyUse = KeyUse.ANY) -> Key:
    """The private key of a PKCS#12 file, its certificate as the attribute ``certificate``.

    Raises KeyUnavailable.
    """
    try:
        private, certificate, _ = pkcs12.load_key_and_certificates(data, password)
    except Exception:
        raise KeyUnavailable(f"key {key_id}: not a readable PKCS#12 file") from None
    if private is None:
        raise KeyUnavailable(f"key {key_id}: the PKCS#12 file holds no private key")
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    attributes = {}
    if certificate is not None:
        attributes[CERTIFICATE] = certificate.public_bytes(serialization.Encoding.PEM)
    return Key.private_pem(key_id, pem, use=use, attributes=attributes)


def certified_until(pem: bytes) -> datetime | None:
    """The end (UTC) of the first certificate in PEM, or None when there is none. Raises KeyUnavailable."""
    if b"BEGIN CERTIFICATE-----" not in pem:
        return None
    try:
        return x509.load_pem_x509_certificate(pem).not_valid_after_utc
    except Exception:
        raise KeyUnavailable("the certificate is not readable") from None
