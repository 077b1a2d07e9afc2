"""The transport: what every way of failing means, and where it will not go."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from connectors.port import Answer, Request, Uncertain, Unreachable
from connectors.transport import Retries, Timeouts, Transport

REQUEST = Request("POST", "/api/x?y=1", {"content-type": "text/plain"}, b"body")


@dataclass
class Partner:
    """Plays a partner from a list of answers or errors, and remembers what it was sent."""

    script: list[Callable[[httpx.Request], httpx.Response]]
    seen: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return self.script[min(len(self.seen), len(self.script)) - 1](request)

    def transport(self, **options: object) -> Transport:
        return Transport(
            "https://partner.example/base",
            wire=httpx.MockTransport(self),
            sleep=self.pauses.append,
            **options,  # type: ignore[arg-type]  # each test names its own options
        )


def answer(status: int, body: bytes = b"ok", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: httpx.Response(status, headers=named, content=iter([body]))


def error(kind: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def fail(request: httpx.Request) -> httpx.Response:
        raise kind("secret detail")

    return fail


def test_the_bytes_go_to_the_configured_base_and_nothing_is_added_but_plumbing() -> None:
    partner = Partner([answer(200, b"yes")])
    assert partner.transport().send(REQUEST).body == b"yes"
    (seen,) = partner.seen
    assert str(seen.url) == "https://partner.example/base/api/x?y=1"
    assert (seen.method, seen.content) == ("POST", b"body")
    assert set(seen.headers) == {"host", "content-type", "content-length", "accept-encoding", "user-agent"}


@pytest.mark.parametrize("status", [200, 201, 400, 401, 404, 409])
def test_an_answer_below_500_is_handed_on(status: int) -> None:
    assert Partner([answer(status)]).transport().send(REQUEST).status == status


@pytest.mark.parametrize(
    "kind",
    [
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.ReadError,
        httpx.WriteError,
        httpx.CloseError,
        httpx.RemoteProtocolError,
        httpx.ProxyError,
    ],
)
def test_what_breaks_after_sending_is_uncertain_and_never_sent_again(
    kind: type[httpx.TransportError],
) -> None:
    partner = Partner([error(kind)])
    with pytest.raises(Uncertain):
        partner.transport().send(REQUEST)
    assert len(partner.seen) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 301, 302, 307])
def test_a_failing_or_redirecting_partner_is_uncertain(status: int) -> None:
    partner = Partner([answer(status, location="https://elsewhere.example/")])
    with pytest.raises(Uncertain) as caught:
        partner.transport().send(REQUEST)
    assert caught.value.code == str(status)
    assert len(partner.seen) == 1


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_what_never_left_is_sent_again_with_the_same_bytes(kind: type[httpx.TransportError]) -> None:
    partner = Partner([error(kind), error(kind), answer(200, b"at last")])
    assert partner.transport().send(REQUEST).body == b"at last"
    assert len({(str(seen.url), seen.content) for seen in partner.seen}) == 1
    assert partner.pauses == [0.2, 0.4]


def test_what_never_leaves_is_unreachable() -> None:
    partner = Partner([error(httpx.ConnectError)])
    with pytest.raises(Unreachable):
        partner.transport(retries=Retries(attempts=2)).send(REQUEST)
    assert len(partner.seen) == 2


def test_a_short_retry_after_is_obeyed_and_a_long_one_is_handed_on() -> None:
    patient = Partner([answer(503, retry_after="3"), answer(200)])
    assert patient.transport().send(REQUEST).status == 200
    assert patient.pauses == [3.0]
    busy = Partner([answer(429, retry_after="120")])
    with pytest.raises(Unreachable) as caught:
        busy.transport().send(REQUEST)
    assert (caught.value.retry_after, len(busy.seen)) == (120.0, 1)
    dated = Partner([answer(503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT")])
    with pytest.raises(Unreachable) as caught:
        dated.transport().send(REQUEST)
    assert caught.value.retry_after == 60.0


@pytest.mark.parametrize(
    "path",
    [
        "",
        "x",
        "//evil.example/",
        "/../x",
        "/a/../b",
        "/a/./b",
        "/a\\b",
        "/a b",
        "/a#b",
        "/a\nb",
        "@evil/",
        "/名",
    ],
)
def test_a_path_that_leaves_the_base_is_refused(path: str) -> None:
    partner = Partner([answer(200)])
    with pytest.raises(ValueError, match="below the partner"):
        partner.transport().send(Request("POST", path, {}, b""))
    assert partner.seen == []


@pytest.mark.parametrize(
    "url", ["ftp://a", "https://", "https://u:p@a/", "https://a/?q=1", "https://a/#f", "a.b"]
)
def test_a_base_that_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        Transport(url)


def test_an_answer_too_long_is_uncertain() -> None:
    partner = Partner([answer(200, b"x" * 1001)])
    with pytest.raises(Uncertain, match="longer than 1000"):
        partner.transport(max_answer_bytes=1000).send(REQUEST)


def test_an_answer_that_drips_is_uncertain() -> None:
    ticks = iter(range(0, 1000, 7))

    def drip(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=iter([b"a"] * 50))

    partner = Partner([drip])
    with pytest.raises(Uncertain, match="longer than 20"):
        partner.transport(timeouts=Timeouts(total=20), monotonic=lambda: float(next(ticks))).send(REQUEST)


def test_no_more_requests_at_once_than_agreed() -> None:
    entered, leave = threading.Semaphore(0), threading.Event()

    def hang(request: httpx.Request) -> httpx.Response:
        entered.release()
        leave.wait(10)
        return httpx.Response(200, content=iter([b""]))

    partner = Partner([hang])
    transport = partner.transport(concurrency=2, timeouts=Timeouts(pool=0.01), retries=Retries(attempts=1))
    threads = [threading.Thread(target=transport.send, args=(REQUEST,)) for _ in range(2)]
    for thread in threads:
        thread.start()
        assert entered.acquire(timeout=10)
    with pytest.raises(Unreachable, match="in use"):
        transport.send(REQUEST)
    leave.set()
    for thread in threads:
        thread.join(10)
    assert transport.send(REQUEST).status == 200


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A real socket whose connections are handed to `serve`, one at a time."""
    server = socket.create_server(("127.0.0.1", 0))

    def loop() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                serve(connection)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(10)


def test_over_a_real_socket_connections_are_kept_and_silence_and_hanging_up_are_uncertain() -> None:
    ports: list[int] = []

    def twice(connection: socket.socket) -> None:
        for _ in range(2):
            ports.append(connection.getpeername()[1])
            received = b""
            while not received.endswith(b"body"):
                received += connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    with listening(twice) as url, Transport(url) as transport:
        answers = [transport.send(REQUEST) for _ in range(2)]
    assert answers == [Answer(200, {"content-length": "2"}, b"ok")] * 2
    assert len(set(ports)) == 1

    with listening(lambda connection: None) as url, Transport(url) as transport, pytest.raises(Uncertain):
        transport.send(REQUEST)

    done = threading.Event()
    silent = Timeouts(read=0.05)
    with (
        listening(lambda connection: done.wait(10) and None) as url,
        Transport(url, timeouts=silent) as transport,
    ):
        with pytest.raises(Uncertain):
            transport.send(REQUEST)
        done.set()

    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    with (
        Transport(f"http://127.0.0.1:{port}", retries=Retries(attempts=1)) as transport,
        pytest.raises(Unreachable),
    ):
        transport.send(REQUEST)
