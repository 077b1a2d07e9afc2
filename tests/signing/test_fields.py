"""Sealed fields: bound to their place, readable through rotation, found by blind index."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import fields
from signing.errors import KeyUnavailable, OpenFailed, ProfileInvalid
from signing.fields import FieldSealer, index_bits_for, rewrap, wrapped_by
from signing.keys import Key, KeyRing, KeyState, KeyUse, RingEntry
from signing.keystore import new_field_ring, new_symmetric
from tests.signing.mutations import mutants

Random = Callable[[int], bytes]
Shelf = dict[bytes, bytes]
PLACE = {"table": "applicant", "column": "id_number", "row": "app_1"}


@pytest.fixture
def ring(now: datetime, random: Random) -> KeyRing:
    return new_field_ring("fields", now=now, random=random)


@pytest.fixture
def shelf() -> Shelf:
    return {}


@pytest.fixture
def sealer(ring: KeyRing, shelf: Shelf, now: datetime, random: Random) -> FieldSealer:
    return FieldSealer(ring, shelf, now=now, random=random)


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


def test_mutants_are_refused(sealer: FieldSealer) -> None:
    sealed = sealer.seal(b"110101199003074518", **PLACE)
    for mutant in mutants(sealed, seed=9):
        with pytest.raises((OpenFailed, KeyUnavailable)):
            sealer.unseal(mutant, **PLACE)


@given(garbage=st.binary(max_size=200))
def test_garbage_is_refused(garbage: bytes) -> None:
    moment = datetime.fromisoformat("2026-01-05T00:00:00+00:00")
    ring = KeyRing.of("r", Key.symmetric("k", bytes(range(32))))
    sealer = FieldSealer(ring, {}, now=moment, random=bytes)
    with pytest.raises((OpenFailed, KeyUnavailable)):
        sealer.unseal(garbage, **PLACE)


def test_another_process_opens_what_this_one_sealed(
    ring: KeyRing, shelf: Shelf, sealer: FieldSealer, now: datetime, random: Random
) -> None:
    other = FieldSealer(ring, shelf, now=now, random=random)
    assert other.unseal(sealer.seal(b"secret", **PLACE), **PLACE) == b"secret"
    assert len(shelf) == 2


def test_a_field_whose_data_key_was_lost_says_so(
    ring: KeyRing, sealer: FieldSealer, now: datetime, random: Random
) -> None:
    other = FieldSealer(ring, {}, now=now, random=random)
    with pytest.raises(KeyUnavailable, match="no data key"):
        other.unseal(sealer.seal(b"secret", **PLACE), **PLACE)


def test_a_worn_cipher_is_followed_by_another_of_the_same_data_key(
    ring: KeyRing, shelf: Shelf, now: datetime, random: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "_SEALS_PER_CIPHER", 2)
    sealer = FieldSealer(ring, shelf, now=now, random=random)
    sealed = [sealer.seal(b"secret", **PLACE) for _ in range(7)]
    assert len({one[:21] for one in sealed}) == 3
    assert len(shelf) == 1
    other = FieldSealer(ring, shelf, now=now, random=random)
    assert {other.unseal(one, **PLACE) for one in sealed} == {b"secret"}


def _rotated(ring: KeyRing, random: Random) -> KeyRing:
    following = RingEntry(new_symmetric("kek-2", random, use=KeyUse.ENCRYPT), KeyState.PRE_ACTIVE)
    return ring.with_entry(following).promoted("kek-2")


def test_rotation_keeps_fields_readable_and_rewrapping_frees_them_of_the_old_key(
    ring: KeyRing, shelf: Shelf, sealer: FieldSealer, now: datetime, random: Random
) -> None:
    sealed = sealer.seal(b"secret", **PLACE)
    rotated = _rotated(ring, random)
    later = now + timedelta(days=800)
    with pytest.raises(KeyUnavailable):
        FieldSealer(ring, dict(shelf), now=later, random=random)
    rotated_undated = KeyRing("r", [replace(entry, not_after=None) for entry in rotated.entries])
    assert FieldSealer(rotated_undated, shelf, now=later, random=random).unseal(sealed, **PLACE) == b"secret"
    (data_key_id, wrapped), *_ = shelf.items()
    shelf[data_key_id] = moved = rewrap(wrapped, rotated, now=now)
    assert (wrapped_by(wrapped), wrapped_by(moved)) == ("fields-kek-1", "kek-2")
    assert rewrap(moved, rotated, now=now) == moved
    # The stored field was not touched, and the old key is needed no more.
    without_old = KeyRing("r", rotated.entries[1:])
    assert FieldSealer(without_old, shelf, now=now, random=random).unseal(sealed, **PLACE) == b"secret"


def test_a_revoked_key_opens_nothing(
    ring: KeyRing, shelf: Shelf, sealer: FieldSealer, now: datetime, random: Random
) -> None:
    sealed = sealer.seal(b"secret", **PLACE)
    bare = _rotated(ring, random).revoked("fields-kek-1")
    with pytest.raises(KeyUnavailable):
        FieldSealer(bare, shelf, now=now, random=random).unseal(sealed, **PLACE)


def test_the_commitment_ties_a_field_to_one_data_key(
    ring: KeyRing, shelf: Shelf, sealer: FieldSealer, now: datetime, random: Random
) -> None:
    sealed = sealer.seal(b"secret", **PLACE)
    FieldSealer(ring, shelf, now=now, random=random)
    mine, foreign = shelf.items()
    reader = FieldSealer(ring, shelf, now=now, random=random)
    shelf[mine[0]] = foreign[1]  # a whole data key put in another's place
    with pytest.raises(OpenFailed):
        reader.unseal(sealed, **PLACE)
    forged = mine[1][:-16] + foreign[0]  # and one that only says it is another
    with pytest.raises(OpenFailed):
        rewrap(forged, _rotated(ring, random), now=now)


def test_blind_indexes_are_per_field_and_of_the_length_asked(
    ring: KeyRing, now: datetime, random: Random
) -> None:
    sealer = FieldSealer(ring, {}, now=now, random=random, index_bits={"id_number": 64, "mobile": 10})
    index = sealer.blind_index("id_number", "110101199003074518")
    assert index == sealer.blind_index("id_number", "110101199003074518")
    assert (index[:3], len(index)) == ("64:", 3 + 16)
    bits, _, number = sealer.blind_index("mobile", "13800000000").partition(":")
    assert bits == "10"
    assert int(number, 16) < 2**10
    same_value = FieldSealer(ring, {}, now=now, random=random)
    assert same_value.blind_index("id_number", "x") != same_value.blind_index("mobile", "x")


@given(value=st.text(max_size=20), was=st.integers(1, 20), grown=st.integers(0, 20))
def test_a_longer_index_finds_what_a_shorter_one_wrote(value: str, was: int, grown: int) -> None:
    moment = datetime.fromisoformat("2026-01-05T00:00:00+00:00")
    ring = new_field_ring("fields", now=moment, random=bytes)
    wrote = FieldSealer(ring, {}, now=moment, random=bytes, index_bits=was).blind_index("mobile", value)
    looks = FieldSealer(ring, {}, now=moment, random=bytes, index_bits=was + grown)
    sought = looks.blind_indexes("mobile", value)
    assert wrote in sought
    assert len(set(sought)) == was + grown
    assert sought[0] == looks.blind_index("mobile", value)


def test_an_index_survives_the_rotation_of_the_wrapping_key(
    ring: KeyRing, sealer: FieldSealer, now: datetime, random: Random
) -> None:
    other = FieldSealer(_rotated(ring, random), {}, now=now, random=random)
    assert other.blind_index("mobile", "13800000000") == sealer.blind_index("mobile", "13800000000")


def test_an_index_needs_its_key_and_a_sensible_length(ring: KeyRing, now: datetime, random: Random) -> None:
    with pytest.raises(ProfileInvalid):
        FieldSealer(ring, {}, now=now, random=random, index_bits=257).blind_index("mobile", "1")
    bare = KeyRing.of("r", new_symmetric("k", random))
    with pytest.raises(KeyUnavailable):
        FieldSealer(bare, {}, now=now, random=random).blind_index("mobile", "1")


def test_a_wrapping_key_of_another_length_is_refused(now: datetime, random: Random) -> None:
    with pytest.raises(KeyUnavailable):
        FieldSealer(KeyRing.of("r", new_symmetric("k", random, size=16)), {}, now=now, random=random)


@pytest.mark.parametrize("rows", [16, 100, 10_000, 1_000_000, 50_000_000])
def test_index_coincidences_lie_between_two_and_the_root_of_the_rows(rows: int) -> None:
    coincidences = rows / 2 ** index_bits_for(rows)
    assert 2 <= coincidences <= max(4, math.sqrt(rows)) * 2
