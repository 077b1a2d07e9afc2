"""Business days change at midnight in Shanghai, not in Greenwich."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.calendar import business_day, shanghai


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 1, 4, 15, 59, 59, tzinfo=UTC), date(2026, 1, 4)),
        (datetime(2026, 1, 4, 16, 0, tzinfo=UTC), date(2026, 1, 5)),
        (datetime(2026, 1, 4, 12, 0, tzinfo=timezone(timedelta(hours=-8))), date(2026, 1, 5)),
    ],
)
def test_business_day(now: datetime, day: date) -> None:
    assert business_day(now) == day


@given(st.integers(0, 108 * 366 * 86_400))
def test_the_fixed_offset_is_the_zone_since_1992(seconds: int) -> None:
    now = datetime(1992, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert shanghai(now).replace(tzinfo=None) == now.astimezone(ZoneInfo("Asia/Shanghai")).replace(
        tzinfo=None
    )


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        business_day(datetime(2026, 1, 1))  # noqa: DTZ001
