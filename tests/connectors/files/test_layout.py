"""Layouts: what is written is read, and what does not add up is not."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from connectors.files import Column, Form, Layout, Row, Shape
from connectors.port import Unreadable

LAYOUT = Layout(
    "x_{day}.txt",
    (
        Column("name"),
        Column("yuan", Form.YUAN),
        Column("fen", Form.FEN),
        Column("rate", Form.PERCENT),
        Column("day", Form.COMPACT_DAY),
        Column("dashed", Form.DASHED_DAY),
        Column("note", optional=True),
    ),
    (Column("count", Form.COUNT), Column("total", Form.FEN, sums=("yuan", "fen"))),
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


@pytest.mark.parametrize(
    ("name", "why"),
    [("a|+|b", "delimiter"), ("a|+", "delimiter"), ("a\nb", "control"), ("a\rb", "control"), ("ß", "gbk")],
)
def test_what_would_not_read_back_is_not_written(name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        LAYOUT.write([{**ROW, "name": name}])


def test_an_empty_required_value_is_not_written() -> None:
    with pytest.raises(ValueError, match="name is empty"):
        LAYOUT.write([{**ROW, "name": None}])


def test_a_column_the_layout_lacks_is_not_silently_dropped() -> None:
    with pytest.raises(ValueError, match="no column fee"):
        LAYOUT.write([{**ROW, "fee": 1}])


# CSV, fixed width, JSON

CSV = Layout(
    "x.csv", (Column("name"), Column("note", optional=True)), shape=Shape.CSV, delimiter=",", titles=True
)
FIXED = Layout(
    "x.txt",
    (Column("name", width=6), Column("fen", Form.FEN, width=5, fill="0"), Column("n", Form.COUNT, width=3)),
    shape=Shape.FIXED,
    encoding="gbk",
)
JSON = Layout(
    "x.dat",
    (Column("name"), Column("yuan", Form.YUAN), Column("n", Form.COUNT, optional=True)),
    shape=Shape.JSON_LINES,
)


def test_csv_quotes_what_would_cut_a_line() -> None:
    rows: list[Row] = [{"name": 'a,"b"', "note": " c "}, {"name": "d", "note": None}]
    content = CSV.write(rows)
    assert content == b'name,note\n"a,""b"""," c "\nd,\n'
    assert CSV.read(content)[1] == rows


@pytest.mark.parametrize("line", ['a,"b', 'a,"b"c', "a", "a,b,c", ""])
def test_csv_that_does_not_add_up_is_unreadable(line: str) -> None:
    with pytest.raises(Unreadable, match="line 2"):
        CSV.read(f"name,note\n{line}\n".encode())


@pytest.mark.parametrize("titles", ["", "note,name\n", "name\n"])
def test_other_titles_are_another_layout(titles: str) -> None:
    with pytest.raises(Unreadable, match="titles"):
        CSV.read(titles.encode())


