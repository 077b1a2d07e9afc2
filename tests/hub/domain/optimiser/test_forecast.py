"""What is foretold of the rest of a day: from an earlier one, from today, and from the order it comes in."""

from __future__ import annotations

import numpy as np
import pytest

from hub.domain.optimiser import MILLION, Limit, Loans, remaining, reprice
from hub.domain.optimiser.forecast import _gone, independent


def a_day(seed: int, count: int = 600) -> Loans:
    """Loans of two lives at two programmes and from own funds."""
    chooser = np.random.default_rng(seed)
    amount = chooser.integers(200, 4_000, count) * 1_000
    life = chooser.choice((1_600, 2_700), count) + chooser.integers(0, 200, count)
    cost = amount[:, None] * life[:, None] * np.array([50, 90]) // 1_000_000
    return Loans(amount, cost, amount * life * 140 // 1_000_000, np.full(count, MILLION))


def is_long(loans: Loans) -> np.ndarray:
    return np.asarray(loans.fallback_fen / loans.amount_fen > 0.3)


def money(loans: Loans) -> np.ndarray:
    return np.asarray(loans.amount_fen * (loans.millionths / MILLION))


def long_share(loans: Loans | None) -> float:
    """The part of the money that is lent for long."""
    assert loans is not None
    return float(money(loans)[is_long(loans)].sum() / money(loans).sum())


def test_what_has_come_is_not_awaited_again_on_a_sorted_day() -> None:
    known, day = a_day(2), a_day(1)
    total = int(day.amount_fen.sum())
    to_come = remaining(known, day.part(is_long(day)), total, trust=200)
    assert long_share(known) > 0.5
    assert long_share(to_come) < 0.25


def test_the_rest_of_a_day_in_no_order_is_like_all_of_it() -> None:
    known, day = a_day(2), a_day(1)
    today = day.part(slice(0, 300))
    to_come = remaining(known, today, int(day.amount_fen.sum()), trust=200)
    assert long_share(to_come) == pytest.approx(long_share(known), abs=0.08)
    assert to_come is not None
    left = day.amount_fen.sum() - today.amount_fen.sum()
    assert money(to_come).sum() == pytest.approx(left, rel=0.01)


@pytest.mark.parametrize("order", ["sorted", "drifting", "bursts"])
def test_arrivals_in_an_order_say_less_than_their_number(order: str) -> None:
    day, chooser = a_day(1), np.random.default_rng(5)
    life = day.fallback_fen / day.amount_fen
    rows = {
        "sorted": np.argsort(life),
        "drifting": np.argsort(life + chooser.random(len(day)) * 0.4),
        "bursts": np.concatenate([np.nonzero(is_long(day) == bool(at % 2))[0][at::12] for at in range(12)]),
    }[order]
    assert independent(day, a_day(2)) > 200
    assert independent(day.part(rows), a_day(2)) < 100


def test_a_kind_that_came_and_came_no_more_is_gone() -> None:
    first, both = np.array([0, 1, 0, 0, 1, 0, 1, 1, 0]), np.array([1, 2] * 3)
    assert _gone(np.concatenate((first, np.array([2] * 12))), 4).tolist() == [True, True, False, False]
    # One that has come back after as long an absence comes back again.
    assert (
        _gone(np.concatenate((first, np.array([2] * 12), first, np.array([2] * 12))), 4).tolist()
        == [False] * 4
    )
    assert not _gone(both, 3).any()


def test_without_an_earlier_day_the_rest_is_like_today() -> None:
    day = a_day(1)
    assert long_share(remaining(None, day, 2 * int(day.amount_fen.sum()), trust=10)) == pytest.approx(
        long_share(day), abs=0.02
    )


def test_nothing_is_foretold_of_a_day_that_is_over_or_unknown() -> None:
    day = a_day(1)
    nothing = day.part(slice(0, 0))
    assert remaining(a_day(2), day, int(day.amount_fen.sum()), trust=10) is None
    assert remaining(None, nothing, 10**9, trust=10) is None
    assert reprice(None, nothing, 10**9, [Limit(0, most=1)], ["a"], trust=10) == {}
