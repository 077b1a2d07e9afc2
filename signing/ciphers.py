"""Content ciphers and key wraps. Opening has one error, OpenFailed, whatever went wrong."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

from signing.errors import KeyUnavailable, OpenFailed
from signing.keys import Key, Secret

CBC_IV_BYTES = 16
GCM_NONCE_BYTES = 12


class ContentCipher(StrEnum):
    """Ciphers for the body of a message. CBC is padded by PKCS#7; GCM carries its 128-bit tag at the end."""

    AES_128_CBC = "aes-128-cbc"
    AES_256_CBC = "aes-256-cbc"
    AES_128_GCM = "aes-128-gcm"
    AES_256_GCM = "aes-256-gcm"


class KeyWrap(StrEnum):
    """Ways a content key travels to its receiver."""

    RSA_OAEP_SHA256 = "rsa-oaep-sha256"  # RFC 8017 section 7.1, MGF1-SHA256, empty label
    RSA_OAEP_SHA1 = "rsa-oaep-sha1"  # legacy
    RSA_PKCS1 = "rsa-pkcs1"  # legacy: RFC 8017 section 7.2


LEGACY_WRAPS = frozenset({KeyWrap.RSA_OAEP_SHA1, KeyWrap.RSA_PKCS1})


class CipherSpec(NamedTuple):
    """Sizes in bytes and the two directions; ``seal`` and ``open`` take key, IV, text, associated data."""

    key_bytes: int
    iv_bytes: int
    authenticated: bool
    seal: Callable[[bytes, bytes, bytes, bytes], bytes]
    open: Callable[[bytes, bytes, bytes, bytes], bytes]


def encrypt(cipher: ContentCipher, key: bytes, iv: bytes, plaintext: bytes, associated: bytes = b"") -> bytes:
    """Encrypt. Raises KeyUnavailable when the key or the IV has the wrong length for the cipher."""
    spec = _fitting(cipher, key)
    if len(iv) != spec.iv_bytes:
        raise KeyUnavailable(f"{cipher.value} wants an IV of {spec.iv_bytes} bytes")
    return spec.seal(key, iv, plaintext, associated)


def decrypt(
    cipher: ContentCipher, key: bytes, iv: bytes, ciphertext: bytes, associated: bytes = b""
) -> bytes:
    """Decrypt. Raises OpenFailed for every fault of the message, KeyUnavailable for a key of another size."""
    spec = _fitting(cipher, key)
    try:
        if len(iv) != spec.iv_bytes:
            raise OpenFailed
        return spec.open(key, iv, ciphertext, associated)
    except Exception:
        raise OpenFailed from None


def _fitting(cipher: ContentCipher, key: bytes) -> CipherSpec:
    spec = CIPHERS[cipher]
    if len(key) != spec.key_bytes:
        raise KeyUnavailable(f"{cipher.value} wants a key of {spec.key_bytes} bytes")
    return spec


def _cbc_seal(key: bytes, iv: bytes, plaintext: bytes, _: bytes) -> bytes:
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()


def _cbc_open(key: bytes, iv: bytes, ciphertext: bytes, _: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()


def _gcm_seal(key: bytes, iv: bytes, plaintext: bytes, associated: bytes) -> bytes:
    return AESGCM(key).encrypt(iv, plaintext, associated)


def _gcm_open(key: bytes, iv: bytes, ciphertext: bytes, associated: bytes) -> bytes:
    return AESGCM(key).decrypt(iv, ciphertext, associated)


CIPHERS: dict[ContentCipher, CipherSpec] = {
    ContentCipher.AES_128_CBC: CipherSpec(16, CBC_IV_BYTES, False, _cbc_seal, _cbc_open),
    ContentCipher.AES_256_CBC: CipherSpec(32, CBC_IV_BYTES, False, _cbc_seal, _cbc_open),
    ContentCipher.AES_128_GCM: CipherSpec(16, GCM_NONCE_BYTES, True, _gcm_seal, _gcm_open),
    ContentCipher.AES_256_GCM: CipherSpec(32, GCM_NONCE_BYTES, True, _gcm_seal, _gcm_open),
}


def _oaep(digest: hashes.HashAlgorithm) -> padding.OAEP:
    return padding.OAEP(padding.MGF1(digest), digest, None)


_PADDINGS: dict[KeyWrap, padding.AsymmetricPadding] = {
    KeyWrap.RSA_OAEP_SHA256: _oaep(hashes.SHA256()),
    KeyWrap.RSA_OAEP_SHA1: _oaep(hashes.SHA1()),  # noqa: S303
    KeyWrap.RSA_PKCS1: padding.PKCS1v15(),
}


def wrap_key(wrap: KeyWrap, content_key: bytes, receiver: Key) -> bytes:
    """Encrypt a content key to the receiver's public key. Raises KeyUnavailable."""
    return receiver.expect(rsa.RSAPublicKey).encrypt(content_key, _PADDINGS[wrap])


def unwrap_key(wrap: KeyWrap, wrapped: bytes, receiver: Key, key_bytes: int) -> bytes:
    """Recover a content key of ``key_bytes``. Raises OpenFailed, or KeyUnavailable for an unfit key."""
    private = receiver.expect(rsa.RSAPrivateKey)
    try:
        content_key = private.decrypt(wrapped, _PADDINGS[wrap])
        if len(content_key) != key_bytes:
            raise OpenFailed
    except Exception:
        raise OpenFailed from None
    return content_key


def secret_of(key: Key) -> bytes:
    """The bytes of a pre-shared key, for use in this package only. Raises KeyUnavailable."""
    return key.expect(Secret).value
