"""The lenders' own plans: right in themselves, and within a fen of the hub's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.simulation.plan import accrued, due_day, penalty, plan
from contracts.programme import RepaymentMethod
from hub.domain import schedule

LOANS = st.tuples(
    st.integers(10_000, 20_000_000),
    st.decimals("0", "0.36", places=4),
    st.integers(1, 60),
    st.sampled_from(RepaymentMethod),
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)


@given(LOANS)
def test_a_plan_repays_the_principal_within_a_fen_of_the_hubs(
    loan: tuple[int, Decimal, int, RepaymentMethod, date],
) -> None:
    principal, rate, months, method, start = loan
    terms = list(plan(*loan))
    assert sum(term.principal_fen for term in terms) == principal
    ours = schedule.plan(principal, rate, months, method, disbursed_on=start)
    assert [term.due_on for term in terms] == [item.due_on for item in ours]
    for term, item in zip(terms, ours, strict=True):
        assert abs(term.principal_fen - item.principal_fen) <= 1
        assert abs(term.interest_fen - item.interest_fen) <= 1


@pytest.mark.parametrize(
    ("start", "period", "due"),
    [
        (date(2026, 1, 5), 1, date(2026, 2, 5)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2026, 3, 28)),
        (date(2026, 11, 30), 2, date(2027, 1, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_a_term_falls_due_on_the_same_day_of_a_later_month(start: date, period: int, due: date) -> None:
    assert due_day(start, period) == due


def test_interest_for_days_is_actual_over_360_and_penalty_half_as_much_again() -> None:
    assert accrued(1_000_000, Decimal("0.0720"), 10) == 2_000
    assert penalty(1_000_000, Decimal("0.0720"), 10) == 3_000
