"""Sealed fields: bound to their place, readable through rotation, found by blind index."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import KeyUnavailable, OpenFailed, ProfileInvalid
from signing.fields import FieldSealer, index_bits_for
from signing.keys import Key, KeyRing, KeyUse, RingEntry
from signing.keystore import new_field_ring, new_symmetric

Random = Callable[[int], bytes]
PLACE = {"table": "applicant", "column": "id_number", "row": "app_1"}


@pytest.fixture
def ring(now: datetime, random: Random) -> KeyRing:
    return new_field_ring("fields", now=now, random=random)


@pytest.fixture
def sealer(ring: KeyRing, now: datetime, random: Random) -> FieldSealer:
    return FieldSealer(ring, now=now, random=random)


@pytest.mark.parametrize("value", [b"", b"110101199003074518", "张三".encode(), bytes(5000)])
def test_a_field_opens_where_it_was_sealed(sealer: FieldSealer, value: bytes) -> None:
    sealed = sealer.seal(value, **PLACE)
    assert value == b"" or value not in sealed
    assert sealer.unseal(sealed, **PLACE) == value


@pytest.mark.parametrize("part", ["table", "column", "row"])
def test_a_field_moved_elsewhere_does_not_open(sealer: FieldSealer, part: str) -> None:
    sealed = sealer.seal(b"secret", **PLACE)
    with pytest.raises(OpenFailed):
        sealer.unseal(sealed, **(PLACE | {part: "other"}))


def test_shifting_text_between_the_names_does_not_help(sealer: FieldSealer) -> None:
    sealed = sealer.seal(b"secret", table="ab", column="c", row="d")
    with pytest.raises(OpenFailed):
        sealer.unseal(sealed, table="a", column="bc", row="d")


def test_every_touched_byte_is_noticed(sealer: FieldSealer) -> None:
    sealed = sealer.seal(b"secret", **PLACE)
    for at in range(len(sealed)):
        touched = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises((OpenFailed, KeyUnavailable)):
            sealer.unseal(touched, **PLACE)


@given(garbage=st.binary(max_size=200))
def test_garbage_is_refused(garbage: bytes) -> None:
    moment = datetime.fromisoformat("2026-01-05T00:00:00+00:00")
    sealer = FieldSealer(KeyRing.of("r", Key.symmetric("k", bytes(range(32)))), now=moment, random=bytes)
    with pytest.raises((OpenFailed, KeyUnavailable)):
        sealer.unseal(garbage, **PLACE)


def test_another_process_opens_what_this_one_sealed(
    ring: KeyRing, sealer: FieldSealer, now: datetime, random: Random
) -> None:
    other = FieldSealer(ring, now=now, random=random)
    assert other.unseal(sealer.seal(b"secret", **PLACE), **PLACE) == b"secret"


def test_rotation_keeps_old_fields_readable_and_rewrap_moves_them(
    ring: KeyRing, sealer: FieldSealer, now: datetime, random: Random
) -> None:
    sealed = sealer.seal(b"secret", **PLACE)
    distributed = ring.with_entry(RingEntry(new_symmetric("kek-2", random, use=KeyUse.ENCRYPT)))
    rotated = FieldSealer(distributed.promoted("kek-2"), now=now + timedelta(days=800), random=random)
    assert rotated.unseal(sealed, **PLACE) == b"secret"
    moved = rotated.rewrap(sealed)
    assert rotated.key_id_of(sealed) == "fields-kek-1"
    assert rotated.key_id_of(moved) == "kek-2"
    assert rotated.rewrap(moved) == moved
    without_old = KeyRing("r", distributed.promoted("kek-2").entries[1:])
    assert FieldSealer(without_old, now=now, random=random).unseal(moved, **PLACE) == b"secret"


def test_a_revoked_key_opens_nothing(
    ring: KeyRing, sealer: FieldSealer, now: datetime, random: Random
) -> None:
    sealed = sealer.seal(b"secret", **PLACE)
    rotated = ring.with_entry(RingEntry(new_symmetric("kek-2", random, use=KeyUse.ENCRYPT)))
    bare = FieldSealer(rotated.promoted("kek-2").revoked("fields-kek-1"), now=now, random=random)
    with pytest.raises(KeyUnavailable):
        bare.unseal(sealed, **PLACE)


def test_the_commitment_ties_a_field_to_one_data_key(sealer: FieldSealer) -> None:
    sealed = bytearray(sealer.seal(b"secret", **PLACE))
    sealed[2 + sealed[1] + 40] ^= 1
    with pytest.raises(OpenFailed):
        sealer.unseal(bytes(sealed), **PLACE)


def test_blind_indexes_are_per_field_and_of_the_length_asked(
    ring: KeyRing, now: datetime, random: Random
) -> None:
    sealer = FieldSealer(ring, now=now, random=random, index_bits={"id_number": 64, "mobile": 10})
    index = sealer.blind_index("id_number", "110101199003074518")
    assert index == sealer.blind_index("id_number", "110101199003074518")
    assert len(index) == 16
    assert int(sealer.blind_index("mobile", "13800000000"), 16) < 2**10
    same_value = FieldSealer(ring, now=now, random=random)
    assert same_value.blind_index("id_number", "x") != same_value.blind_index("mobile", "x")


def test_an_index_survives_the_rotation_of_the_wrapping_key(
    ring: KeyRing, sealer: FieldSealer, now: datetime, random: Random
) -> None:
    rotated = ring.with_entry(RingEntry(new_symmetric("kek-2", random, use=KeyUse.ENCRYPT)))
    other = FieldSealer(rotated.promoted("kek-2"), now=now, random=random)
    assert other.blind_index("mobile", "13800000000") == sealer.blind_index("mobile", "13800000000")


def test_an_index_needs_its_key_and_a_sensible_length(ring: KeyRing, now: datetime, random: Random) -> None:
    with pytest.raises(ProfileInvalid):
        FieldSealer(ring, now=now, random=random, index_bits=257).blind_index("mobile", "1")
    bare = KeyRing.of("r", new_symmetric("k", random))
    with pytest.raises(KeyUnavailable):
        FieldSealer(bare, now=now, random=random).blind_index("mobile", "1")


def test_a_wrapping_key_of_another_length_is_refused(now: datetime, random: Random) -> None:
    with pytest.raises(KeyUnavailable):
        FieldSealer(KeyRing.of("r", new_symmetric("k", random, size=16)), now=now, random=random)


@pytest.mark.parametrize("rows", [16, 100, 10_000, 1_000_000, 50_000_000])
def test_index_coincidences_lie_between_two_and_the_root_of_the_rows(rows: int) -> None:
    coincidences = rows / 2 ** index_bits_for(rows)
    assert 2 <= coincidences <= max(4, math.sqrt(rows)) * 2
