"""The demo's client against a server that closes connections, refuses, and pages."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.demo.client import Answered, Api
from hub.demo.errors import Unable


class Hub(BaseHTTPRequestHandler):
    """Answers like a hub; what it heard is kept on the server."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._heard()
        url = urlsplit(self.path)
        if url.path == "/list":
            cursor = parse_qs(url.query).get("cursor", ["0"])[0]
            following = None if cursor == "2" else str(int(cursor) + 1)
            self._say(200, {"items": [{"n": int(cursor)}], "next_cursor": following})
        elif url.path == "/page":
            self._say(502, None)
        else:
            self._say(200, {"path": self.path})
        # A server may close a kept connection whenever it likes.
        self.close_connection = url.path == "/closing"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._heard(body)
        fault = {"field": "amount_fen", "en": "must be above zero"}
        self._say(422, {"code": "invalid_fields", "errors": [fault]})

    def _heard(self, body: object = None) -> None:
        self.server.heard.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]

    def _say(self, status: int, body: object) -> None:
        content = b"<html>" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[Any]:
    """A server on loopback."""
    found = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    found.heard = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.fixture
def api(server: Any) -> Iterator[Api]:
    """A client of it."""
    found = Api(f"http://127.0.0.1:{server.server_port}", "the-key")
    yield found
    found.close()


def test_a_read_carries_the_key_and_its_query(server: Any, api: Api) -> None:
    assert api.get("/one", state="approved", cursor=None) == {"path": "/one?state=approved"}
    assert server.heard[0][1]["Authorization"] == "Bearer the-key"


def test_a_connection_that_was_closed_is_opened_anew(api: Api) -> None:
    assert api.get("/closing") == {"path": "/closing"}
    assert api.get("/after") == {"path": "/after"}


def test_pages_are_read_to_the_end(api: Api) -> None:
    assert list(api.pages("/list")) == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_a_refusal_names_the_field_and_keeps_the_problem(server: Any, api: Api) -> None:
    with pytest.raises(
        Answered, match="POST /v1/x: 422 invalid_fields amount_fen: must be above zero"
    ) as refused:
        api.post("/v1/x", {"name": "张三"}, key="k-1")
    assert refused.value.problem["code"] == "invalid_fields"
    path, headers, body = server.heard[0]
    assert (path, headers["Idempotency-Key"], body) == ("/v1/x", "k-1", {"name": "张三"})


def test_a_page_that_is_no_json_is_a_refusal_too(api: Api) -> None:
    with pytest.raises(Answered, match="GET /page: 502"):
        api.get("/page")


def test_a_hub_that_is_gone_is_said_to_be(server: Any) -> None:
    api = Api("http://127.0.0.1:1", "the-key")
    with pytest.raises(Unable, match="does not answer"):
        api.get("/")
    api.close()
