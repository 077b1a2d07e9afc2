"""However clocks leap, "no such order" is not believed before the partner's delay has truly passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.absence import ENOUGH, LEAPS, PARTS, Absence, part

START = datetime(2026, 1, 5, tzinfo=UTC)
DELAY = timedelta(minutes=10)
seconds = st.integers(0, 400).map(lambda s: timedelta(seconds=s))
leaps = st.integers(-400_000, 400_000).map(lambda s: timedelta(seconds=s))


@given(
    pauses=st.lists(seconds, max_size=40),
    leaping=st.dictionaries(st.integers(0, 39), leaps, max_size=LEAPS),
)
def test_it_is_never_believed_early_whatever_two_leaps_there_are(
    pauses: list[timedelta], leaping: dict[int, timedelta]
) -> None:
    absence, truly, clock = Absence(0, START), timedelta(), START
    for place, pause in enumerate(pauses):
        truly += pause
        clock += pause + leaping.get(place, timedelta())
        absence = absence.told(clock, DELAY)
        assert truly >= DELAY or not absence.proven


def test_on_a_steady_clock_it_is_believed_after_as_many_parts_as_are_enough() -> None:
    absence, now = Absence(0, START), START
    while not absence.proven:
        now += timedelta(seconds=30)
        absence = absence.told(now, DELAY)
    assert now - START == ENOUGH * part(DELAY)
    assert ENOUGH == PARTS + LEAPS


def test_two_clocks_far_apart_never_prove_anything() -> None:
    """Each answer read from the clock that is ahead begins the count anew at the other."""
    absence, now = Absence(0, START), START
    for turn in range(100):
        now += timedelta(seconds=30)
        absence = absence.told(now + timedelta(days=turn % 2), DELAY)
        assert not absence.proven
