"""Forms are written as browsers write them and read strictly."""

from __future__ import annotations

from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import MalformedMessage
from signing.urlform import read_form, write_form

FIELDS = st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=5)


def encodable(fields: dict[str, str]) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for text in fields.items() for letter in "".join(text))


@given(FIELDS.filter(encodable))
def test_written_like_the_standard_library_and_read_back(fields: dict[str, str]) -> None:
    body = write_form(fields.items(), "utf-8")
    assert body == urlencode(fields).encode()
    assert read_form(body, "utf-8") == fields


def test_many_different_letters_at_once() -> None:
    text = "".join(map(chr, range(32, 600))) + "%25+ "
    assert write_form([("a", text)], "utf-8").decode() == f"a={quote_plus(text)}"


def test_gbk() -> None:
    body = write_form([("姓名", "张三")], "gbk")
    assert body == b"%D0%D5%C3%FB=%D5%C5%C8%FD"
    assert read_form(body, "gbk") == {"姓名": "张三"}
    with pytest.raises(MalformedMessage):
        read_form(body, "utf-8")


@pytest.mark.parametrize("body", [b"a", b"a=1&a=2", b"a=%ff", b"a=1&&b=2", "a=中".encode(), b"a=1&" * 1001])
def test_refused(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read_form(body, "utf-8")
