"""One value, one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.encodings import Encoding, decode, encode
from signing.errors import MalformedMessage


@given(st.binary(max_size=80), st.sampled_from(Encoding))
def test_round_trip(value: bytes, encoding: Encoding) -> None:
    assert decode(encoding, encode(encoding, value)) == value


@given(st.text(max_size=12), st.sampled_from(Encoding))
def test_what_is_accepted_is_what_would_be_written(text: str, encoding: Encoding) -> None:
    try:
        value = decode(encoding, text)
    except MalformedMessage:
        return
    assert encode(encoding, value) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        (Encoding.BASE64, "QQ"),
        (Encoding.BASE64, "QQ==\n"),
        (Encoding.BASE64, " QQ=="),
        (Encoding.BASE64, "QR=="),
        (Encoding.BASE64, "QQ==QQ=="),
        (Encoding.BASE64, "-_=="),
        (Encoding.BASE64URL, "QQ=="),
        (Encoding.BASE64URL, "QR"),
        (Encoding.BASE64URL, "+/"),
        (Encoding.HEX_LOWER, "AB"),
        (Encoding.HEX_UPPER, "ab"),
        (Encoding.HEX_LOWER, "a b"),
        (Encoding.HEX_LOWER, "abc"),
        (Encoding.HEX_LOWER, "中"),
    ],
)
def test_other_spellings_are_refused(encoding: Encoding, text: str) -> None:
    with pytest.raises(MalformedMessage):
        decode(encoding, text)
