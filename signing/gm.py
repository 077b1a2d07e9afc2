"""The Chinese national hash and block cipher: SM3, HMAC-SM3, SM4-CBC, SM4-GCM.

The primitives are those of `cryptography`; what this module adds is one fixed shape and one fixed failure
for each.
"""

from __future__ import annotations

import hmac as constant_time
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from signing.errors import KeyUnavailable, OpenFailed, ProfileInvalid, SignatureRefused

SM3_SIZE: Final = 32
SM4_KEY_SIZE: Final = 16
SM4_BLOCK: Final = 16
SM4_GCM_NONCE: Final = 12
SM4_GCM_TAG: Final = 16

_SM3: Final = hashes.SM3()


def sm3(*parts: bytes) -> bytes:
    """Return the 32-byte SM3 hash (GB/T 32905) of the parts joined."""
    context = hashes.Hash(_SM3)
    for part in parts:
        context.update(part)
    return context.finalize()


def sm3_kdf(shared: bytes, length: int) -> bytes:
    """Return `length` bytes of the key derivation of GB/T 32918.4 section 5.4.3 with SM3."""
    base = hashes.Hash(_SM3)
    base.update(shared)
    stream = bytearray()
    for counter in range(1, -(-length // SM3_SIZE) + 1):
        block = base.copy()
        block.update(counter.to_bytes(4, "big"))
        stream += block.finalize()
    return bytes(stream[:length])


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """Return the 32-byte HMAC-SM3 (GM/T 0042 annex D) of a message; an empty key raises `KeyUnavailable`."""
    if not key:
        raise KeyUnavailable("an HMAC key has at least one byte")
    context = hmac.HMAC(key, _SM3)
    context.update(message)
    return context.finalize()


def verify_hmac_sm3(key: bytes, message: bytes, tag: bytes) -> bytes:
    """Return the message its full 32-byte tag vouches for, or raise `SignatureRefused`."""
    if not constant_time.compare_digest(hmac_sm3(key, message), tag):
        raise SignatureRefused("the HMAC-SM3 tag does not belong to this message")
    return message


def sm4_cbc_encrypt(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """Return SM4-CBC with PKCS#7 padding; key and iv have 16 bytes.

    Raises `KeyUnavailable` or `ProfileInvalid` for another size. CBC authenticates nothing: sign what it
    yields.
    """
    if len(iv) != SM4_BLOCK:
        raise ProfileInvalid(f"an SM4-CBC initialisation vector has {SM4_BLOCK} bytes")
    padder = padding.PKCS7(8 * SM4_BLOCK).padder()
    encryptor = Cipher(_sm4(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()


def sm4_cbc_decrypt(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Return the plaintext of SM4-CBC with PKCS#7 padding; every failure is the same `OpenFailed`."""
    cipher = _sm4(key)
    if len(iv) != SM4_BLOCK or not ciphertext or len(ciphertext) % SM4_BLOCK:
        raise OpenFailed
    decryptor = Cipher(cipher, modes.CBC(iv)).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    unpadder = padding.PKCS7(8 * SM4_BLOCK).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise OpenFailed from None


def sm4_gcm_encrypt(key: bytes, nonce: bytes, plaintext: bytes, associated: bytes = b"") -> bytes:
    """Return SM4-GCM (RFC 8998) ciphertext followed by its 16-byte tag.

    The 12-byte nonce must never repeat under one key. Raises `KeyUnavailable` or `ProfileInvalid` for
    another size.
    """
    if len(nonce) != SM4_GCM_NONCE:
        raise ProfileInvalid(f"an SM4-GCM nonce has {SM4_GCM_NONCE} bytes")
    encryptor = Cipher(_sm4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(associated)
    return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def sm4_gcm_decrypt(key: bytes, nonce: bytes, sealed: bytes, associated: bytes = b"") -> bytes:
    """Return the plaintext of ciphertext and 16-byte tag; every failure is the same `OpenFailed`."""
    cipher = _sm4(key)
    if len(nonce) != SM4_GCM_NONCE or len(sealed) < SM4_GCM_TAG:
        raise OpenFailed
    ciphertext, tag = sealed[:-SM4_GCM_TAG], sealed[-SM4_GCM_TAG:]
    decryptor = Cipher(cipher, modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(associated)
    plaintext = decryptor.update(ciphertext)
    try:
        return plaintext + decryptor.finalize()
    except InvalidTag:
        raise OpenFailed from None


def _sm4(key: bytes) -> algorithms.SM4:
    if len(key) != SM4_KEY_SIZE:
        raise KeyUnavailable(f"an SM4 key has {SM4_KEY_SIZE} bytes")
    return algorithms.SM4(key)
