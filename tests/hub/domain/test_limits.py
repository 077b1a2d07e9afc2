"""The newest word on a limit counts, in whatever order the words arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.messages import LimitState
from hub.domain.limits import REFUSED, Limit, TwoWords, newer

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def told(minute: int, state: str = "normal", total_fen: int = 100, available_fen: int = 100) -> Limit:
    return Limit(state, total_fen, available_fen, None, NOW + timedelta(minutes=minute))


@given(st.lists(st.tuples(st.sampled_from(list(LimitState)), st.integers(0, 100)), max_size=4))
def test_every_order_ends_with_the_newest_word(words: list[tuple[LimitState, int]]) -> None:
    limits = [told(minute, state.value, 100, left) for minute, (state, left) in enumerate(words)]
    for order in permutations(limits):
        known: Limit | None = None
        for limit in order:
            known = limit if newer(known, limit) else known
        assert known == (limits[-1] if limits else None)


def test_the_same_word_again_only_confirms() -> None:
    assert not newer(told(1), told(1))


@pytest.mark.parametrize("other", [told(1, "frozen"), told(1, total_fen=101), told(1, available_fen=99)])
def test_two_words_at_one_time_are_a_contradiction(other: Limit) -> None:
    for known, new in ((told(1), other), (other, told(1))):
        with pytest.raises(TwoWords, match="at one time"):
            newer(known, new)


def test_more_cannot_be_left_than_there_is() -> None:
    with pytest.raises(TwoWords, match="101 fen are left of a limit of 100"):
        newer(None, told(1, available_fen=101))


def test_nothing_is_drawn_but_under_a_normal_limit() -> None:
    assert set(REFUSED) == set(LimitState) - {LimitState.NORMAL}
