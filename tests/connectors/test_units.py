"""Partners' ways of writing money, days, instants and rates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from connectors import units

INSTANTS = st.integers(946_800_000_000, 4_102_300_000_000).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms, microseconds=7)
)
RATES = st.decimals(0, 1, places=6)


@given(INSTANTS)
def test_a_local_time_comes_back_to_the_second(instant: datetime) -> None:
    written = units.format_local_time(instant)
    assert units.parse_local_time(written) == instant.replace(microsecond=0)


@given(INSTANTS)
def test_epoch_milliseconds_come_back_to_the_millisecond(instant: datetime) -> None:
    written = units.format_epoch_ms(instant)
    assert timedelta(0) <= instant - units.parse_epoch_ms(written) < timedelta(milliseconds=1)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_a_day_comes_back(day: date) -> None:
    assert units.parse_day(units.format_day(day)) == day
    assert units.parse_dashed_day(day.isoformat()) == day


@given(RATES)
def test_a_rate_comes_back_as_fraction_and_as_percentage(rate: Decimal) -> None:
    assert units.parse_rate(units.format_rate(rate)) == rate
    assert units.parse_percent(units.format_percent(rate)) == rate


def test_rates_have_their_usual_places() -> None:
    assert units.format_rate(Decimal("0.085")) == "0.0850"
    assert units.format_percent(Decimal("0.24")) == "24.00"
    assert units.format_percent(Decimal("0.071234")) == "7.1234"


def test_a_shanghai_evening_is_the_same_business_day_and_after_midnight_the_next() -> None:
    assert units.parse_local_time("2026-01-05 23:59:59") == datetime(2026, 1, 5, 15, 59, 59, tzinfo=UTC)
    assert units.business_day(datetime(2026, 1, 5, 15, 59, 59, tzinfo=UTC)) == date(2026, 1, 5)
    assert units.business_day(datetime(2026, 1, 5, 16, 0, 0, tzinfo=UTC)) == date(2026, 1, 6)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (units.parse_fen, ""),
        (units.parse_fen, "01"),
        (units.parse_fen, "-1"),
        (units.parse_fen, "1.0"),
        (units.parse_fen, " 1"),
        (units.parse_fen, "１２"),
        (units.parse_fen, "1" * 17),
        (units.parse_day, "2026015"),
        (units.parse_day, "20260230"),
        (units.parse_day, "２０２６０１０５"),
        (units.parse_dashed_day, "2026/01/05"),
        (units.parse_dashed_day, "20260105"),
        (units.parse_local_time, "2026-01-05 24:00:00"),
        (units.parse_local_time, "2026-01-05 10:00:00Z"),
        (units.parse_rate, "8.5%"),
        (units.parse_rate, "1e-2"),
        (units.parse_rate, "-0.1"),
        (units.parse_percent, "24,00"),
    ],
)
def test_other_spellings_are_refused(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_seconds_are_not_taken_for_milliseconds() -> None:
    with pytest.raises(ValueError, match="between the years"):
        units.parse_epoch_ms(1_767_578_460)


@pytest.mark.parametrize(
    ("value", "places", "fits"),
    [
        (0, 2, True),
        (999_999_999, 2, True),
        (1_000_000_000, 2, False),
        (-1, 2, False),
        (Decimal("0.0850"), 4, True),
        (Decimal("0.0850"), 3, True),
        (Decimal("0.085"), 2, False),
        (Decimal("9999999.99"), 2, True),
        (Decimal(10_000_000), 2, False),
    ],
)
def test_a_number_that_would_be_rounded_or_cut_is_refused(
    value: int | Decimal, places: int, fits: bool
) -> None:
    adapter = TypeAdapter(Annotated[type(value), units.within(7, places)])
    if fits:
        assert adapter.validate_python(value) == value
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)


@given(st.integers(0, 10**15))
def test_a_count_in_text_comes_back(count: int) -> None:
    adapter = TypeAdapter(units.Whole)
    assert adapter.validate_json(adapter.dump_json(count)) == count
