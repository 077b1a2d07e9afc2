"""Sealed files: whole or refused, in constant memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from datetime import datetime

import pytest

from signing.errors import KeyUnavailable, OpenFailed
from signing.keys import KeyRing
from signing.keystore import new_field_ring
from signing.streams import CHUNK_BYTES, PREFIX_BYTES, TAG_BYTES, open_stream, seal_stream
from tests.signing.mutations import mutants

Random = Callable[[int], bytes]
CONTEXT = "bank-a/2026-01-05/repayments.txt"


@pytest.fixture(scope="module")
def ring(now: datetime, random: Random) -> KeyRing:
    return new_field_ring("files", now=now, random=random)


def sealed(data: bytes, ring: KeyRing, now: datetime, random: Random) -> bytes:
    sink = io.BytesIO()
    seal_stream(io.BytesIO(data), sink, ring, context=CONTEXT, now=now, random=random)
    return sink.getvalue()


def opened(data: bytes, ring: KeyRing, context: str = CONTEXT) -> bytes:
    sink = io.BytesIO()
    open_stream(io.BytesIO(data), sink, ring, context=context)
    return sink.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_round_trip(size: int, ring: KeyRing, now: datetime, random: Random) -> None:
    data = random(size)
    assert opened(sealed(data, ring, now, random), ring) == data


def test_cut_swapped_repeated_or_moved_chunks_are_noticed(
    ring: KeyRing, now: datetime, random: Random
) -> None:
    whole = sealed(random(3 * CHUNK_BYTES), ring, now, random)
    size = CHUNK_BYTES + TAG_BYTES
    head, body = whole[: len(whole) - 3 * size], whole[len(whole) - 3 * size :]
    first, second, third = (body[at : at + size] for at in range(0, 3 * size, size))
    for pieces in (
        (first, second),
        (first,),
        (),
        (second, first, third),
        (first, third),
        (first, second, third, third),
    ):
        with pytest.raises(OpenFailed):
            opened(head + b"".join(pieces), ring)
    assert len(head) > PREFIX_BYTES


def test_a_file_opens_only_as_what_it_is(ring: KeyRing, now: datetime, random: Random) -> None:
    whole = sealed(b"a file", ring, now, random)
    with pytest.raises(OpenFailed):
        opened(whole, ring, context="bank-b/2026-01-05/repayments.txt")
    with pytest.raises(KeyUnavailable):
        opened(whole, KeyRing("other", ()))


def test_mutants_are_refused(ring: KeyRing, now: datetime, random: Random) -> None:
    whole = sealed(b"a short file", ring, now, random)
    for mutant in mutants(whole, seed=4):
        with pytest.raises((OpenFailed, KeyUnavailable)):
            opened(mutant, ring)


class Zeros(io.RawIOBase):
    """A long file that is nowhere in memory, read in pieces as from a pipe."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        given = min(size, self._left, 300_000)
        self._left -= given
        return bytes(given)


class Nowhere(io.RawIOBase):
    """A sink that only counts."""

    written = 0

    def write(self, data: object) -> int:
        size = len(bytes(data)) if isinstance(data, bytes) else 0
        self.written += size
        return size


def test_memory_stays_constant(ring: KeyRing, now: datetime, random: Random) -> None:
    peaks = []
    for size in (8 * CHUNK_BYTES, 64 * CHUNK_BYTES):
        sink = Nowhere()
        tracemalloc.start()
        seal_stream(Zeros(size), sink, ring, context=CONTEXT, now=now, random=random)  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert sink.written > size
    assert peaks[1] < peaks[0] * 1.1
    assert peaks[1] < 8 * CHUNK_BYTES
