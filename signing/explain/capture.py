"""A captured exchange read from a file: raw HTTP as it travelled, or one entry of a HAR (1.2)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from signing.envelope import Wire
from signing.errors import MalformedMessage

_START = re.compile(r"([A-Z]+) (\S+) HTTP/[\d.]+")
_STATUS = re.compile(r"HTTP/[\d.]+ (\d{3})\b.*")
_CHARSET = re.compile(r"charset=\"?([\w-]+)", re.IGNORECASE)
_DEFAULT_CHARSET = "utf-8"


@dataclass(frozen=True)
class Captured:
    """A request, the answer to it where it was captured too, when it was sent, and what looked odd."""

    request: Wire | None
    answer: Wire | None = None
    at: datetime | None = None
    notes: tuple[str, ...] = ()

    def message(self, *, answer: bool) -> Wire:
        """The request, or the answer. Raises MalformedMessage when it was not captured."""
        found = self.answer if answer else self.request
        if found is None:
            raise MalformedMessage(f"the capture holds no {'answer' if answer else 'request'}")
        return found


def read_capture(data: bytes, *, entry: int = 0) -> Captured:
    """Read raw HTTP, or the ``entry``-th exchange of a HAR. Raises MalformedMessage, saying what is odd."""
    if data.lstrip()[:1] == b"{":
        return _read_har(data, entry)
    request, rest, notes = _read_message(data, None)
    if request.status:
        return Captured(None, request, None, notes)
    sent = Wire(request.method, request.path, request.headers, request.body, authority=request.authority)
    if not rest.startswith(b"HTTP/"):
        return Captured(sent, None, None, notes)
    answer, _, more = _read_message(rest, sent)
    return Captured(sent, answer, None, notes + more)


def _read_message(data: bytes, request: Wire | None) -> tuple[Wire, bytes, tuple[str, ...]]:
    head, body = _split_head(data)
    first, *lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    headers = _headers(line.partition(":")[::2] for line in lines if line)
    body, rest, notes = _body(headers, body)
    started = _START.fullmatch(first.strip())
    if started is not None:
        path, authority = _target(started.group(2), headers)
        return Wire(started.group(1), path, headers, body, 0, authority), rest, notes
    status = _STATUS.fullmatch(first.strip())
    if status is None:
        raise MalformedMessage(
            "the capture begins neither with METHOD PATH HTTP/1.1 nor with HTTP/1.1 STATUS"
        )
    method, path = ("POST", "/") if request is None else (request.method, request.path)
    return Wire(method, path, headers, body, int(status.group(1)), request=request), rest, notes


def _split_head(data: bytes) -> tuple[bytes, bytes]:
    found = re.search(rb"\r\n\r\n|\n\n", data)
    return (data, b"") if found is None else (data[: found.start()], data[found.end() :])


def _headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        if name.startswith(":"):  # what HTTP/2 carries in place of the first line
            continue
        lowered, text = name.strip().lower(), value.strip()
        headers[lowered] = f"{headers[lowered]}, {text}" if lowered in headers else text
    return headers


def _body(headers: dict[str, str], body: bytes) -> tuple[bytes, bytes, tuple[str, ...]]:
    """The body, what follows it, and what does not fit. Editors like to end a file with a newline."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return (*_dechunked(body), ())
    stated = headers.get("content-length", "")
    if not stated.isdigit():
        return body, b"", ()
    size = int(stated)
    if len(body) < size:
        return body, b"", (f"the body has {len(body)} bytes, Content-Length says {size}: the capture is cut",)
    rest = body[size:]
    if rest.strip() and not rest.lstrip().startswith(b"HTTP/"):
        return body[:size], b"", (f"{len(rest)} bytes after the {size} of Content-Length are left out",)
    return body[:size], rest.lstrip(), ()


def _dechunked(body: bytes) -> tuple[bytes, bytes]:
    made = b""
    while True:
        line, _, body = body.partition(b"\r\n")
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise MalformedMessage("the body says chunked and is not") from None
        if size == 0:
            return made, body.lstrip()
        made, body = made + body[:size], body[size:].removeprefix(b"\r\n")


def _target(target: str, headers: dict[str, str]) -> tuple[str, str]:
    if "://" not in target:
        return target, headers.get("host", "")
    parts = urlsplit(target)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), parts.netloc


def _read_har(data: bytes, entry: int) -> Captured:
    try:
        entries = json.loads(data)["log"]["entries"]
        found = entries[entry]
        request, answer = _har_request(found["request"]), found.get("response")
        captured = None if answer is None or not answer.get("status") else _har_answer(answer, request)
        started = found.get("startedDateTime")
        at = None if started is None else datetime.fromisoformat(started)
        return Captured(request, captured, at if at is None or at.tzinfo else None)
    except (KeyError, IndexError, TypeError, ValueError, LookupError) as error:
        raise MalformedMessage(f"not a HAR with an entry {entry}: {type(error).__name__} {error}") from None


def _har_request(found: dict[str, Any]) -> Wire:
    headers = _headers((one["name"], one["value"]) for one in found["headers"])
    path, authority = _target(found["url"], headers)
    post = found.get("postData") or {}
    return Wire(found["method"], path, headers, _har_text(post, headers), authority=authority)


def _har_answer(found: dict[str, Any], request: Wire) -> Wire:
    headers = _headers((one["name"], one["value"]) for one in found["headers"])
    body = _har_text(found.get("content") or {}, headers)
    return Wire(request.method, request.path, headers, body, int(found["status"]), request=request)


def _har_text(content: dict[str, Any], headers: dict[str, str]) -> bytes:
    text = str(content.get("text") or "")
    if content.get("encoding") == "base64":
        return base64.b64decode(text)
    # A HAR keeps characters, not bytes: they are written again in the character set the message declared.
    named = _CHARSET.search(headers.get("content-type", ""))
    return text.encode(named.group(1) if named else _DEFAULT_CHARSET)
