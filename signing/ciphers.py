"""Content ciphers and key wraps. Opening has one error, OpenFailed, whatever went wrong."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

from signing import gm
from signing.errors import KeyUnavailable, OpenFailed
from signing.keys import DeviceKey, Key, Secret
from signing.sm2 import CipherFormat, Sm2PrivateKey, Sm2PublicKey

BLOCK_BYTES = 16
GCM_NONCE_BYTES = 12
AES_KEY_BYTES = (16, 24, 32)


class ContentCipher(StrEnum):
    """Ciphers for the body of a message. CBC is padded by PKCS#7; GCM carries its 128-bit tag at the end."""

    AES_128_CBC = "aes-128-cbc"  # NIST SP 800-38A
    AES_256_CBC = "aes-256-cbc"
    AES_128_GCM = "aes-128-gcm"  # NIST SP 800-38D
    AES_192_GCM = "aes-192-gcm"
    AES_256_GCM = "aes-256-gcm"
    SM4_CBC = "sm4-cbc"  # GB/T 32907
    SM4_GCM = "sm4-gcm"  # RFC 8998


class KeyWrap(StrEnum):
    """Ways a content key travels to its receiver."""

    RSA_OAEP_SHA256 = "rsa-oaep-sha256"  # RFC 8017 section 7.1, MGF1-SHA256, empty label
    RSA_OAEP_SHA1 = "rsa-oaep-sha1"  # legacy
    RSA_PKCS1 = "rsa-pkcs1"  # legacy: RFC 8017 section 7.2
    SM2_ASN1 = "sm2-asn1"  # GM/T 0009 section 7.2
    SM2_C1C3C2 = "sm2-c1c3c2"  # GM/T 0003.4
    SM2_C1C2C3 = "sm2-c1c2c3"  # the order of the 2010 draft, still met


LEGACY_WRAPS = frozenset({KeyWrap.RSA_OAEP_SHA1, KeyWrap.RSA_PKCS1})


class CipherSpec(NamedTuple):
    """Sizes in bytes and the two directions; ``seal`` and ``open`` take key, IV, text, associated data."""

    key_bytes: int
    iv_bytes: int
    authenticated: bool
    seal: Callable[[bytes, bytes, bytes, bytes], bytes]
    open: Callable[[bytes, bytes, bytes, bytes], bytes]


class Blind(NamedTuple):
    """What a decryption yielded. When it failed, ``text`` is a decoy, to be worked on and then refused."""

    text: bytes
    failed: bool


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
    if spec.authenticated:
        try:
            if len(iv) == spec.iv_bytes:
                return spec.open(key, iv, ciphertext, associated)
        except Exception:
            raise OpenFailed from None
        raise OpenFailed
    opened = decrypt_blind(cipher, key, iv, ciphertext, associated)
    if opened.failed:
        raise OpenFailed
    return opened.text


def decrypt_blind(
    cipher: ContentCipher, key: bytes, iv: bytes, ciphertext: bytes, associated: bytes = b""
) -> Blind:
    """Decrypt without telling at once whether it worked.

    Where a signature stands inside the ciphertext, a reader that stops at bad padding answers sooner than one
    that goes on to a bad signature, and that difference decrypts messages (Vaudenay 2002). The caller carries
    the decoy, here the text with its padding, through the same steps. Raises KeyUnavailable for a key of
    another size.
    """
    spec = _fitting(cipher, key)
    try:
        if len(iv) != spec.iv_bytes:
            raise OpenFailed
        return _unpadded(spec.open(key, iv, ciphertext, associated), spec)
    except Exception:
        return Blind(ciphertext, True)


def _unpadded(padded: bytes, spec: CipherSpec) -> Blind:
    if spec.authenticated:
        return Blind(padded, False)
    unpadder = PKCS7(8 * BLOCK_BYTES).unpadder()
    try:
        return Blind(unpadder.update(padded) + unpadder.finalize(), False)
    except ValueError:
        return Blind(padded, True)


def _fitting(cipher: ContentCipher, key: bytes) -> CipherSpec:
    spec = _SPECS[cipher._value_]
    if len(key) != spec.key_bytes:
        raise KeyUnavailable(f"{cipher.value} wants a key of {spec.key_bytes} bytes")
    return spec


def _cbc(key_bytes: int, algorithm: Callable[[bytes], CipherAlgorithm]) -> CipherSpec:
    def seal(key: bytes, iv: bytes, plaintext: bytes, _: bytes) -> bytes:
        padder = PKCS7(8 * BLOCK_BYTES).padder()
        encryptor = Cipher(algorithm(key), modes.CBC(iv)).encryptor()
        return encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()

    def open_padded(key: bytes, iv: bytes, ciphertext: bytes, _: bytes) -> bytes:
        decryptor = Cipher(algorithm(key), modes.CBC(iv)).decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()

    return CipherSpec(key_bytes, BLOCK_BYTES, False, seal, open_padded)


def _gcm_seal(key: bytes, iv: bytes, plaintext: bytes, associated: bytes) -> bytes:
    return AESGCM(key).encrypt(iv, plaintext, associated)


def _gcm_open(key: bytes, iv: bytes, ciphertext: bytes, associated: bytes) -> bytes:
    return AESGCM(key).decrypt(iv, ciphertext, associated)


