"""The calendar of files: what is due, what is missing, and what an absent file means."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.expected import EmptyDay, Expected, On, missing
from connectors.files.library import load_family

SINCE = date(2026, 1, 1)


def name_of(day: date) -> str:
    return f"x_{day:%Y%m%d}.txt"


def is_workday(day: date) -> bool:
    return day.weekday() < 5


def missed(expected: Expected, now: datetime, *arrived: str) -> list[str]:
    found = missing(expected, name_of, arrived, since=SINCE, now=now, is_workday=is_workday)
    return [due.name for due in found]


def test_a_file_is_missed_from_the_minute_it_is_due() -> None:
    expected = Expected(by=time(9), days_after=1)
    due = datetime(2026, 1, 2, 1, 0, tzinfo=UTC)  # nine o'clock in Shanghai
    assert missed(expected, due - timedelta(seconds=1)) == []
    assert missed(expected, due) == ["x_20260101.txt"]
    assert missed(expected, due, "x_20260101.txt") == []


def test_every_day_still_missing_is_told_in_order() -> None:
    now = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
    found = missed(Expected(), now, "x_20260102.txt")
    assert found == ["x_20260101.txt", "x_20260103.txt", "x_20260104.txt"]


def test_no_file_is_missed_for_a_day_without_one() -> None:
    now = datetime(2026, 2, 2, 2, 0, tzinfo=UTC)
    assert "x_20260103.txt" not in missed(Expected(on=On.WORKDAYS), now)  # a Saturday
    assert missed(Expected(on=On.MONTH_END), now) == ["x_20260131.txt"]


def test_a_partner_that_sends_nothing_on_an_empty_day_is_never_late() -> None:
    assert missed(Expected(empty=EmptyDay.NOTHING), datetime(2026, 6, 1, tzinfo=UTC)) == []


@given(st.sets(st.integers(0, 60)), st.integers(0, 60), st.integers(0, 5))
def test_due_is_arrived_or_missing(arrived: set[int], today: int, after: int) -> None:
    days = [SINCE + timedelta(days=n) for n in range(today + 1)]
    now = datetime.combine(days[-1], time(12), UTC)
    names = {name_of(SINCE + timedelta(days=n)) for n in arrived}
    found = missed(Expected(days_after=after), now, *names)
    due = {name_of(day) for day in days if day + timedelta(days=after) <= days[-1]}
    assert set(found) == due - names


def test_a_layout_knows_the_names_it_expects() -> None:
    layout = load_family("trust_plan")["repay_plan"]
    now = datetime(2026, 1, 3, 2, 0, tzinfo=UTC)
    found = list(layout.missing((), since=SINCE, now=now, is_workday=is_workday))
    assert [due.name for due in found] == [
        "repay_plan_T2026001_20260101.txt",
        "repay_plan_T2026001_20260102.txt",
    ]
    assert found[0].day == SINCE


def test_a_layout_without_a_calendar_misses_nothing() -> None:
    layout = load_family("trust_plan")["exempt_loan_details"]
    now = datetime(2026, 1, 3, tzinfo=UTC)
    assert not list(layout.missing((), since=SINCE, now=now, is_workday=is_workday))


def test_a_calendar_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="days_after"):
        Expected(days_after=-1)
