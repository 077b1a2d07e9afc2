"""One stored field sealed under a wrapped data key and bound to its place; blind indexes to look it up by.

A sealed field is the header of its data key, a nonce of 12 bytes, then AES-256-GCM text and tag.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from itertools import count

from signing import datakeys
from signing.ciphers import secret_of
from signing.datakeys import DATA_KEY_BYTES, NONCE_BYTES, DataKey, Purpose
from signing.errors import KeyUnavailable, OpenFailed, ProfileInvalid
from signing.keys import KeyRing, KeyUse

FIELD = Purpose(version=1, label="signing.fields:1")
# NIST SP 800-38D allows 2^32 random nonces under one key; a new data key is drawn well before.
_SEALS_PER_DATA_KEY = 2**31
_CACHED_GENERATIONS = 4096
_INDEX_BITS = 256


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
        self._opened: dict[bytes, DataKey] = {}
        self._index_keys: dict[str, hmac.HMAC] = {}
        self._current = self._new_data_key()

    def seal(self, plaintext: bytes, *, table: str, column: str, row: str) -> bytes:
        """Seal one field for one place; it opens nowhere else."""
        if next(self._seals) >= _SEALS_PER_DATA_KEY:
            self._current = self._new_data_key()
        current, nonce = self._current, self._random(NONCE_BYTES)
        return current.header + nonce + current.cipher.encrypt(nonce, plaintext, _place(table, column, row))

    def unseal(self, sealed: bytes, *, table: str, column: str, row: str) -> bytes:
        """Open a field sealed for this place. Raises OpenFailed, or KeyUnavailable when its key is gone."""
        header = datakeys.header_of(FIELD, sealed)
        data_key = self._opened.get(header)
        if data_key is None:
            data_key = self._remember(datakeys.opened(FIELD, header, self._ring))
        end = len(header) + NONCE_BYTES
        try:
            nonce, text = sealed[len(header) : end], sealed[end:]
            return data_key.cipher.decrypt(nonce, text, _place(table, column, row))
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
        if not 1 <= bits <= _INDEX_BITS:
            raise ProfileInvalid(f"a blind index has 1 to {_INDEX_BITS} bits")
        number = int.from_bytes(context.digest(), "big") >> (_INDEX_BITS - bits)
        return f"{number:0{math.ceil(bits / 4)}x}"

    def rewrap(self, sealed: bytes) -> bytes:
        """The same field under the ring's present key-encryption key; the field itself is not opened.

        Returns the argument when nothing had to change. Raises OpenFailed or KeyUnavailable.
        """
        header = datakeys.header_of(FIELD, sealed)
        if datakeys.key_id_of(header) == self._wrapping.key_id:
            return sealed
        data_key = datakeys.unwrap(header, self._ring)
        return datakeys.wrap(FIELD, self._wrapping, data_key).header + sealed[len(header) :]

    def key_id_of(self, sealed: bytes) -> str:
        """The key-encryption key a field is sealed under, to find what a rotation has left to rewrap."""
        return datakeys.key_id_of(datakeys.header_of(FIELD, sealed))

    def _new_data_key(self) -> DataKey:
        self._seals = count()
        return self._remember(datakeys.wrap(FIELD, self._wrapping, self._random(DATA_KEY_BYTES)))

    def _remember(self, data_key: DataKey) -> DataKey:
        if len(self._opened) >= _CACHED_GENERATIONS:
            self._opened.clear()
        self._opened[data_key.header] = data_key
        return data_key

    def _index_key(self, field: str) -> bytes:
        for entry in self._ring.entries:
            if entry.key.use is KeyUse.INDEX:
                secret = secret_of(self._ring.stored(entry.key.key_id))
                return datakeys.derive(secret, f"blind-index:{field}", DATA_KEY_BYTES)
        raise KeyUnavailable(f"ring {self._ring.name} has no key for blind indexes")


def index_bits_for(rows: int) -> int:
    """Bits of a blind index over ``rows`` values, so that about four values share each index.

    More would let an index single out a person; fewer would make every look-up open too many fields. Four
    lies between 2 and the square root of the rows from sixteen rows on.
    """
    return max(1, math.floor(math.log2(max(rows, 8))) - 2)


def _place(table: str, column: str, row: str) -> bytes:
    # Lengths go in front, so that no other three names give the same associated data.
    return f"{len(table)}:{table}{len(column)}:{column}{len(row)}:{row}".encode()