CIPHERS: dict[ContentCipher, CipherSpec] = {
    ContentCipher.AES_128_CBC: _cbc(16, algorithms.AES),
    ContentCipher.AES_256_CBC: _cbc(32, algorithms.AES),
    ContentCipher.AES_128_GCM: CipherSpec(16, GCM_NONCE_BYTES, True, _gcm_seal, _gcm_open),
    ContentCipher.AES_192_GCM: CipherSpec(24, GCM_NONCE_BYTES, True, _gcm_seal, _gcm_open),
    ContentCipher.AES_256_GCM: CipherSpec(32, GCM_NONCE_BYTES, True, _gcm_seal, _gcm_open),
    ContentCipher.SM4_CBC: _cbc(16, algorithms.SM4),
    ContentCipher.SM4_GCM: CipherSpec(16, GCM_NONCE_BYTES, True, gm.sm4_gcm_encrypt, gm.sm4_gcm_decrypt),
}
# Plain strings hash faster than members of an enumeration.
_SPECS = {cipher.value: spec for cipher, spec in CIPHERS.items()}


class Aead(NamedTuple):
    """A GCM cipher bound to one key: nonce, text and associated data in; tag at the end.

    ``decrypt`` raises OpenFailed for every failure; ``encrypt`` wants a nonce of 12 bytes that never repeats.
    """

    encrypt: Callable[[bytes, bytes, bytes], bytes]
    decrypt: Callable[[bytes, bytes, bytes], bytes]


def aead(key: Key) -> Aead:
    """AES-GCM under a pre-shared key of 16, 24 or 32 bytes, set up once for the life of the handle.

    Raises KeyUnavailable.
    """
    return key.cached("aes-gcm", _aes_gcm)


def _aes_gcm(key: Key) -> Aead:
    secret = secret_of(key)
    if len(secret) not in AES_KEY_BYTES:
        raise KeyUnavailable(f"key {key.key_id}: AES-GCM wants 16, 24 or 32 bytes")
    return bound_aes_gcm(secret)


def bound_aes_gcm(secret: bytes) -> Aead:
    """AES-GCM under these bytes, for callers that keep it as they keep the key."""
    library = AESGCM(secret)
    library_decrypt = library.decrypt

    def decrypt_or_fail(nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
        try:
            if len(nonce) == GCM_NONCE_BYTES:
                return library_decrypt(nonce, ciphertext, associated)
        except Exception:
            raise OpenFailed from None
        raise OpenFailed

    return Aead(library.encrypt, decrypt_or_fail)


def _oaep(digest: hashes.HashAlgorithm) -> padding.OAEP:
    return padding.OAEP(padding.MGF1(digest), digest, None)


_RSA: dict[KeyWrap, padding.AsymmetricPadding] = {
    KeyWrap.RSA_OAEP_SHA256: _oaep(hashes.SHA256()),
    KeyWrap.RSA_OAEP_SHA1: _oaep(hashes.SHA1()),  # noqa: S303
    KeyWrap.RSA_PKCS1: padding.PKCS1v15(),
}
_SM2: dict[KeyWrap, CipherFormat] = {
    KeyWrap.SM2_ASN1: CipherFormat.ASN1,
    KeyWrap.SM2_C1C3C2: CipherFormat.C1C3C2,
    KeyWrap.SM2_C1C2C3: CipherFormat.C1C2C3,
}


def wrap_key(wrap: KeyWrap, content_key: bytes, receiver: Key) -> bytes:
    """Encrypt a content key to the receiver's public key. Raises KeyUnavailable."""
    if wrap in _SM2:
        return receiver.expect(Sm2PublicKey).encrypt(content_key, _SM2[wrap])
    return receiver.expect(rsa.RSAPublicKey).encrypt(content_key, _RSA[wrap])


def unwrap_key(wrap: KeyWrap, wrapped: bytes, receiver: Key, key_bytes: int) -> bytes:
    """Recover a content key of ``key_bytes``. Raises OpenFailed, or KeyUnavailable for an unfit key."""
    opened = unwrap_blind(wrap, wrapped, receiver, key_bytes)
    if opened.failed:
        raise OpenFailed
    return opened.text


def unwrap_blind(wrap: KeyWrap, wrapped: bytes, receiver: Key, key_bytes: int) -> Blind:
    """Recover a content key without telling at once whether it worked: the decoy is a key of zeros.

    A reader that stops at bad PKCS#1 padding decrypts for whoever asks often enough (Bleichenbacher 1998).
    """
    unwrap = _unwrapping(wrap, receiver)
    try:
        content_key = unwrap(wrapped)
    except Exception:
        return Blind(bytes(key_bytes), True)
    if len(content_key) != key_bytes:
        return Blind(bytes(key_bytes), True)
    return Blind(content_key, False)


def _unwrapping(wrap: KeyWrap, receiver: Key) -> Callable[[bytes], bytes]:
    if receiver.is_device:
        device = receiver.expect(DeviceKey)
        return lambda wrapped: device.unwrap(wrap.value, wrapped)
    if wrap in _SM2:
        sm2 = receiver.expect(Sm2PrivateKey)
        return lambda wrapped: sm2.decrypt(wrapped, _SM2[wrap])
    private = receiver.expect(rsa.RSAPrivateKey)
    return lambda wrapped: private.decrypt(wrapped, _RSA[wrap])


def secret_of(key: Key) -> bytes:
    """The bytes of a pre-shared key, for use in this package only. Raises KeyUnavailable."""
    return key.expect(Secret).value
