"""Cells: one value, one text, and a refusal for what has no exact form."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.forms import Form, Value, parser, write

AT = datetime(2026, 1, 4, 16, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (Form.FEN, "0", 0),
        (Form.FEN, "123", 123),
        (Form.YUAN, "1.23", 123),
        (Form.YUAN, "-70.83", -7083),
        (Form.COMPACT_DAY, "20260105", date(2026, 1, 5)),
        (Form.DASHED_DAY, "2026-01-05", date(2026, 1, 5)),
        (Form.SLASHED_DAY, "2026/01/05", date(2026, 1, 5)),
        (Form.LOCAL_TIME, "2026-01-05 00:30:05", AT),
        (Form.COMPACT_TIME, "20260105003005", AT),
        (Form.EPOCH_MS, "1767544205000", AT),
        (Form.PERCENT, "24.00", Decimal("0.24")),
        (Form.RATE, "0.2400", Decimal("0.24")),
        (Form.DAILY_360, "0.000667", Decimal("0.24012")),
        (Form.DAILY_365, "0.0006", Decimal("0.219")),
    ],
)
def test_a_text_and_its_value(form: Form, text: str, value: Value) -> None:
    assert parser(form)(text) == value
    assert write(form, value) == text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Form.FEN, "-1"),
        (Form.FEN, "1.0"),
        (Form.FEN, "０１"),
        (Form.FEN, "007"),
        (Form.YUAN, "1.005"),
        (Form.YUAN, "1,000.00"),
        (Form.YUAN, "1e3"),
        (Form.COMPACT_DAY, "20260230"),
        (Form.DASHED_DAY, "20260105"),
        (Form.COMPACT_DAY, "2026-01-05"),
        (Form.SLASHED_DAY, "2026/1/5"),
        (Form.COMPACT_TIME, "20260105246000"),
        (Form.EPOCH_MS, "1767544205"),
        (Form.PERCENT, "24%"),
        (Form.TEXT, "a\tb"),
        (Form.TEXT, "a\x00"),
        (Form.TEXT, "\ud800"),
    ],
)
def test_a_text_that_says_something_else_is_refused(form: Form, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the reasons differ, the refusal is what counts
        parser(form)(text)


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (Form.FEN, -1),
        (Form.FEN, True),
        (Form.FEN, "1"),
        (Form.COMPACT_DAY, AT),
        (Form.LOCAL_TIME, AT.replace(microsecond=1)),
        (Form.LOCAL_TIME, AT.replace(tzinfo=None)),
        (Form.DAILY_360, Decimal("0.1")),
        (Form.TEXT, "a\nb"),
    ],
)
def test_a_value_without_an_exact_form_is_not_written(form: Form, value: Value) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        write(form, value)


@given(st.sampled_from(Form), st.text())
def test_whatever_is_read_can_be_written_and_read_again(form: Form, text: str) -> None:
    with suppress(ValueError):
        value = parser(form)(text)
        assert parser(form)(write(form, value)) == value
