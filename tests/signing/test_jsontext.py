"""Strict JSON: what readers disagree about is refused, and slices are exact."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import MalformedMessage
from signing.jsontext import canonical, decode_utf8, parse_exact, parse_object, parse_value, quoted

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)


@given(OBJECTS, st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")]), st.booleans())
def test_slices_are_those_of_the_text(
    value: dict[str, object], marks: tuple[str, str], ascii_only: bool
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, separators=marks)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return
    found = parse_object(f" {text}\n")
    assert {name: json.loads(found.raw(name)) for name in found.members} == value
    assert {name: member.value for name, member in found.members.items()} == value


@given(OBJECTS)
def test_canonical_is_stable_and_equal(value: dict[str, object]) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(parse_exact(text)) == text


def test_canonical_sorts_at_every_depth_and_keeps_numbers_as_they_were() -> None:
    text = '{"b": {"z": 1.10, "a": [ {"y": 1e5, "x": "中"} ]}, "a": -0.0}'
    assert canonical(parse_exact(text)) == '{"a":-0.0,"b":{"a":[{"x":"中","y":1e5}],"z":1.10}}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "{}x",
        '{"a":1,}',
        '{"a" 1}',
        "{'a':1}",
        '{"a":1 "b":2}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":01}',
        '{"a":1}{"a":1}',
        '{"a":1,"a":1}',
        '{"a":1,"\\u0061":1}',
        '{"a":{"b":1,"b":2}}',
        '{"a":"\\ud800"}',
        '{"\\ud800":1}',
        '{"a":"\t"}',
        "{a:1}",
        '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a":' + "9" * 5000 + "}",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_object(text)


@pytest.mark.parametrize("text", ["", "1 2", "{", "nul", '"a', "[1,]", "NaN"])
def test_values_refused(text: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_value(text)
    with pytest.raises(MalformedMessage):
        parse_exact(text)


def test_a_surrogate_pair_is_one_letter() -> None:
    assert parse_object('{"a":"\\ud83d\\ude00"}').members["a"].value == "😀"


@pytest.mark.parametrize("body", [b"\xff", b"\xef\xbb\xbf{}", "中".encode("gbk")])
def test_only_plain_utf8(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_utf8(body)


@given(st.text())
def test_quoted_round_trip(text: str) -> None:
    assert json.loads(quoted(text)) == text
