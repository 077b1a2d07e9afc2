"""The bad road does what it says to an exchange, and leaves alone what it does not spoil."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.faults.city import free_port
from tests.faults.proxy import Fault, Road, opened

WORDS = b"what was asked for"


class Desk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heard: list[bytes]

    def do_POST(self) -> None:
        self.heard.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", str(len(WORDS)))
        self.end_headers()
        self.wfile.write(WORDS)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def road(*faults: Fault | None) -> Iterator[tuple[int, list[bytes]]]:
    """A road that meets these faults in turn, and what arrives at its end."""
    heard: list[bytes] = []
    handler = type("Handler", (Desk,), {"heard": heard})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as desk:
        threading.Thread(target=desk.serve_forever, daemon=True).start()
        way, coming = Road(desk.server_port, faulty=1, seed=1), iter(faults)
        way._draw = lambda: next(coming)  # type: ignore[method-assign]
        port = free_port()
        with opened((way, port)):
            yield port, heard
        desk.shutdown()


def ask(port: int, body: bytes = b"question") -> bytes | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/", body)
        return connection.getresponse().read()
    except (http.client.HTTPException, OSError):
        return None
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("fault", "arrives", "answered"),
    [
        (None, 1, True),
        (Fault.DELAY, 1, True),
        (Fault.REORDER, 1, True),
        (Fault.DUPLICATE, 2, True),
        (Fault.DROP_BEFORE, 0, False),
        (Fault.RESET_BEFORE, 0, False),
        (Fault.DROP_AFTER, 1, False),
        (Fault.RESET_AFTER, 1, False),
        (Fault.HALF_BODY, 1, False),
        (Fault.GARBAGE, 1, False),
    ],
)
def test_a_fault_does_what_it_says(fault: Fault | None, arrives: int, answered: bool) -> None:
    with road(fault) as (port, heard):
        assert (ask(port) == WORDS) == answered
    assert heard == [b"question"] * arrives


def test_the_same_seed_chooses_the_same_faults() -> None:
    drawn = [[Road(1, faulty=0.35, seed=seed)._draw() for seed in range(400)] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert 0.25 < sum(fault is not None for fault in drawn[0]) / 400 < 0.45
