"""The posterior of a partner's approvals: exact where there is a closed form, forgetful, never certain."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.routing.learning import DECAY, NOTHING_KNOWN, PLACES, Outcomes, belief

TODAY = date(2026, 3, 1)
COUNTS = st.integers(0, 5_000)


def test_nothing_known_is_an_even_chance() -> None:
    assert NOTHING_KNOWN.mean == Decimal("0.5")
    assert abs(NOTHING_KNOWN.deviation**2 - Decimal(1) / 12) < Decimal("1e-9")  # the uniform distribution's
    assert (NOTHING_KNOWN.low, NOTHING_KNOWN.high) == (0, 1)


@given(COUNTS, COUNTS)
def test_todays_outcomes_give_the_posterior_in_closed_form(yes: int, no: int) -> None:
    found = belief([Outcomes(TODAY, yes, no)], TODAY)
    exact = Fraction(1 + yes, 2 + yes + no)
    assert abs(Fraction(found.mean) - exact) <= Fraction(PLACES)
    variance = exact * (1 - exact) / (3 + yes + no)
    assert abs(Fraction(found.deviation) ** 2 - variance) < Fraction(1, 10**9)
    assert 0 <= found.low < found.mean < found.high <= 1


@given(st.lists(st.tuples(st.integers(0, 400), COUNTS, COUNTS), max_size=12))
def test_a_day_later_everything_weighs_so_much_less(days: list[tuple[int, int, int]]) -> None:
    seen = [Outcomes(TODAY - timedelta(days=ago), yes, no) for ago, yes, no in days]
    now, later = belief(seen, TODAY), belief(seen, TODAY + timedelta(days=1))
    for before, after in ((now.approved, later.approved), (now.declined, later.declined)):
        assert abs(before * DECAY - after) <= 2 * PLACES


def test_a_month_halves_it_and_what_is_yet_to_come_is_not_looked_at() -> None:
    month_ago = belief([Outcomes(TODAY - timedelta(days=30), 1000, 0)], TODAY)
    assert abs(month_ago.approved - 500) < 5
    assert belief([Outcomes(TODAY + timedelta(days=1), 9, 9)], TODAY) == NOTHING_KNOWN
