"""One stored field sealed under a wrapped data key and bound to its place; blind indexes to look it up by.

A sealed field is, in bytes: version (1), length of the key-encryption key's id (1), that id, the data key
wrapped by AES-256 key wrap (40, RFC 3394), a commitment to the data key (16), nonce (12), AES-256-GCM text
and tag.
The commitment is there because GCM alone lets one ciphertext be made to open under two keys.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from itertools import count

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from signing.ciphers import secret_of
from signing.errors import KeyUnavailable, OpenFailed, ProfileInvalid
from signing.keys import Key, KeyRing, KeyUse

VERSION = 1
DATA_KEY_BYTES = 32
_WRAPPED_BYTES = DATA_KEY_BYTES + 8
_COMMITMENT_BYTES = 16
_NONCE_BYTES = 12
# NIST SP 800-38D allows 2^32 random nonces under one key; a new data key is drawn well before.
_SEALS_PER_DATA_KEY = 2**31
_CACHED_GENERATIONS = 4096


class FieldSealer:
    """Seals fields under a data key of its own, wrapped once by the ring's primary ENCRYPT key (32 bytes).

    The ring is read when the sealer is made: build a new one after a rotation. Old fields stay readable while
    their key-encryption key is in the ring and not revoked, whatever its dates. ``index_bits`` is the length
    of a blind index, one number or one for each field; the ring's INDEX key must outlive every rotation.
    """

    def __init__(
        self,
        ring: KeyRing,
        *,
        now: datetime,
        random: Callable[[int], bytes],
        index_bits: int | Mapping[str, int] = 64,
    ) -> None:
        self._ring = ring
        self._random = random
        self._index_bits = index_bits
        self._wrapping = ring.primary(now, KeyUse.ENCRYPT)
        self._opened: dict[bytes, AESGCM] = {}
        self._index_keys: dict[str, hmac.HMAC] = {}
        self._new_data_key()

    def seal(self, plaintext: bytes, *, table: str, column: str, row: str) -> bytes:
        """Seal one field for one place; it opens nowhere else."""
        if next(self._seals) >= _SEALS_PER_DATA_KEY:
            self._new_data_key()
        nonce = self._random(_NONCE_BYTES)
        return self._header + nonce + self._cipher.encrypt(nonce, plaintext, _place(table, column, row))

    def unseal(self, sealed: bytes, *, table: str, column: str, row: str) -> bytes:
        """Open a field sealed for this place. Raises OpenFailed, or KeyUnavailable when its key is gone."""
        if len(sealed) < 2 or sealed[0] != VERSION:
            raise OpenFailed
        end = 2 + sealed[1] + _WRAPPED_BYTES + _COMMITMENT_BYTES
        header = sealed[:end]
        cipher = self._opened.get(header)
        if cipher is None:
            cipher = self._open_header(header)
        nonce, text = sealed[end : end + _NONCE_BYTES], sealed[end + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, text, _place(table, column, row))
        except Exception:
            raise OpenFailed from None

    def blind_index(self, field: str, value: str) -> str:
        """A keyed hash of ``value`` in lower-case hexadecimal, to find equal values without opening them.

        Each field has its own key, so equal values in two fields do not show. The caller normalises values.
        Truncation makes unequal values coincide on purpose: compare the opened value before believing it.
        Raises KeyUnavailable without an INDEX key.
        """
        keyed = self._index_keys.get(field)
        if keyed is None:
            keyed = self._index_keys[field] = hmac.new(self._index_key(field), digestmod=sha256)
        context = keyed.copy()
        context.update(value.encode("utf-8"))
        bits = self._index_bits if isinstance(self._index_bits, int) else self._index_bits[field]
        if not 1 <= bits <= sha256().digest_size * 8:
            raise ProfileInvalid("a blind index has 1 to 256 bits")
        number = int.from_bytes(context.digest(), "big") >> (sha256().digest_size * 8 - bits)
        return f"{number:0{math.ceil(bits / 4)}x}"

    def rewrap(self, sealed: bytes) -> bytes:
        """The same field under the ring's present key-encryption key; the field itself is not opened.

        Returns the argument when nothing had to change. Raises OpenFailed or KeyUnavailable.
        """
        if len(sealed) < 2 or sealed[0] != VERSION:
            raise OpenFailed
        end = 2 + sealed[1] + _WRAPPED_BYTES + _COMMITMENT_BYTES
        key_id, data_key, commitment = self._unwrap(sealed[:end])
        if key_id == self._wrapping.key_id:
            return sealed
        return self._wrap(data_key, commitment) + sealed[end:]

    def key_id_of(self, sealed: bytes) -> str:
        """The key-encryption key a field is sealed under, to find what a rotation has left to rewrap."""
        if len(sealed) < 2 or sealed[0] != VERSION:
            raise OpenFailed
        return sealed[2 : 2 + sealed[1]].decode("utf-8", "replace")

    def _new_data_key(self) -> None:
        data_key = self._random(DATA_KEY_BYTES)
        secret, commitment = _derive(data_key)
        self._header = self._wrap(data_key, commitment)
        self._cipher = AESGCM(secret)
        self._seals = count()
        self._remember(self._header, self._cipher)

    def _wrap(self, data_key: bytes, commitment: bytes) -> bytes:
        key_id = self._wrapping.key_id.encode("utf-8")
        if len(key_id) > 255:
            raise KeyUnavailable("the id of a key-encryption key has at most 255 bytes")
        wrapped = aes_key_wrap(_wrapping_secret(self._wrapping), data_key)
        return bytes([VERSION, len(key_id)]) + key_id + wrapped + commitment

    def _unwrap(self, header: bytes) -> tuple[str, bytes, bytes]:
        id_end = 2 + header[1]
        wrapped_end = id_end + _WRAPPED_BYTES
        if len(header) != wrapped_end + _COMMITMENT_BYTES:
            raise OpenFailed
        key_id = header[2:id_end].decode("utf-8", "replace")
        secret = _wrapping_secret(self._ring.stored(key_id))
        try:
            data_key = aes_key_unwrap(secret, header[id_end:wrapped_end])
        except Exception:
            raise OpenFailed from None
        return key_id, data_key, header[wrapped_end:]

    def _open_header(self, header: bytes) -> AESGCM:
        _, data_key, claimed = self._unwrap(header)
        secret, commitment = _derive(data_key)
        if not hmac.compare_digest(claimed, commitment):
            raise OpenFailed
        cipher = AESGCM(secret)
        self._remember(header, cipher)
        return cipher

    def _remember(self, header: bytes, cipher: AESGCM) -> None:
        if len(self._opened) >= _CACHED_GENERATIONS:
            self._opened.clear()
        self._opened[header] = cipher

    def _index_key(self, field: str) -> bytes:
        for entry in self._ring.entries:
            if entry.key.use is KeyUse.INDEX:
                return _hkdf(secret_of(self._ring.stored(entry.key.key_id)), f"blind-index:{field}", 32)
        raise KeyUnavailable(f"ring {self._ring.name} has no key for blind indexes")


def index_bits_for(rows: int) -> int:
    """Bits of a blind index over ``rows`` values, so that about four values share each index.

    More would let an index single out a person; fewer would make every look-up open too many fields. Four
    lies between 2 and the square root of the rows from sixteen rows on.
    """
    return max(1, math.floor(math.log2(max(rows, 8))) - 2)


def _wrapping_secret(key: Key) -> bytes:
    secret = secret_of(key)
    if len(secret) != DATA_KEY_BYTES:
        raise KeyUnavailable(f"key {key.key_id}: a key-encryption key has {DATA_KEY_BYTES} bytes")
    return secret


def _derive(data_key: bytes) -> tuple[bytes, bytes]:
    derived = _hkdf(data_key, "signing.fields:1", DATA_KEY_BYTES + _COMMITMENT_BYTES)
    return derived[:DATA_KEY_BYTES], derived[DATA_KEY_BYTES:]


def _hkdf(secret: bytes, purpose: str, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose.encode("utf-8")).derive(secret)


def _place(table: str, column: str, row: str) -> bytes:
    # Lengths go in front, so that no other three names give the same associated data.
    return f"{len(table)}:{table}{len(column)}:{column}{len(row)}:{row}".encode()
