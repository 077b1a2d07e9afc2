"""Ids are UUIDv7 of the given moment and randomness: the same for the same, sorted by time, never alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from random import Random
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.ids import new_id

FIRST, LAST = (datetime.fromisoformat(day) for day in ("1970-01-02", "9999-01-01"))
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
RANDOM = st.binary(min_size=10, max_size=10)


def made(now: datetime, drawn: bytes) -> UUID:
    prefix, _, text = new_id("app", now, lambda _: drawn).partition("_")
    assert prefix == "app"
    assert len(text) == 32
    return UUID(text)


@given(MOMENTS, RANDOM)
def test_an_id_is_a_uuid_of_version_7_that_begins_with_its_moment(now: datetime, drawn: bytes) -> None:
    found = made(now, drawn)
    assert (found.version, found.variant) == (7, RFC_4122)
    millis = (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert abs((found.int >> 80) - millis) <= 1  # a float of seconds may round the last millisecond


@given(MOMENTS, RANDOM)
def test_an_id_is_the_same_for_the_same_moment_and_randomness_in_any_zone(
    now: datetime, drawn: bytes
) -> None:
    assert made(now, drawn) == made(now.astimezone(timezone(timedelta(hours=8))), drawn)


@given(MOMENTS, RANDOM, RANDOM)
def test_other_randomness_makes_another_id(now: datetime, one: bytes, other: bytes) -> None:
    def used(drawn: bytes) -> int:
        # 74 of the 80 bits drawn are used: UUIDv7 has no room for more.
        bits = int.from_bytes(drawn, "big")
        return (bits >> 68) << 62 | bits & ((1 << 62) - 1)

    assert (made(now, one) == made(now, other)) == (used(one) == used(other))


@given(MOMENTS, st.integers(1, 10**9), RANDOM, RANDOM)
def test_a_later_id_sorts_behind_an_earlier_one(now: datetime, later: int, one: bytes, other: bytes) -> None:
    after = min(now + timedelta(milliseconds=later + 1), LAST.replace(tzinfo=UTC))
    if after - now > timedelta(milliseconds=2):
        assert made(now, one).hex < made(after, other).hex


def test_ids_of_one_moment_differ() -> None:
    chance = Random(7).randbytes
    now = datetime(2026, 1, 5, tzinfo=UTC)
    assert len({new_id("msg", now, chance) for _ in range(10_000)}) == 10_000
