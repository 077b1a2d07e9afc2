"""Times as dialects write them, read strictly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.clock import demand_recent, read_time, write_time
from signing.errors import ClockRefused, MalformedMessage
from signing.profile import Replay, Timestamp

FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S", "epoch-s", "epoch-ms")


def timestamp(form: str) -> Timestamp:
    return Timestamp.model_validate_json(f'{{"slot":"field:t","format":"{form}"}}')


@given(st.integers(946_684_800, 4_102_444_800), st.sampled_from(FORMATS))
def test_round_trip_to_the_second(second: int, form: str) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    assert read_time(timestamp(form), write_time(timestamp(form), moment)) == moment


def test_the_zone_is_that_of_the_profile() -> None:
    assert read_time(timestamp("%Y%m%d%H%M%S"), "20260105093000") == datetime(2026, 1, 5, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%Y-%m-%d %H:%M:%S", "2026-1-5 09:30:00"),
        ("%Y-%m-%d %H:%M:%S", "2026-01-05T09:30:00"),
        ("%Y-%m-%d %H:%M:%S", "2026-02-30 09:30:00"),
        ("%Y-%m-%d %H:%M:%S", " 2026-01-05 09:30:00"),
        ("epoch-s", "1767576600.0"),
        ("epoch-s", "+1767576600"),
        ("epoch-s", "01767576600"),
        ("epoch-s", "१७६७५७६६००"),
        ("epoch-s", "9" * 30),
        ("epoch-ms", "-99999999999999999999"),
        ("epoch-ms", ""),
    ],
)
def test_other_spellings_are_refused(form: str, text: str) -> None:
    with pytest.raises(MalformedMessage):
        read_time(timestamp(form), text)


@pytest.mark.parametrize(
    ("age", "accepted", "retry"),
    [
        (0, True, None),
        (300, True, None),
        (-10, True, None),
        (301, False, None),
        (-11, False, 1),
        (-60, False, 50),
        (-61, False, None),
    ],
)
def test_the_window(age: int, accepted: bool, retry: int | None) -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    signed_at = datetime.fromtimestamp(now.timestamp() - age, UTC)
    if accepted:
        demand_recent(Replay(), signed_at, now)
        return
    with pytest.raises(ClockRefused) as refused:
        demand_recent(Replay(), signed_at, now)
    assert refused.value.skew_s == age
    assert refused.value.retry_after_s == retry
