"""Files of any size sealed in constant memory, so that no piece can be lost, swapped or cut off unnoticed.

After the header of its data key stands a prefix of 7 random bytes, then chunks of 1 MiB, each AES-256-GCM
under the nonce prefix || counter (4 bytes) || 1 for the last chunk, else 0: the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizár (CRYPTO 2015). The header and the caller's context are associated data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signing import datakeys
from signing.datakeys import DATA_KEY_BYTES, Purpose
from signing.errors import OpenFailed, ProfileInvalid
from signing.keys import KeyRing, KeyUse

STREAM = Purpose(version=2, label="signing.streams:1")
CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
PREFIX_BYTES = 7
COUNTER_BYTES = 4


def seal_stream(
    source: BinaryIO,
    sink: BinaryIO,
    ring: KeyRing,
    *,
    context: str,
    now: datetime,
    random: Callable[[int], bytes],
) -> None:
    """Seal ``source`` into ``sink`` under the ring's primary ENCRYPT key of 32 bytes.

    ``context`` says what the file is (partner, day, name) and must be given again to open it. Raises
    KeyUnavailable, or ProfileInvalid beyond 4 PiB.
    """
    data_key = datakeys.wrap(STREAM, ring.primary(now, KeyUse.ENCRYPT), random(DATA_KEY_BYTES))
    prefix = random(PREFIX_BYTES)
    sink.write(data_key.header + prefix)
    cipher = AESGCM(data_key.secret)
    associated = data_key.header + context.encode("utf-8")
    for number, chunk, last in _chunks(source, CHUNK_BYTES):
        sink.write(cipher.encrypt(_nonce(prefix, number, last), chunk, associated))


def open_stream(source: BinaryIO, sink: BinaryIO, ring: KeyRing, *, context: str) -> None:
    """Open ``source`` into ``sink``. Raises OpenFailed, or KeyUnavailable when the wrapping key is gone.

    Every chunk written was authentic, but only a return without error says that the file was complete: on an
    error the caller throws away what is in the sink.
    """
    header = _read_header(source)
    cipher = AESGCM(datakeys.opened(STREAM, header, ring).secret)
    prefix = _exactly(source, PREFIX_BYTES)
    associated = header + context.encode("utf-8")
    for number, chunk, last in _chunks(source, CHUNK_BYTES + TAG_BYTES):
        try:
            plain = cipher.decrypt(_nonce(prefix, number, last), chunk, associated)
        except Exception:
            raise OpenFailed from None
        sink.write(plain)


def _chunks(source: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Whole chunks, each with its number and whether it is the last; an empty source is one empty chunk."""
    number, chunk = 0, _up_to(source, size)
    while True:
        following = _up_to(source, size)
        yield number, chunk, not following
        if not following:
            return
        number, chunk = number + 1, following


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    if number >= 1 << 8 * COUNTER_BYTES:
        raise ProfileInvalid("the file is too long to be sealed as one")
    return prefix + number.to_bytes(COUNTER_BYTES, "big") + bytes([last])


def _read_header(source: BinaryIO) -> bytes:
    start = _exactly(source, 2)
    return datakeys.header_of(STREAM, start + _exactly(source, datakeys.header_size(start) - 2))


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = _up_to(source, size)
    if len(data) != size:
        raise OpenFailed
    return data


def _up_to(source: BinaryIO, size: int) -> bytes:
    """``size`` bytes, or fewer at the end; a pipe may give them in pieces."""
    parts = []
    while size > 0 and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
