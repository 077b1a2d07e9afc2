"""Data keys wrapped by a key-encryption key, and the header that carries one in front of what it seals.

A header is, in bytes: version (1), length of the key-encryption key's id (1), that id, the data key wrapped
by AES-256 key wrap (40, RFC 3394), and a commitment to the data key (16). The commitment is there because
GCM alone lets one ciphertext be made to open under two keys (Dodis et al., CRYPTO 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from signing.ciphers import secret_of
from signing.errors import KeyUnavailable, OpenFailed
from signing.keys import Key, KeyRing

DATA_KEY_BYTES = 32
NONCE_BYTES = 12
_WRAPPED_BYTES = DATA_KEY_BYTES + 8
COMMITMENT_BYTES = 16
_LONGEST_ID = 255


@dataclass(frozen=True, repr=False, slots=True)
class DataKey:
    """One data key in use: its header, and the secret derived from it for what it seals."""

    header: bytes
    secret: bytes

    @property
    def commitment(self) -> bytes:
        """What names this data key and no other."""
        return self.header[-COMMITMENT_BYTES:]


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a header is in front of: its version byte, and the label its keys are derived under."""

    version: int
    label: str


def wrap(purpose: Purpose, wrapping: Key, data_key: bytes) -> DataKey:
    """Put a data key under a key-encryption key of 32 bytes. Raises KeyUnavailable."""
    key_id = wrapping.key_id.encode("utf-8")
    if len(key_id) > _LONGEST_ID:
        raise KeyUnavailable(f"the id of a key-encryption key has at most {_LONGEST_ID} bytes")
    secret, commitment = _derive(purpose, data_key)
    wrapped = aes_key_wrap(_wrapping_secret(wrapping), data_key)
    return DataKey(bytes([purpose.version, len(key_id)]) + key_id + wrapped + commitment, secret)


def header_of(purpose: Purpose, sealed: bytes) -> bytes:
    """The header in front of something sealed. Raises OpenFailed."""
    if len(sealed) < 2 or sealed[0] != purpose.version:
        raise OpenFailed
    end = 2 + sealed[1] + _WRAPPED_BYTES + COMMITMENT_BYTES
    if len(sealed) < end:
        raise OpenFailed
    return sealed[:end]


def header_size(start: bytes) -> int:
    """The whole length of a header, from its first two bytes."""
    return 2 + start[1] + _WRAPPED_BYTES + COMMITMENT_BYTES


def key_id_of(header: bytes) -> str:
    """The id of the key-encryption key a header names."""
    return header[2 : 2 + header[1]].decode("utf-8", "replace")


def unwrap(header: bytes, ring: KeyRing) -> bytes:
    """The data key of a header. Raises OpenFailed, or KeyUnavailable when its wrapping key is gone."""
    secret = _wrapping_secret(ring.stored(key_id_of(header)))
    start = 2 + header[1]
    try:
        return aes_key_unwrap(secret, header[start : start + _WRAPPED_BYTES])
    except Exception:
        raise OpenFailed from None


def opened(purpose: Purpose, header: bytes, ring: KeyRing) -> DataKey:
    """The data key of a header, ready for use. Raises OpenFailed or KeyUnavailable."""
    secret, commitment = _derive(purpose, unwrap(header, ring))
    if not compare_digest(header[-COMMITMENT_BYTES:], commitment):
        raise OpenFailed
    return DataKey(header, secret)


def derive(secret: bytes, label: str, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869) without salt: ``length`` bytes for one purpose."""
    return HKDF(hashes.SHA256(), length, salt=None, info=label.encode("utf-8")).derive(secret)


def _derive(purpose: Purpose, data_key: bytes) -> tuple[bytes, bytes]:
    derived = derive(data_key, purpose.label, DATA_KEY_BYTES + COMMITMENT_BYTES)
    return derived[:DATA_KEY_BYTES], derived[DATA_KEY_BYTES:]


def _wrapping_secret(key: Key) -> bytes:
    secret = secret_of(key)
    if len(secret) != DATA_KEY_BYTES:
        raise KeyUnavailable(f"key {key.key_id}: a key-encryption key has {DATA_KEY_BYTES} bytes")
    return secret
