"""The transport: what every way of failing means, and where it will not go."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
import respx

from connectors.port import Answer, Request, Uncertain, Unreachable
from connectors.transport import LOOPBACK, Breaking, Exchange, Pace, Retries, Timeouts, Transport
from tests.connectors.transport.steps import Steps

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
        Transport(url, networks=LOOPBACK)


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


def test_a_long_pause_is_kept_by_everybody_without_dialling() -> None:
    clock = Steps()
    busy = Partner([answer(429, retry_after="120"), answer(200)])
    transport = busy.transport(monotonic=clock)
    for left in (120.0, 90.0):
        with pytest.raises(Unreachable) as caught:
            transport.send(REQUEST)
        assert caught.value.retry_after == left
        clock.at += 30
    assert len(busy.seen) == 1
    clock.at += 60
    assert transport.send(REQUEST).status == 200


def test_a_date_is_read_against_the_partners_own_clock() -> None:
    times = {"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:27:15 GMT"}
    with pytest.raises(Unreachable) as caught:
        Partner([answer(503, **times)]).transport().send(REQUEST)
    assert caught.value.retry_after == 45.0


def test_a_partner_that_breaks_is_left_alone_and_tried_by_one() -> None:
    clock = Steps()
    partner = Partner([answer(500)] * 3 + [answer(200)])
    transport = partner.transport(monotonic=clock, breaking=Breaking(failures=3, seconds=30))
    for _ in range(3):
        with pytest.raises(Uncertain):
            transport.send(REQUEST)
    with pytest.raises(Unreachable) as caught:
        transport.send(REQUEST)
    assert (caught.value.code, caught.value.retry_after, len(partner.seen)) == ("breaker", 30.0, 3)
    clock.at += 30
    assert transport.send(REQUEST).status == 200
    assert transport.send(REQUEST).status == 200


def test_a_complaint_is_an_answer_and_breaks_nothing() -> None:
    partner = Partner([answer(400)])
    transport = partner.transport(breaking=Breaking(failures=1))
    assert [transport.send(REQUEST).status for _ in range(3)] == [400] * 3


def test_one_query_is_not_asked_again_within_the_partners_spacing() -> None:
    partner = Partner([answer(200)])
    transport = partner.transport(monotonic=Steps(), pace=Pace(spacing=30))
    assert transport.send(REQUEST, about="draw_1").status == 200
    with pytest.raises(Unreachable, match="a moment ago"):
        transport.send(REQUEST, about="draw_1")
    assert transport.send(REQUEST, about="draw_2").status == 200


def test_every_attempt_is_shown_to_the_observer_with_its_verdict_and_a_harmless_view() -> None:
    told: list[Exchange] = []
    partner = Partner([error(httpx.ConnectError), answer(200, b"secret answer"), answer(500)])
    transport = partner.transport(observer=told.append)
    transport.send(REQUEST)
    with pytest.raises(Uncertain):
        transport.send(REQUEST)
    assert [(one.verdict, one.attempt) for one in told] == [
        ("unreachable", 1),
        ("answered", 2),
        ("uncertain", 1),
    ]
    assert told[1].request is REQUEST
    assert told[1].answer is not None
    assert told[1].answer.body == b"secret answer"
    shown = repr(told) + repr([one.view() for one in told])
    assert "secret" not in shown
    assert "y=1" not in shown
    view = told[1].view()
    assert (view["path"], view["status"], view["sent_bytes"], view["received_bytes"]) == (
        "/api/x",
        200,
        4,
        13,
    )


def test_what_the_observer_cannot_keep_is_not_passed_over() -> None:
    def full(exchange: Exchange) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"):
        Partner([answer(200)]).transport(observer=full).send(REQUEST)


def test_a_private_address_is_not_dialled_unless_configured() -> None:
    with (
        listening(lambda connection: None) as url,
        Transport(url) as transport,
        pytest.raises(Unreachable) as caught,
    ):
        transport.send(REQUEST)
    assert (caught.value.code, caught.value.retry_after) == ("address", 60.0)
    assert "127.0.0.1 is not a public address" in str(caught.value)


@respx.mock
def test_the_pool_of_our_own_sends_what_httpx_would() -> None:
    route = respx.post("https://partner.example/base/api/x?y=1").respond(200, text="yes")
    with Transport("https://partner.example/base") as transport:
        assert transport.send(REQUEST).body == b"yes"
    assert route.calls.last.request.content == b"body"


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

    with listening(twice) as url, Transport(url, networks=LOOPBACK) as transport:
        answers = [transport.send(REQUEST) for _ in range(2)]
    assert answers == [Answer(200, {"content-length": "2"}, b"ok")] * 2
    assert len(set(ports)) == 1

    with (
        listening(lambda connection: None) as url,
        Transport(url, networks=LOOPBACK) as transport,
        pytest.raises(Uncertain),
    ):
        transport.send(REQUEST)

    done = threading.Event()
    silent = Timeouts(read=0.05)
    with (
        listening(lambda connection: done.wait(10) and None) as url,
        Transport(url, timeouts=silent, networks=LOOPBACK) as transport,
    ):
        with pytest.raises(Uncertain):
            transport.send(REQUEST)
        done.set()

    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    with (
        Transport(f"http://127.0.0.1:{port}", networks=LOOPBACK, retries=Retries(attempts=1)) as transport,
        pytest.raises(Unreachable),
    ):
        transport.send(REQUEST)
