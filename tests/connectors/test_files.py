"""Layouts: what is written is read, and what does not add up is not."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import Column, Form, Layout, Row
from connectors.port import Unreadable

LAYOUT = Layout(
    r"x_(?P<day>[0-9]{8})\.txt",
    (
        Column("name"),
        Column("yuan", Form.YUAN),
        Column("fen", Form.FEN),
        Column("rate", Form.PERCENT),
        Column("day", Form.COMPACT_DAY),
        Column("dashed", Form.DASHED_DAY),
        Column("note", optional=True),
    ),
    (Column("count", Form.COUNT), Column("total", Form.FEN)),
    ("yuan", "fen"),
    delimiter="|+|",
    encoding="gbk",
)
TEXT = st.text("张三李四abcXYZ019 .+", min_size=1).filter(lambda text: "|+|" not in f"|{text}|")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": TEXT,
            "yuan": st.integers(0, 10**12),
            "fen": st.integers(0, 10**12),
            "rate": st.decimals(0, 1, places=6),
            "day": st.dates(date(2000, 1, 1), date(2100, 1, 1)),
            "dashed": st.dates(date(2000, 1, 1), date(2100, 1, 1)),
            "note": st.none() | TEXT,
        }
    ),
    max_size=8,
)
ROW: Row = {
    "name": "a",
    "yuan": 1,
    "fen": 2,
    "rate": Decimal("0.24"),
    "day": date(2026, 1, 5),
    "dashed": date(2026, 1, 5),
    "note": None,
}


@given(ROWS)
def test_what_is_written_is_read(rows: list[Row]) -> None:
    head, read = LAYOUT.read(LAYOUT.write(rows))
    assert read == rows
    assert head["count"] == len(rows)


@given(ROWS.filter(len), st.data())
def test_a_file_without_one_of_its_lines_is_unreadable(rows: list[Row], data: st.DataObject) -> None:
    lines = LAYOUT.write(rows).split(b"\n")[:-1]
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    with pytest.raises(Unreadable):
        LAYOUT.read(b"\n".join(lines))


@given(st.binary())
def test_arbitrary_bytes_are_read_or_unreadable(content: bytes) -> None:
    with suppress(Unreadable):
        head, rows = LAYOUT.read(content)
        assert head["count"] == len(rows)


def test_a_last_line_without_newline_and_windows_lines_are_read() -> None:
    content = LAYOUT.write([ROW])
    assert LAYOUT.read(content[:-1]) == LAYOUT.read(content)
    assert LAYOUT.read(content.replace(b"\n", b"\r\n")) == LAYOUT.read(content)


@pytest.mark.parametrize("name", ["a|+|b", "a\nb", "a\rb"])
def test_a_delimiter_inside_a_value_is_not_written(name: str) -> None:
    with pytest.raises(ValueError, match="delimiter"):
        LAYOUT.write([{**ROW, "name": name}])


def test_an_empty_required_value_is_not_written() -> None:
    with pytest.raises(ValueError, match="name is empty"):
        LAYOUT.write([{**ROW, "name": None}])
