"""The order of tries earns the most of all orders and all subsets: by exhaustive comparison, exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.routing.sequence import Try, expected, sequence
from tests.shared import shared_json

chances = st.fractions(0, 1, max_denominator=20)
tries = st.lists(
    st.tuples(chances, st.integers(-500, 5_000), st.integers(0, 500)), max_size=5
).map(lambda many: [Try(f"p{at}", *one) for at, one in enumerate(many)])  # fmt: skip


@given(tries, st.integers(1, 5))
def test_no_order_and_no_subset_earns_more(asked: list[Try], most: int) -> None:
    found = sequence(asked, most=most)
    assert len(found) <= most
    every = (order for size in range(min(most, len(asked)) + 1) for order in permutations(asked, size))
    assert expected(found) == max(map(expected, every))


@given(tries, st.randoms())
def test_the_order_asked_in_is_no_matter(asked: list[Try], random: object) -> None:
    shuffled = list(asked)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for most in (1, 2, 5):
        assert sequence(shuffled, most=most) == sequence(asked, most=most)


def test_as_the_only_try_another_may_be_best() -> None:
    """The index puts the unlikely first; asked alone it would earn less."""
    unlikely, sure = Try("unlikely", Fraction(1, 10), 1_000), Try("sure", Fraction(9, 10), 900)
    assert [one.id for one in sequence([unlikely, sure])] == ["unlikely", "sure"]
    assert [one.id for one in sequence([unlikely, sure], most=1)] == ["sure"]


@pytest.mark.parametrize("case", shared_json("vectors/routing/expected_value.json")["cases"])
def test_published_single_tries(case: dict[str, object]) -> None:
    """The published rule takes one try: the one of most p x (margin - cost), which is ours with one try."""
    rates: dict[str, float] = case["approval_rate"]  # type: ignore[assignment]
    costs: dict[str, int] = case["cost_bps"]  # type: ignore[assignment]
    scale = 10_000
    margin = Fraction(Decimal(str(case["margin"]))) * scale
    asked = [Try(name, Fraction(Decimal(str(rates[name]))), margin - costs[name]) for name in rates]
    expect: dict[str, object] = case["expect"]  # type: ignore[assignment]
    assert [one.id for one in sequence(asked, most=1)] == [expect["chosen"]]
    by_value = sorted(asked, key=lambda one: -expected([one]))
    assert [one.id for one in by_value] == expect["ranked"]


def test_what_is_not_worth_its_try_is_not_asked() -> None:
    assert sequence([Try("dear", Fraction(1, 2), 100, 50), Try("never", 0, 10**6), Try("loss", 1, -1)]) == ()
    with pytest.raises(ValueError, match="between 0 and 1"):
        Try("mad", 2, 1)
    with pytest.raises(ValueError, match="at least one"):
        sequence([], most=0)
