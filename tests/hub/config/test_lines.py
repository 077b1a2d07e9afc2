"""YAML without surprises: what the common traps become, and where every fault is reported."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hub.config.lines import DEPTH_MAX, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.0850", "0.0850"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("22:00", "22:00"),
        ("no", "no"),
        ("on", "on"),
        ("2026-01-01", "2026-01-01"),
        ("012", "012"),
        ("0x10", "0x10"),
        ("=", "="),
        ("12", 12),
        ("-12", -12),
        ("6_000_000_00", 600_000_000),
        ("1__0", "1__0"),
        ('"12"', "12"),
        ('"true"', "true"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("9" * 40, "9" * 40),
        ("[1, b]", [1, "b"]),
        ("{a: {b: 1}}", {"a": {"b": 1}}),
        ("|\n    line\n", "line\n"),
    ],
)
def test_values(text: str, value: object) -> None:
    document = read(f"key: {text}")
    assert document.faults == []
    assert document.value == {"key": value}
    assert type(document.value["key"]) is type(value)


def test_lines() -> None:
    document = read("a:\n  - x: 1\n    y:\n      - 2\n      - 3\nb: 4\n")
    assert document.line_of(("a", 0, "x")) == 2
    assert document.line_of(("a", 0, "y", 1)) == 5
    assert document.line_of(("a", 0, "missing", "deep")) == 2
    assert document.line_of(("b",)) == 6
    assert document.line_of(()) == 1


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "already on line 1"),
        ("x:\n  a: 1\n  a: 1\n", 3, "already on line 2"),
        ("a: &one [1]\nb: *one\n", 2, "aliases"),
        ("a: !!python/name:os.system\n", 1, "tag"),
        ("a: !!float 1\n", 1, "tag"),
        ("a: 1\n---\nb: 1\n", 2, "another document"),
        ("a: [1\n", 2, "expected"),
        ("a:\n\t- 1\n", 2, "cannot start any token"),
        ("? [a]\n: 1\n", 1, "plain text"),
        ("a: \x07\n", 1, "character"),
        ("[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1), 1, "too deep"),
    ],
)
def test_faults(text: str, line: int, word: str) -> None:
    faults = read(text).faults
    assert [fault.line for fault in faults] == [line]
    assert word in faults[0].what
    assert faults[0].remedy


def test_merge_keys_are_ordinary_keys() -> None:
    assert read("<<: {a: 1}\nb: 2").value == {"<<": {"a": 1}, "b": 2}


@given(st.text(max_size=200))
def test_nothing_in_the_text_raises(text: str) -> None:
    read(text)


keys = st.text(st.characters(categories=["L"]), min_size=1, max_size=8)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.text(st.characters(categories=["L", "N"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(keys, values, min_size=1, max_size=4))
def test_what_a_writer_wrote_is_read(value: dict[str, object]) -> None:
    document = read(yaml.safe_dump(value, allow_unicode=True, default_style='"'.replace('"', "")))
    assert document.faults == []
    assert document.value == value
