"""How a story is spread over days, and the steps in which its time moves."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from hub.demo.borrowers import invented
from hub.demo.stage import SHANGHAI, end_of_step
from hub.demo.story import DAYS, FIRST_DAY, spread


@pytest.mark.parametrize(("count", "days"), [(1, 1), (12, 1), (99, 1), (100, 2), (1000, 20), (1500, 20)])
def test_applications_are_spread_evenly_over_business_days(count: int, days: int) -> None:
    borrowers = list(invented(count, seed=1))
    found = spread(borrowers)
    assert [one for _, batch in found for one in batch] == borrowers
    assert len(found) == days
    sizes = {len(batch) for _, batch in found}
    assert max(sizes) - min(sizes) <= 1
    assert all(day.weekday() < 5 and FIRST_DAY <= day <= date(2026, 1, 30) for day, _ in found)


def test_a_big_run_takes_all_the_days_of_january() -> None:
    days = [day for day, _ in spread(list(invented(DAYS * 60, seed=1)))]
    assert (days[0], days[-1]) == (date(2026, 1, 5), date(2026, 1, 30))


@pytest.mark.parametrize(
    ("due", "end"),
    [
        ((1, 5, 12, 0), (1, 6, 2, 30)),
        ((1, 6, 2, 0), (1, 6, 2, 30)),
        ((1, 6, 2, 30), (1, 7, 2, 30)),
        ((1, 31, 12, 0), (2, 1, 2, 30)),
    ],
)
def test_a_step_ends_when_the_files_of_the_day_lie_ready(
    due: tuple[int, int, int, int], end: tuple[int, int, int, int]
) -> None:
    start = datetime(2026, *due, tzinfo=SHANGHAI)
    assert end_of_step(start) == datetime(2026, *end, tzinfo=SHANGHAI)
