"""Captures are read as they travelled, from raw HTTP and from HAR, and what is odd in them is said."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import MalformedMessage
from signing.explain import read_capture

RAW = b"POST /a/b?c=1 HTTP/1.1\r\nHost: bank.example\r\nContent-Type: text/plain\r\n\r\nx=1\r\n\r\ny"


def test_raw_http_keeps_the_body_byte_for_byte() -> None:
    captured = read_capture(RAW)
    wire = captured.message(answer=False)
    assert (wire.method, wire.path, wire.authority) == ("POST", "/a/b?c=1", "bank.example")
    assert wire.headers == {"host": "bank.example", "content-type": "text/plain"}
    assert wire.body == b"x=1\r\n\r\ny"
    assert captured.notes == ()


def test_lines_may_end_as_an_editor_ends_them() -> None:
    assert read_capture(RAW.replace(b"\r\n", b"\n")).message(answer=False).headers["host"] == "bank.example"


def test_an_absolute_target_is_split() -> None:
    wire = read_capture(b"GET https://h.example:8443/p?q=1 HTTP/1.1\n\n").message(answer=False)
    assert (wire.path, wire.authority, wire.body) == ("/p?q=1", "h.example:8443", b"")


def test_content_length_cuts_what_an_editor_added_and_finds_the_answer() -> None:
    request = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    assert read_capture(request + b"\n").message(answer=False).body == b"abc"
    both = read_capture(request + b"\r\nHTTP/1.1 401 Unauthorized\r\nX-A: 1\r\nx-a: 2\r\n\r\nno")
    answer = both.message(answer=True)
    assert (answer.status, answer.headers["x-a"], answer.body) == (401, "1, 2", b"no")
    assert answer.request is not None
    assert answer.request.body == b"abc"
    cut = read_capture(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc")
    assert "the capture is cut" in cut.notes[0]
    more = read_capture(request + b"def")
    assert more.message(answer=False).body == b"abc"
    assert "3 bytes after" in more.notes[0]


def test_chunks_are_put_together() -> None:
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert read_capture(head + b"3;x=1\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").message(answer=False).body == b"abcde"
    with pytest.raises(MalformedMessage, match="chunked"):
        read_capture(head + b"abc")


def test_an_answer_alone_is_an_answer() -> None:
    captured = read_capture(b"HTTP/2 200\ncontent-type: application/json\n\n{}")
    assert captured.message(answer=True).body == b"{}"
    with pytest.raises(MalformedMessage, match="no request"):
        captured.message(answer=False)


def har(**changes: object) -> bytes:
    request = {
        "method": "POST",
        "url": "https://bank.example/a?b=1",
        "headers": [{"name": ":authority", "value": "x"}, {"name": "Content-Type", "value": "text/plain"}],
        "postData": {"text": "姓名=张三"},
    }
    response = {
        "status": 400,
        "headers": [],
        "content": {"encoding": "base64", "text": base64.b64encode(b"\x00\xff").decode()},
    }
    entry = {"startedDateTime": "2026-01-05T09:30:00.000+08:00", "request": request, "response": response}
    return json.dumps({"log": {"entries": [entry | changes]}}).encode()


def test_a_har_gives_both_sides_and_the_time() -> None:
    captured = read_capture(har())
    wire = captured.message(answer=False)
    assert (wire.path, wire.authority, wire.body) == ("/a?b=1", "bank.example", "姓名=张三".encode())
    assert captured.message(answer=True).body == b"\x00\xff"
    assert captured.at == datetime.fromisoformat("2026-01-05T01:30:00+00:00")


def test_a_har_is_written_in_the_character_set_it_names() -> None:
    request = {"method": "POST", "url": "https://h/", "headers": [], "postData": {"text": "张"}}
    request["headers"] = [{"name": "content-type", "value": "text/plain; charset=GBK"}]
    captured = read_capture(har(request=request, response={"status": 0}))
    assert captured.message(answer=False).body == "张".encode("gbk")
    assert captured.answer is None


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"{}", b'{"log":{"entries":[]}}', b"{", har(startedDateTime="x"), har(request=[])]
)
def test_what_is_no_capture_says_so(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read_capture(data)


@given(data=st.binary(max_size=300) | st.binary(max_size=100).map(lambda tail: RAW + tail))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(MalformedMessage):
        read_capture(data)
