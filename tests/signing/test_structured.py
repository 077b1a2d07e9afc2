"""Structured fields are read in their one canonical spelling, and every other spelling is refused."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import MalformedMessage, ProfileInvalid
from signing.structured import (
    MAXIMUM_CHARACTERS,
    MAXIMUM_MEMBERS,
    parse_bytes,
    parse_dictionary,
    parse_inner_list,
    write_bytes,
    write_string,
)
from tests.signing.mutations import mutants

PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))
INPUT = 'sig1=("@method" "@query-param";name="Pet" "date";req);created=1;keyid="a\\"b";nonce="n", b=:AQI=:'


def test_a_dictionary_keeps_the_exact_text_of_its_members() -> None:
    members = parse_dictionary(f"  {INPUT}\t")
    assert list(members) == ["sig1", "b"]
    assert ", ".join(f"{name}={text}" for name, text in members.items()) == INPUT


def test_an_inner_list() -> None:
    found = parse_inner_list(parse_dictionary(INPUT)["sig1"])
    assert [component.name for component in found.components] == ["@method", "@query-param", "date"]
    assert [component.text for component in found.components][1:] == [
        '"@query-param";name="Pet"',
        '"date";req',
    ]
    assert dict(found.components[2].params) == {"req": True}
    assert dict(found.params) == {"created": 1, "keyid": 'a"b', "nonce": "n"}


def test_parameters_of_every_kind() -> None:
    params = parse_inner_list('();a=0;b=-15;c="x";d=:AA==:;e=?0;f').params
    assert dict(params) == {"a": 0, "b": -15, "c": "x", "d": b"\0", "e": False, "f": True}


# text, and why it is refused
NOT_DICTIONARIES = [
    ("", "empty"),
    ("a", "a member without a value"),
    ("a=1,", "trailing comma"),
    (",a=1", "leading comma"),
    ("a=1 b=2", "no comma"),
    ("a=1, a=2", "named twice"),
    ("A=1", "upper case"),
    ("a =1", "blank before ="),
    ("a=01", "leading zero"),
    ("a=-0", "minus zero"),
    ("a=+1", "plus"),
    ("a=1.5", "a decimal, which signatures do not use"),
    ("a=token", "a token, which signatures do not use"),
    ('a="x', "open string"),
    ('a="\\x"', "escape of an ordinary character"),
    ('a="é"', "not ASCII"),
    ('a="\x7f"', "control character"),
    ("a=:AQ", "open byte sequence"),
    ("a=:A Q=:", "blank in base64"),
    ("a=?1", "true is written by leaving it out"),
    ('a=( "x")', "blank in a list"),
    ('a=("x"  "y")', "two blanks in a list"),
    ('a=("x" )', "blank in a list"),
    ("a=(x)", "a token in a list"),
    ('a=("x") ;b', "blank before a parameter"),
    ('a=("x"); b', "blank in front of a parameter"),
    ('a=("x");B=1', "upper case parameter"),
    ("a=1\n, b=2", "line break"),
    ("a=" + "1" * 16, "an integer of 16 digits"),
    (", ".join(f"a{i}=1" for i in range(MAXIMUM_MEMBERS + 1)), "too many"),
    ('a="' + "x" * MAXIMUM_CHARACTERS + '"', "too long"),
]


@pytest.mark.parametrize(("text", "why"), NOT_DICTIONARIES, ids=lambda text: text[:20])
def test_every_other_spelling_is_refused(text: str, why: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_dictionary(text)


@pytest.mark.parametrize(
    "text", ["", "1", '"x"', "()x", '("x"', '("x");a;a', '("x";b=1;b=2)', '("x");a=:AB==:']
)
def test_not_an_inner_list(text: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_inner_list(text)


@pytest.mark.parametrize("text", [":", "1", '"x"', ":AQ:", ":AQ==:;p", ":AR==:", "AQ==", ":_w==:", "::::"])
def test_not_a_byte_sequence(text: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_bytes(text)


@given(st.text(alphabet=PRINTABLE), st.binary(max_size=80))
def test_what_we_write_we_read(text: str, value: bytes) -> None:
    members = parse_dictionary(f"a=({write_string(text)}), b={write_bytes(value)}")
    assert parse_inner_list(members["a"]).components[0].name == text
    assert parse_bytes(members["b"]) == value


@pytest.mark.parametrize("text", ["é", "\n", "\x7f", "中"])
def test_what_the_format_cannot_carry_is_not_written(text: str) -> None:
    with pytest.raises(ProfileInvalid):
        write_string(text)


@given(st.text(alphabet=string.printable + "é", max_size=60))
def test_any_text_is_a_dictionary_or_refused(text: str) -> None:
    try:
        members = parse_dictionary(text)
    except MalformedMessage:
        return
    assert "".join(text.split()).replace(",", "") == "".join(
        "".join(f"{name}={value}".split()) for name, value in members.items()
    ).replace(",", "")


def test_mutants_are_read_whole_or_refused() -> None:
    for mutant in mutants(INPUT.encode(), seed=9421):
        text = mutant.decode("latin-1")
        try:
            members = parse_dictionary(text)
        except MalformedMessage:
            continue
        assert sum(len(name) + len(value) + 1 for name, value in members.items()) <= len(text)
