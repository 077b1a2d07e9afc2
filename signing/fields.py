"""One stored field sealed under a wrapped data key and bound to its place; blind indexes to look it up by.

A sealed field is, in bytes: version (1), the data key's id (16), the number of the cipher drawn from it (4),
a nonce (12), then AES-256-GCM text and tag. The data key stands elsewhere, on a shelf, wrapped by a
key-encryption key; its id is its commitment, so a field names one data key and opens under no other. To
change the key-encryption key, the shelf is written anew and no field is touched.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signing import datakeys
from signing.ciphers import secret_of
from signing.datakeys import COMMITMENT_BYTES, DATA_KEY_BYTES, NONCE_BYTES, Purpose
from signing.errors import KeyUnavailable, OpenFailed, ProfileInvalid
from signing.keys import KeyRing, KeyUse

FIELD = Purpose(version=3, label="signing.fields:3")
_VERSION = bytes([FIELD.version])
_NUMBER_BYTES = 4
_REFERENCE_BYTES = 1 + COMMITMENT_BYTES + _NUMBER_BYTES
_NONCE_END = _REFERENCE_BYTES + NONCE_BYTES
# NIST SP 800-38D allows 2^32 random nonces under one key; the next cipher is drawn well before.
_SEALS_PER_CIPHER = 2**31
_CACHED_CIPHERS = 4096
_INDEX_BITS = 256


class Shelf(Protocol):
    """Where wrapped data keys are kept, by id (16 bytes); a dict is one, for as long as it lives."""

    def get(self, data_key_id: bytes, /) -> bytes | None:
        """The wrapped data key, or None when there is none of this id."""

    def __setitem__(self, data_key_id: bytes, wrapped: bytes, /) -> None:
        """Keep it for good before returning: what is sealed next is lost without it."""


class FieldSealer:
    """Seals fields under a data key of its own, wrapped once by the ring's primary ENCRYPT key (32 bytes).

    The data key is on the shelf when this returns. The ring is read when the sealer is made: build a new one
    after a rotation. Old fields stay readable while the key that wraps their data key is in the ring and not
    revoked, whatever its dates. ``index_bits`` is the length of a blind index, one number or one for each
    field; the ring's INDEX key must outlive every rotation.
    """

    def __init__(
        self,
        ring: KeyRing,
        shelf: Shelf,
        *,
        now: datetime,
        random: Callable[[int], bytes],
        index_bits: int | Mapping[str, int] = 64,
    ) -> None:
        self._ring = ring
        self._shelf = shelf
        self._random = random
        self._index_bits = index_bits
        self._opened: dict[bytes, AESGCM] = {}
        self._index_keys: dict[str, hmac.HMAC] = {}
        data_key = datakeys.wrap(FIELD, ring.primary(now, KeyUse.ENCRYPT), random(DATA_KEY_BYTES))
        self._own_id, self._own_secret = data_key.commitment, data_key.secret
        shelf[data_key.commitment] = data_key.header
        self._numbers = count()
        self._next_cipher()

    def seal(self, plaintext: bytes, *, table: str, column: str, row: str) -> bytes:
        """Seal one field for one place; it opens nowhere else."""
        if next(self._seals) >= _SEALS_PER_CIPHER:
            self._next_cipher()
        (reference, cipher), nonce = self._current, self._random(NONCE_BYTES)
        return reference + nonce + cipher.encrypt(nonce, plaintext, _place(table, column, row))

    def unseal(self, sealed: bytes, *, table: str, column: str, row: str) -> bytes:
        """Open a field sealed for this place. Raises OpenFailed, or KeyUnavailable when its key is gone."""
        cipher = self._opened.get(sealed[:_REFERENCE_BYTES])
        if cipher is None:
            cipher = self._open(sealed[:_REFERENCE_BYTES])
        try:
            nonce, text = sealed[_REFERENCE_BYTES:_NONCE_END], sealed[_NONCE_END:]
            return cipher.decrypt(nonce, text, _place(table, column, row))
        except Exception:
            raise OpenFailed from None

    def blind_index(self, field: str, value: str) -> str:
        """A keyed hash of ``value``, as ``bits:hexadecimal``, to find equal values without opening them.

        Each field has its own key, so equal values in two fields do not show. The caller normalises values.
        Truncation makes unequal values coincide on purpose: compare the opened value before believing it.
        Raises KeyUnavailable without an INDEX key.
        """
        return _truncated(self._hashed(field, value), self._bits(field))

    def blind_indexes(self, field: str, value: str) -> tuple[str, ...]:
        """The index at this length and every shorter one: what was written when there was less to index."""
        hashed = self._hashed(field, value)
        return tuple(_truncated(hashed, bits) for bits in range(self._bits(field), 0, -1))

    def _hashed(self, field: str, value: str) -> int:
        keyed = self._index_keys.get(field)
        if keyed is None:
            keyed = self._index_keys[field] = hmac.new(self._index_key(field), digestmod=sha256)
        context = keyed.copy()
        context.update(value.encode("utf-8"))
        return int.from_bytes(context.digest(), "big")

    def _bits(self, field: str) -> int:
        bits = self._index_bits if isinstance(self._index_bits, int) else self._index_bits[field]
        if not 1 <= bits <= _INDEX_BITS:
            raise ProfileInvalid(f"a blind index has 1 to {_INDEX_BITS} bits")
        return bits

    def _next_cipher(self) -> None:
        """Draw a fresh cipher from our data key; no new data key is needed, so nothing has to be stored."""
        reference = _VERSION + self._own_id + next(self._numbers).to_bytes(_NUMBER_BYTES, "big")
        self._current = reference, _cipher(self._own_secret, reference)
        self._seals = count()

    def _open(self, reference: bytes) -> AESGCM:
        if len(reference) < _REFERENCE_BYTES or reference[:1] != _VERSION:
            raise OpenFailed
        data_key_id = reference[1 : 1 + COMMITMENT_BYTES]
        if data_key_id == self._own_id:
            secret = self._own_secret
        else:
            wrapped = self._shelf.get(data_key_id)
            if wrapped is None:
                raise KeyUnavailable(f"there is no data key {data_key_id.hex()}; was a part not restored?")
            data_key = datakeys.opened(FIELD, datakeys.header_of(FIELD, wrapped), self._ring)
            if data_key.commitment != data_key_id:
                raise OpenFailed
            secret = data_key.secret
        if len(self._opened) >= _CACHED_CIPHERS:
            self._opened.clear()
        cipher = self._opened[reference] = _cipher(secret, reference)
        return cipher

    def _index_key(self, field: str) -> bytes:
        for entry in self._ring.entries:
            if entry.key.use is KeyUse.INDEX:
                secret = secret_of(self._ring.stored(entry.key.key_id))
                return datakeys.derive(secret, f"blind-index:{field}", DATA_KEY_BYTES)
        raise KeyUnavailable(f"ring {self._ring.name} has no key for blind indexes")


def wrapped_by(wrapped: bytes) -> str:
    """The id of the key-encryption key a data key on the shelf is wrapped by. Raises OpenFailed."""
    return datakeys.key_id_of(datakeys.header_of(FIELD, wrapped))


def rewrap(wrapped: bytes, ring: KeyRing, *, now: datetime) -> bytes:
    """The same data key under the ring's present primary ENCRYPT key; no field is opened or changed.

    Returns the argument when nothing had to change. Raises OpenFailed or KeyUnavailable.
    """
    primary = ring.primary(now, KeyUse.ENCRYPT)
    header = datakeys.header_of(FIELD, wrapped)
    if datakeys.key_id_of(header) == primary.key_id:
        return wrapped
    datakeys.opened(FIELD, header, ring)  # a damaged one is refused here, while its old key is still at hand
    return datakeys.wrap(FIELD, primary, datakeys.unwrap(header, ring)).header


def index_bits_for(rows: int) -> int:
    """Bits of a blind index over ``rows`` values, so that about four values share each index.

    More would let an index single out a person; fewer would make every look-up open too many fields. Four
    lies between 2 and the square root of the rows from sixteen rows on.
    """
    return max(1, math.floor(math.log2(max(rows, 8))) - 2)


def _truncated(hashed: int, bits: int) -> str:
    return f"{bits}:{hashed >> (_INDEX_BITS - bits):0{math.ceil(bits / 4)}x}"


def _cipher(secret: bytes, reference: bytes) -> AESGCM:
    number = int.from_bytes(reference[-_NUMBER_BYTES:], "big")
    return AESGCM(datakeys.derive(secret, f"{FIELD.label}:{number}", DATA_KEY_BYTES))


def _place(table: str, column: str, row: str) -> bytes:
    # Lengths go in front, so that no other three names give the same associated data.
    return f"{len(table)}:{table}{len(column)}:{column}{len(row)}:{row}".encode()
