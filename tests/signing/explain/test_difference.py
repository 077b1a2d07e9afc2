"""The first difference is where two texts part, and a told text is found in the refusals that tell one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signing.envelope import Wire
from signing.explain import first_difference
from signing.explain.difference import readings, shown, told_by


@given(before=st.binary(max_size=40), one=st.binary(max_size=10), other=st.binary(max_size=10))
def test_the_texts_agree_up_to_the_difference_and_not_there(before: bytes, one: bytes, other: bytes) -> None:
    found = first_difference(before + one, before + other)
    if one == other:
        assert found is None
        return
    assert found is not None
    ours, theirs = before + one, before + other
    assert ours[: found.at_byte] == theirs[: found.at_byte]
    assert ours[found.at_byte : found.at_byte + 1] != theirs[found.at_byte : found.at_byte + 1]
    assert found.ours_byte == (ours[found.at_byte] if found.at_byte < len(ours) else None)


def test_characters_lines_and_fields_are_counted() -> None:
    found = first_difference("a=张&b=1\nc=2&d=3".encode(), "a=张&b=1\nc=2&e=3".encode())
    assert found is not None
    assert (found.at_byte, found.at_character, found.line) == (14, 12, 2)
    assert (found.ours_field, found.theirs_field) == ("d", "e")


def test_a_field_of_json_is_named_too() -> None:
    found = first_difference(b'{"a":1,"b":2}', b'{"a":1,"b":3}')
    assert found is not None
    assert found.ours_field == "b"


def test_other_bytes_are_shown_as_bytes() -> None:
    assert shown("张".encode("gbk")) == "\\xd5\\xc5"


def answer(headers: dict[str, str], body: str) -> Wire:
    return Wire("POST", "/", headers, body.encode(), 400)


def test_gateways_that_tell_what_they_signed() -> None:
    error = "Invalid Signature, Server StringToSign:`POST#application/json##text/plain#/a`"
    told = told_by(answer({"x-ca-error-message": error}, ""))
    assert told == b"POST#application/json##text/plain#/a"
    ours = b"POST\napplication/json\n\ntext/plain\n/b"
    assert readings(told, ours) == b"POST\napplication/json\n\ntext/plain\n/a"
    assert readings(b"a#b", b"a#c") == b"a#b"
    body = '{"sub_msg":"验签出错，网关生成的验签字符串为：app_id=1&charset=utf-8"}'
    assert told_by(answer({}, body)) == b"app_id=1&charset=utf-8"
    assert told_by(answer({}, "no")) is None
