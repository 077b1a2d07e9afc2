"""The XML envelope read as every reader of XML reads it, and what readers disagree about refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import MalformedMessage
from signing.xmltext import parse, read_envelope, text_at, write_envelope

# Every character XML 1.0 section 2.2 has, but the carriage return, which a writer would have to escape.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿"))


def read(inner: str) -> dict[str, str]:
    return read_envelope(f"<document>{inner}</document>", "document", raw="request")


@given(TEXTS)
def test_what_is_written_is_read(text: str) -> None:
    written = write_envelope("document", {"request": "<a>1</a>", "sign": text}, raw="request")
    assert read_envelope(written, "document", raw="request") == {"request": "<a>1</a>", "sign": text}
    assert [child.text or "" for child in parse(written.encode())][1:] == [text]


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("a &amp; b &lt;&gt;&quot;&apos;", "a & b <>\"'"),
        ("&#20013;&#9;&#13;", "中\t\r"),
        ("&#150;", "\x96"),  # HTML makes a dash of it
        ("a\r\nb\rc", "a\nb\nc"),
        ("", ""),
    ],
)
def test_references_and_line_ends_are_those_of_xml(inner: str, text: str) -> None:
    assert read(f"<sign>{inner}</sign>") == {"sign": text}
    assert (parse(f"<d><sign>{inner}</sign></d>".encode())[0].text or "") == text


@pytest.mark.parametrize(
    "inner",
    [
        "<sign>&#0;</sign>",
        "<sign>&#8;</sign>",
        "<sign>&#55296;</sign>",
        "<sign>&#1114112;</sign>",
        "<sign>&#99999999;</sign>",
        "<sign>&nbsp;</sign>",
        "<sign>&#x41;</sign>",
        "<sign>\x1e</sign>",
        "<sign>￾</sign>",
        "<sign>]]></sign>",
        "<sign>a</sign>\x1e<b>c</b>",
        "\x85<sign>a</sign>",
        "<中>a</中>",
        "<sign>a</sign><sign>b</sign>",
        "<sign a='b'>a</sign>",
        "<sign><b>c</b></sign>",
        "text",
        "<request><!-- </request> --></request>",
        "<request><a></request></a></request>",
        "<request><a>1</a>",
    ],
)
def test_what_readers_disagree_about_is_refused(inner: str) -> None:
    with pytest.raises(MalformedMessage):
        read(inner)


def test_declarations_of_types_are_refused() -> None:
    for document in (b"<!DOCTYPE d><d/>", b'<!DOCTYPE d [<!ENTITY e "x">]><d>&e;</d>', b"<d", b""):
        with pytest.raises(MalformedMessage):
            parse(document)


def test_exactly_one_text_at_a_path() -> None:
    assert text_at(b"<d><a><b>1</b></a></d>", "a.b") == "1"
    for document in (
        b"<d/>",
        b"<d><a><b/></a></d>",
        b"<d><a><b>1</b><b>2</b></a></d>",
        b"<d><a><b><c/></b></a></d>",
    ):
        with pytest.raises(MalformedMessage):
            text_at(document, "a.b")
