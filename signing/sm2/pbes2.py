"""Password-encrypted PKCS#8 (PBES2, RFC 8018) for SM2 keys, with SM3 and SM4 beside SHA and AES."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from signing import der
from signing.der import MalformedDer, Reader
from signing.errors import KeyUnavailable

ITERATIONS: Final = 600_000

_PBES2: Final = "1.2.840.113549.1.5.13"
_PBKDF2: Final = "1.2.840.113549.1.5.12"
_SCRYPT: Final = "1.3.6.1.4.1.11591.4.11"
_HMAC_SHA1: Final = "1.2.840.113549.2.7"
_HMAC_SHA256: Final = "1.2.840.113549.2.9"
_HMAC_SM3: Final = "1.2.156.10197.1.401.2"
_AES_256_CBC: Final = "2.16.840.1.101.3.4.1.42"

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    _HMAC_SHA1: hashes.SHA1(),  # noqa: S303 - the default PRF of RFC 8018, met in old key files
    _HMAC_SHA256: hashes.SHA256(),
    _HMAC_SM3: hashes.SM3(),
}
_CIPHERS: Final[dict[str, tuple[type[algorithms.AES] | type[algorithms.SM4], int]]] = {
    "2.16.840.1.101.3.4.1.2": (algorithms.AES, 16),
    "2.16.840.1.101.3.4.1.22": (algorithms.AES, 24),
    _AES_256_CBC: (algorithms.AES, 32),
    "1.2.156.10197.1.104.2": (algorithms.SM4, 16),
}
_BLOCK: Final = 16
_MOST_ITERATIONS: Final = 10_000_000
_MOST_MEMORY: Final = 256 * 1024 * 1024


def decrypt(data: bytes, password: bytes) -> bytes:
    """Return the PKCS#8 inside; raises `KeyUnavailable` for an unknown scheme or a wrong password."""
    try:
        derive, cipher, iv, ciphertext = _parse(data)
    except MalformedDer:
        raise KeyUnavailable("the encrypted private key is not in strict DER") from None
    if cipher not in _CIPHERS or len(iv) != _BLOCK or not ciphertext or len(ciphertext) % _BLOCK:
        raise KeyUnavailable("the encrypted private key uses a cipher that is not supported")
    algorithm, size = _CIPHERS[cipher]
    decryptor = Cipher(algorithm(derive(password, size)), modes.CBC(iv)).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    unpadder = padding.PKCS7(8 * _BLOCK).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise KeyUnavailable("the password of the private key is wrong") from None


def encrypt(data: bytes, password: bytes, random: Callable[[int], bytes]) -> bytes:
    """Return PKCS#8 under PBKDF2-HMAC-SHA256 (600,000 rounds), AES-256-CBC; no empty password."""
    if not password:
        raise KeyUnavailable("a private key is not written with an empty password")
    salt, iv = random(_BLOCK), random(_BLOCK)
    padder = padding.PKCS7(8 * _BLOCK).padder()
    key = PBKDF2HMAC(hashes.SHA256(), 32, salt, ITERATIONS).derive(password)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    sealed = encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()
    prf = der.encode(der.SEQUENCE, der.encode_oid(_HMAC_SHA256), der.encode(der.NULL))
    rounds = der.encode(
        der.SEQUENCE, der.encode(der.OCTET_STRING, salt), der.encode_unsigned(ITERATIONS), prf
    )
    kdf = der.encode(der.SEQUENCE, der.encode_oid(_PBKDF2), rounds)
    cipher = der.encode(der.SEQUENCE, der.encode_oid(_AES_256_CBC), der.encode(der.OCTET_STRING, iv))
    scheme = der.encode(der.SEQUENCE, der.encode_oid(_PBES2), der.encode(der.SEQUENCE, kdf, cipher))
    return der.encode(der.SEQUENCE, scheme, der.encode(der.OCTET_STRING, sealed))


Derive = Callable[[bytes, int], bytes]


def _parse(data: bytes) -> tuple[Derive, str, bytes, bytes]:
    outer = Reader(data)
    info = outer.sequence()
    outer.end()
    scheme = info.sequence()
    ciphertext = info.octets()
    info.end()
    if scheme.oid() != _PBES2:
        raise KeyUnavailable(
            "the private key is not encrypted with PBES2: convert it with `openssl pkcs8 -topk8`"
        )
    parameters = scheme.sequence()
    scheme.end()
    derive = _derivation(parameters.sequence())
    encryption = parameters.sequence()
    parameters.end()
    cipher, iv = encryption.oid(), encryption.octets()
    encryption.end()
    return derive, cipher, iv, ciphertext


def _derivation(kdf: Reader) -> Derive:
    name, parameters = kdf.oid(), kdf.sequence()
    kdf.end()
    if name == _PBKDF2:
        return _pbkdf2(parameters)
    if name == _SCRYPT:
        return _scrypt(parameters)
    raise KeyUnavailable("the key derivation of the private key is not supported")


def _pbkdf2(parameters: Reader) -> Derive:
    salt, rounds = parameters.octets(), parameters.unsigned()
    if parameters.peek() == der.INTEGER:
        parameters.unsigned()  # key length, which the cipher fixes anyway
    prf = _HMAC_SHA1
    if parameters.more():
        named = parameters.sequence()
        prf = named.oid()
        if named.more():
            named.null()
        named.end()
    parameters.end()
    if prf not in _HASHES or not 1 <= rounds <= _MOST_ITERATIONS:
        raise KeyUnavailable("the key derivation of the private key is not supported")
    return lambda password, size: PBKDF2HMAC(_HASHES[prf], size, salt, rounds).derive(password)


def _scrypt(parameters: Reader) -> Derive:
    salt, n, r, p = parameters.octets(), parameters.unsigned(), parameters.unsigned(), parameters.unsigned()
    if parameters.peek() == der.INTEGER:
        parameters.unsigned()
    parameters.end()
    if n < 2 or n & (n - 1) or r < 1 or not 1 <= p <= 16 or 128 * n * r > _MOST_MEMORY:
        raise KeyUnavailable("the key derivation of the private key is not supported")
    return lambda password, size: Scrypt(salt, size, n, r, p).derive(password)
