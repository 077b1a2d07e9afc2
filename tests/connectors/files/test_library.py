"""The layouts that come with the package: every sample reads and is written again byte for byte."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.files import Column, Form, Layout, Row, Shape, Value
from connectors.files.library import library, load_family
from connectors.port import Unreadable

DAY = date(2026, 1, 5)
KINDS = [(family, kind) for family in library() for kind in load_family(family)]
FAMILIES = {
    "compensation_bar": "F1",
    "counted_plus": "F2",
    "titled_csv": "F3",
    "plain_bar": "F4",
    "claims_gbk": "F5",
    "trailing_bar": "F6",
    "json_lines": "F7",
    "trust_plan": "F8",
    "daily_rate": "F9",
}
INSTANTS = st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
AMOUNTS = st.integers(0, 10**12)
DAILY = st.decimals(0, Decimal("0.01"), places=8)
VALUES: dict[Form, st.SearchStrategy[Value]] = {
    Form.FEN: AMOUNTS,
    Form.YUAN: AMOUNTS,
    Form.COUNT: st.integers(0, 999),
    Form.COMPACT_DAY: DAYS,
    Form.DASHED_DAY: DAYS,
    Form.SLASHED_DAY: DAYS,
    Form.LOCAL_TIME: INSTANTS.map(lambda at: at.replace(microsecond=0)),
    Form.COMPACT_TIME: INSTANTS.map(lambda at: at.replace(microsecond=0)),
    Form.EPOCH_MS: INSTANTS.map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)),
    Form.PERCENT: st.decimals(0, 1, places=6),
    Form.RATE: st.decimals(0, 1, places=6),
    Form.DAILY_360: DAILY.map(lambda rate: rate * 360),
    Form.DAILY_365: DAILY.map(lambda rate: rate * 365),
}


def layout_of(case: tuple[str, str]) -> Layout:
    family, kind = case
    return load_family(family)[kind]


def sample_of(case: tuple[str, str]) -> tuple[str, bytes]:
    layout = layout_of(case)
    name = layout.file_name(DAY, **(layout.expected.parts if layout.expected else {}))
    return name, (files("connectors.files") / "samples" / case[0] / name).read_bytes()


def values(layout: Layout, column: Column) -> st.SearchStrategy[Value]:
    if column.constant is not None:
        return st.just(column.constant)
    if column.form is not Form.TEXT:
        value = VALUES[column.form]
    elif layout.shape is Shape.FIXED:
        value = st.text("测试", max_size=1).flatmap(
            lambda word: st.text(string.ascii_letters + string.digits, max_size=10).map(lambda w: word + w)
        )
        value = value.map(lambda word: (word or "a")[: column.width] if word.isascii() else "测")
    else:
        value = st.text("测试甲 ,\"'.;\\" + string.ascii_letters + string.digits, min_size=1, max_size=20)
    return st.none() | value if column.optional else value


def rows_of(layout: Layout) -> st.SearchStrategy[list[Row]]:
    row = st.fixed_dictionaries({column.name: values(layout, column) for column in layout.columns})
    return st.lists(row, max_size=4)


def head_of(layout: Layout) -> dict[str, Value]:
    return {column.name: DAY for column in layout.header if column.name == "day"}


def test_the_nine_layouts_are_there() -> None:
    assert set(library()) == set(FAMILIES)
    for family, number in FAMILIES.items():
        text = (files("connectors.files") / "library" / f"{family}.yaml").read_text(encoding="utf-8")
        assert text.startswith(f"# {number}: ")


@pytest.mark.parametrize("case", KINDS, ids="-".join)
def test_a_sample_is_read_and_written_again_byte_for_byte(case: tuple[str, str]) -> None:
    name, content = sample_of(case)
    layout = layout_of(case)
    head, rows = layout.read(content, name)
    assert len(rows) == 2
    assert layout.write(rows, **{key: head[key] for key in head_of(layout)}) == content


@pytest.mark.parametrize("case", KINDS, ids="-".join)
@settings(max_examples=25)
@given(data=st.data())
def test_what_is_written_is_read(case: tuple[str, str], data: st.DataObject) -> None:
    layout = layout_of(case)
    rows = data.draw(rows_of(layout))
    assert layout.read(layout.write(rows, **head_of(layout)))[1] == rows


@pytest.mark.parametrize("case", KINDS, ids="-".join)
@settings(max_examples=25)
@given(data=st.data())
def test_a_file_cut_off_is_unreadable_or_lacks_whole_lines(
    case: tuple[str, str], data: st.DataObject
) -> None:
    """Where a count is, no line is lost; everywhere, only the last cell may be short."""
    layout = layout_of(case)
    _, content = sample_of(case)
    whole = layout.read(content)[1]
    cut = content[: data.draw(st.integers(0, len(content) - 2))]
    checked = any(column.name == "count" for column in (*layout.header, *layout.trailer))
    try:
        rows = layout.read(cut)[1]
    except Unreadable:
        return
    assert not checked or len(rows) == len(whole)
    assert rows[:-1] == whole[: max(len(rows) - 1, 0)]


@pytest.mark.parametrize("case", KINDS, ids="-".join)
def test_only_one_kind_of_a_family_has_a_files_name(case: tuple[str, str]) -> None:
    name, _ = sample_of(case)
    match = [kind for kind, layout in load_family(case[0]).items() if layout.matches(name)]
    assert match == [case[1]]
    assert layout_of(case).matches(f"../{name}") is None
    assert layout_of(case).matches(f"{name}\n") is None