def test_fixed_width_counts_bytes() -> None:
    rows: list[Row] = [{"name": "张三", "fen": 0, "n": 12}, {"name": "abcdef", "fen": 12345, "n": 1}]
    content = FIXED.write(rows)
    assert content == "张三  00000 12\nabcdef12345  1\n".encode("gbk")
    assert FIXED.read(content)[1] == rows


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("张三 00000 12", "13 bytes where"),
        ("abcde张0000 12", "cuts a character"),
        ("      00000 12", "is empty"),
        ("张三  -0001 12", "digits"),
    ],
)
def test_fixed_width_that_does_not_fit_is_unreadable(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        FIXED.read(text.encode("gbk"))


@pytest.mark.parametrize(("name", "why"), [("张三李四", "longer than 6"), ("a ", "padding")])
def test_a_value_too_wide_is_not_cut(name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        FIXED.write([{"name": name, "fen": 1, "n": 1}])


def test_a_character_whose_second_byte_is_a_bar_is_one_character() -> None:
    layout = Layout("x.txt", (Column("a"), Column("b")), encoding="gbk")
    name = b"\xaf\x7c".decode("gbk")
    assert layout.read(layout.write([{"a": name, "b": "x"}]))[1] == [{"a": name, "b": "x"}]


def test_json_amounts_never_become_floats() -> None:
    line = b'{"name": "a", "yuan": 9007199254740.93, "n": 3}\n{"name":"b","yuan":"0.10"}'
    assert JSON.read(line)[1] == [
        {"name": "a", "yuan": 900719925474093, "n": 3},
        {"name": "b", "yuan": 10, "n": None},
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"name":"a","yuan":1,"yuan":2}', "twice"),
        ('{"name":"a","yuan":1,"other":2}', "1 keys"),
        ('{"name":"a","yuan":1e2}', "yuan"),
        ('{"name":"a","yuan":NaN}', "neither"),
        ('{"name":1,"yuan":1}', "a number where"),
        ('{"name":{},"yuan":1}', "neither"),
        ('{"name":"a\\u0000","yuan":1}', "control"),
        ('["a",1]', "object"),
        ("{", "JSON"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_json_that_says_something_else_is_unreadable(line: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        JSON.read(line.encode())


def test_a_byte_order_mark_is_not_a_part_of_the_first_value() -> None:
    plain = Layout("x.txt", (Column("a"),))
    assert plain.read(b"\xef\xbb\xbfL1\n")[1] == [{"a": "L1"}]
    marked = Layout("x.txt", (Column("a"),), encoding="utf-8-sig")
    assert marked.read(marked.write([{"a": "L1"}]))[1] == [{"a": "L1"}]


def test_an_empty_day_is_an_empty_file_where_there_is_no_header() -> None:
    layout = Layout("x.txt", (Column("a"),))
    assert layout.write([]) == b""
    assert layout.read(b"") == ({}, [])


def test_a_line_without_its_trailing_delimiter_was_cut_off() -> None:
    layout = Layout("x.txt", (Column("a"), Column("b", optional=True)), trailing=True)
    assert layout.read(b"1||\n")[1] == [{"a": "1", "b": None}]
    with pytest.raises(Unreadable, match="cut off"):
        layout.read(b"1||\n2||\n3")


def test_a_trailer_is_checked_and_its_absence_noticed() -> None:
    trailer = (Column("end", constant="END"), Column("count", Form.COUNT))
    layout = Layout("x.txt", (Column("a"), Column("b")), trailer=trailer)
    content = layout.write([{"a": "1", "b": "2"}])
    assert content == b"1|2\nEND|1\n"
    for bad in (b"", b"1|2\n", b"1|2\nEND|2\n", b"END|1\n"):
        with pytest.raises(Unreadable):
            layout.read(bad)


def test_the_day_of_the_name_is_the_day_of_the_header() -> None:
    layout = Layout("x_{day}.txt", (Column("a"),), (Column("day", Form.COMPACT_DAY),))
    content = layout.write([], day=date(2026, 1, 5))
    assert layout.read(content, "x_20260105.txt")[0] == {"day": date(2026, 1, 5)}
    for name in ("x_20260106.txt", "x_20269999.txt", "y.txt"):
        with pytest.raises(Unreadable):
            layout.read(content, name)


@pytest.mark.parametrize(
    ("faulty", "why"),
    [
        ({"columns": ["a", "a"]}, "one name"),
        ({"columns": ["a"], "shape": "fixed"}, "width"),
        ({"columns": ["a"], "shape": "csv", "delimiter": "||"}, "one character"),
        ({"columns": ["a"], "header": [{"name": "t", "form": "fen", "sums": ["a"]}]}, "control total"),
        ({"columns": ["a"], "nmae": "x"}, "nmae"),
        ({"columns": ["a furlong"]}, "form"),
        ({"columns": ["a"], "name": "x_{day.txt"}, "braces"),
        ({"columns": ["a"], "encoding": "latin-1"}, "encoding"),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused(faulty: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TypeAdapter(Layout).validate_python({"name": "x.txt", **faulty})


def test_names_are_made_of_plain_parts() -> None:
    layout = Layout("a_{plan}_{day}.txt", (Column("a"),))
    assert layout.file_name(date(2026, 1, 5), plan="P1") == "a_P1_20260105.txt"
    for parts in ({}, {"plan": "../x"}):
        with pytest.raises(ValueError, match="part"):
            layout.file_name(date(2026, 1, 5), **parts)
