"""The sorted form and its ambiguities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.canonical import digest_of, joined, path_prefixed, sorted_form
from signing.errors import MalformedMessage

NAMES = st.text("abcxyz_", min_size=1, max_size=6)
VALUES = st.text(max_size=20)


def test_sorted_form_sorts_skips_and_excludes() -> None:
    params = {"b": "2", "a": "1", "empty": "", "sign": "zzz"}
    assert sorted_form(params, exclude=("sign",)) == "a=1&b=2"
    assert sorted_form(params, keep_empty=True, exclude=("sign",)) == "a=1&b=2&empty="


def test_the_order_is_that_of_code_points() -> None:
    assert sorted_form({"a": "1", "B": "2", "_": "3", "1": "4"}) == "1=4&B=2&_=3&a=1"


def test_one_field_that_reads_as_two_is_refused() -> None:
    assert sorted_form({"a": "1", "b": "2"}) == "a=1&b=2"
    with pytest.raises(MalformedMessage):
        sorted_form({"a": "1&b=2"})
    with pytest.raises(MalformedMessage):
        sorted_form({"a&b": "1"})


def test_an_address_with_a_query_is_not_mistaken_for_fields() -> None:
    params = {"notify_url": "https://hub.example/cb?x=1&mode=2", "sign_type": "RSA2"}
    assert sorted_form(params) == "notify_url=https://hub.example/cb?x=1&mode=2&sign_type=RSA2"


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.dictionaries(NAMES, VALUES, max_size=6))
def test_two_messages_never_share_a_form(left: dict[str, str], right: dict[str, str]) -> None:
    try:
        same = sorted_form(left) == sorted_form(right)
    except MalformedMessage:
        return
    covered = [{name: value for name, value in side.items() if value} for side in (left, right)]
    assert same is (covered[0] == covered[1])


@given(st.dictionaries(NAMES, st.text("ab&=", max_size=8), min_size=1, max_size=5), st.data())
def test_no_cut_of_an_accepted_form_is_accepted(params: dict[str, str], data: st.DataObject) -> None:
    """Whatever other fields would join to the same text, one of the two messages is refused."""
    params = {name: value for name, value in params.items() if value}
    try:
        text = sorted_form(params)
    except MalformedMessage:
        return
    if not params:
        return
    pieces = text.split("&")
    groups: list[str] = pieces[:1]
    for piece in pieces[1:]:
        if data.draw(st.booleans()):
            groups.append(piece)
        else:
            groups[-1] += "&" + piece
    other = dict(group.partition("=")[::2] for group in groups)
    if other == params or len(other) != len(groups) or list(other) != sorted(other):
        return
    try:
        again = sorted_form(other)
    except MalformedMessage:
        return
    assert again != text


def test_the_path_is_bound_without_its_query() -> None:
    assert path_prefixed("/api/x?y=1", "a=1") == "/api/x?a=1"


def test_digest_and_lines() -> None:
    assert digest_of(b"abc") == b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert joined([b"POST", b"/x", b"body"], end=b"\n") == b"POST\n/x\nbody\n"
