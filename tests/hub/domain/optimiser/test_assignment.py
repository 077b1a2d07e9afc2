"""The assignment: its proof holds, its limits hold, and its prices decide as the best assignment does."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.optimiser import MILLION, NOT_ALLOWED, Limit, Loans, bound, solve, solve_large

ROWS = st.lists(
    st.tuples(
        st.integers(1_000, 100_000),
        st.lists(st.one_of(st.just(NOT_ALLOWED), st.integers(0, 20_000)), min_size=2, max_size=2),
        st.integers(5_000, 30_000),
    ),
    min_size=1,
    max_size=5,
)


def cheapest(rows: list[tuple[int, list[int], int]], limits: list[Limit]) -> int:
    """The least cost of whole loans, by trying every way."""
    best = sum(row[2] for row in rows)
    for way in product(range(3), repeat=len(rows)):
        taken, fen = [0, 0], 0
        for at, (amount, costs, own) in zip(way, rows, strict=True):
            if at == 2:
                fen += own
            elif costs[at] == NOT_ALLOWED:
                break
            else:
                taken[at] += amount
                fen += costs[at]
        else:
            if all(taken[x.programme] <= (x.most or 0) for x in limits):
                best = min(best, fen)
    return best


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(0, 200_000), st.integers(0, 200_000))
def test_no_assignment_of_whole_loans_undercuts_the_bound(
    rows: list[tuple[int, list[int], int]], first: int, second: int
) -> None:
    limits = [Limit(0, most=first), Limit(1, most=second)]
    found = solve(Loans.of(rows, 2), limits)
    assert found.bound_fen <= cheapest(rows, limits)
    assert found.bound_fen <= found.cost_fen <= found.bound_fen + max(10, found.bound_fen // 1_000)


@given(ROWS, st.tuples(st.integers(0, MILLION), st.integers(0, MILLION)))
def test_the_bound_holds_at_any_prices(
    rows: list[tuple[int, list[int], int]], prices: tuple[int, int]
) -> None:
    limits = [Limit(0, most=90_000), Limit(1, most=50_000)]
    assert bound(Loans.of(rows, 2), limits, prices) <= cheapest(rows, limits)


def test_a_scarce_quota_goes_to_the_loan_that_gains_most_and_is_priced() -> None:
    # Both would be cheapest at the first, which has room for one; only the second loan has no good other.
    loans = Loans.of([(100, (10, 12), 100), (100, (10, 40), 100)], 2)
    found = solve(loans, [Limit(0, most=100), Limit(1, most=200)])
    assert found.cost_fen == pytest.approx(22, abs=1)
    assert found.shares[1, 0] > 0.99
    assert 2 * MILLION // 100 <= found.prices[0] <= 30 * MILLION // 100
    assert found.prices[1] == pytest.approx(0, abs=1_000)


def test_own_funds_take_what_no_programme_may() -> None:
    loans = Loans.of([(100, (NOT_ALLOWED, NOT_ALLOWED), 7), (100, (9, 9), 8)], 2)
    assert solve(loans, [Limit(0, most=1_000), Limit(1, most=1_000)]).cost_fen == 15


def test_a_commitment_draws_loans_until_its_shortfall_would_cost_less() -> None:
    loans = Loans.of([(1_000, (60, 50), 90)] * 10, 2)
    # 10 fen a loan dearer, 0.01 fen for each fen: kept at a penalty of 0.02, not at one of 0.005.
    most = [Limit(1, most=20_000)]
    kept = solve(loans, [Limit(0, most=9_000, least=4_000, shortfall=20_000), *most])
    missed = solve(loans, [Limit(0, most=9_000, least=4_000, shortfall=5_000), *most])
    assert kept.shares[:, 0].sum() == pytest.approx(4, abs=0.01)
    assert kept.cost_fen == pytest.approx(540, abs=1)
    assert kept.prices[0] == pytest.approx(-10_000, abs=100)
    assert missed.shares[:, 0].sum() == pytest.approx(0, abs=0.01)
    assert missed.cost_fen == pytest.approx(520, abs=1)
    assert missed.bound_fen == pytest.approx(520, abs=1)


def test_limits_may_count_loans_and_only_some_of_them() -> None:
    loans = Loans.of([(1_000, (10, 50), 90)] * 6, 2)
    long = np.array([True, True, True, True, False, False])
    loans = replace(loans, marks=long[:, None])
    found = solve(loans, [Limit(0, most=1, counted=True, among=0), Limit(1, most=9_000)])
    assert found.shares[long, 0].sum() == pytest.approx(1, abs=0.01)
    assert found.cost_fen == pytest.approx(3 * 10 + 3 * 50, abs=1)
    assert found.prices[0] == pytest.approx(40 * MILLION, rel=0.01)


def test_a_row_stands_for_several_loans() -> None:
    rows = [(1_000, (10, 50), 90), (3_000, (40, 60), 200)]
    limits = [Limit(0, most=7_000), Limit(1, most=4_000)]
    one = solve(Loans.of(rows * 4, 2), limits)
    kinds = solve(replace(Loans.of(rows, 2), millionths=np.array([4 * MILLION] * 2)), limits)
    assert kinds.bound_fen == pytest.approx(one.bound_fen, abs=2)


def test_a_long_day_in_two_steps_is_the_same_day() -> None:
    chooser = np.random.default_rng(3)
    amount = chooser.integers(100_000, 4_000_000, 600)
    life, rate = chooser.integers(500, 2_500, 600), chooser.integers(50, 120, 8)
    cost = amount[:, None] * life[:, None] * rate // 1_000_000
    cost[chooser.random(cost.shape) < 0.2] = NOT_ALLOWED
    loans = Loans(amount, cost, amount * life * 140 // 1_000_000, np.full(600, MILLION))
    limits = [Limit(at, most=int(amount.sum()) // 9) for at in range(8)]
    whole, large = solve(loans, limits), solve_large(loans, limits, every=5)
    assert large.gap_millionths <= 100
    assert large.bound_fen == pytest.approx(whole.bound_fen, rel=0.0002)


def test_a_long_day_keeps_limits_on_some_loans_and_commitments() -> None:
    chooser = np.random.default_rng(4)
    amount, life = chooser.integers(1_000, 40_000, 400) * 100, chooser.integers(500, 2_500, 400)
    cost = amount[:, None] * life[:, None] * np.array([50, 60, 80, 90]) // 1_000_000
    marks = (life > 1_500)[:, None]
    loans = Loans(amount, cost, amount * life * 140 // 1_000_000, np.full(400, MILLION), marks)
    fifth = int(amount.sum()) // 5
    limits = [
        Limit(0, most=fifth),
        Limit(0, most=fifth // 4, among=0),
        Limit(1, most=90, counted=True),
        Limit(3, most=2 * fifth, least=fifth, shortfall=30_000),
    ]
    whole, large = solve(loans, limits), solve_large(loans, limits, every=4)
    assert large.gap_millionths <= 100
    assert large.bound_fen == pytest.approx(whole.bound_fen, rel=0.0002)
    assert amount @ (large.shares[:, 0] * marks[:, 0]) <= fifth / 4 * 1.0001
    assert large.shares[:, 1].sum() <= 90.01
    assert amount @ large.shares[:, 3] >= fifth * 0.9999


def test_a_limit_among_some_needs_loans_with_marks() -> None:
    with pytest.raises(ValueError, match="marks"):
        solve(Loans.of([(100, (1,), 9)], 1), [Limit(0, most=10, among=0)])
