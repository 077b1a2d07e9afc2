"""Carries requests to one partner: what each way of failing means, and what is tried again."""

from __future__ import annotations

import itertools
import os
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpcore
import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from connectors.port import Answer, ConnectorFailure, Request, Uncertain, Unreachable
from connectors.transport.addresses import Deadline, ForbiddenAddress, Guard, GuardedBackend
from connectors.transport.breaker import Breaker, Breaking
from connectors.transport.exchange import Exchange, Observer
from connectors.transport.pacing import Pace, Pacer
from connectors.transport.tls import Tls

_PATH = re.compile(r"/(?:[!$&-;=?-Z_a-z~]|%[0-9A-Fa-f]{2})*")
"""Visible ASCII of a path and query; no backslash, fragment, blank or control character (RFC 3986)."""

_NOT_TAKEN: Mapping[int, str] = {
    429: "the partner asks us to slow down",
    503: "the partner is closed for now",
}


_LONGEST_PAUSE = 86_400.0
_NOT_TAKEN_CODES = frozenset(map(str, _NOT_TAKEN))
_NO_PACE, _USUAL_BREAKING, _USUAL_TLS = Pace(), Breaking(), Tls()
Prepared = tuple[str, httpx.URL, dict[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, to wait for the next byte, for the whole exchange, and for a free connection.

    `total` is the longest the exchange may take from dialling to the last byte of the answer; None is twice
    `read`. Looking a name up is the system's and not bounded here.
    """

    connect: float = 3.0
    read: float = 30.0
    total: float | None = None
    pool: float = 5.0


@dataclass(frozen=True, slots=True)
class Retries:
    """How often the same bytes are sent when nothing arrived, and the seconds between.

    A partner's Retry-After longer than `longest` is not waited for here: the failure carries it to the
    caller, whose mailbox waits without holding a thread.
    """

    attempts: int = 3
    first: float = 0.2
    longest: float = 5.0


class Transport:
    """Carries requests to one partner. Thread-safe; keeps its connections alive between requests."""

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts = Timeouts(),
        retries: Retries = Retries(),
        concurrency: int = 16,
        pace: Pace = _NO_PACE,
        breaking: Breaking = _USUAL_BREAKING,
        tls: Tls = _USUAL_TLS,
        networks: Iterable[str] = (),
        observer: Observer | None = None,
        max_answer_bytes: int = 4 << 20,
        environ: Mapping[str, str] = os.environ,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        wire: httpx.BaseTransport | None = None,
    ) -> None:
        """`base_url` is the only place dialled; paths are appended to it. `wire` replaces the network.

        `networks` are those not public that may be dialled all the same. Raises ValueError for an address, a
        network or a certificate that is none.
        """
        self._base = _plain_base(base_url)
        self._timeouts = timeouts
        self._total = timeouts.total if timeouts.total is not None else 2 * timeouts.read
        self._retries = retries
        self._max_answer_bytes = max_answer_bytes
        self._monotonic = monotonic
        self._slots = threading.BoundedSemaphore(concurrency)
        self._pacer = Pacer(pace, monotonic, sleep)
        self._breaker = Breaker(breaking, monotonic)
        self._observer = observer
        self._deadline = Deadline(monotonic)
        # trust_env=False: a proxy or a netrc entry in the environment must not see or redirect a partner's
        # traffic.
        per_step = httpx.Timeout(
            connect=timeouts.connect, read=timeouts.read, write=timeouts.read, pool=timeouts.pool
        )
        if wire is None:
            backend = GuardedBackend(Guard(networks), self._deadline)
            wire = _wire(tls.context(environ), backend, concurrency)
        self._client = httpx.Client(trust_env=False, follow_redirects=False, transport=wire, timeout=per_step)
        self._extensions: dict[str, Any] = {"timeout": per_step.as_dict()}
        self._retrying = Retrying(
            retry=retry_if_exception(self._worth_waiting),
            stop=stop_after_attempt(retries.attempts),
            wait=self._wait,
            sleep=sleep,
            reraise=True,
        )

    def send(self, request: Request, *, about: str | None = None) -> Answer:
        """Send and return the partner's answer of any status below 500.

        `about` names the thing asked about, for the partner's spacing between queries. Raises Unreachable
        when nothing arrived (the same bytes were tried again meanwhile), Uncertain when it may have arrived,
        ValueError when the path would leave the configured base.
        """
        prepared = self._prepare(request)
        tried = itertools.count(1)
        return self._retrying(lambda: self._attempt(request, prepared, about, next(tried)))

    def close(self) -> None:
        """Close the connections; `send` fails afterwards."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self, request: Request) -> Prepared:
        path = request.path
        segments = path.partition("?")[0].split("/")
        if not _PATH.fullmatch(path) or path.startswith("//") or ".." in segments or "." in segments:
            raise ValueError(
                "a request's path begins with one slash and stays below the partner's base address"
            )
        headers = {"Accept-Encoding": "identity", "User-Agent": "loanhub", **request.headers}
        return request.method, httpx.URL(self._base + path), headers, request.body

    def _attempt(self, request: Request, prepared: Prepared, about: str | None, attempt: int) -> Answer:
        """Send once, in the partner's pace and past its breaker, and tell the observer how it went."""
        self._breaker.enter()
        began = self._monotonic()
        try:
            self._pacer.wait(about if attempt == 1 else None, again=attempt > 1)
            if not self._slots.acquire(timeout=self._timeouts.pool):
                raise Unreachable("every connection to the partner is in use")
        except Unreachable:
            self._breaker.abandoned()
            raise
        answer: Answer | None = None
        failure: ConnectorFailure | None = None
        try:
            answer = replace(self._once(prepared), request=request)
        except (Unreachable, Uncertain) as error:
            failure = error
            raise
        finally:
            self._slots.release()
            self._learn(answer, failure)
            if self._observer is not None and (answer is not None or failure is not None):
                took = self._monotonic() - began
                self._observer(Exchange(request, answer, failure, took, attempt))
        return answer

    def _learn(self, answer: Answer | None, failure: ConnectorFailure | None) -> None:
        """Tell breaker and pacer what the attempt says about the partner."""
        if isinstance(failure, Unreachable) and failure.code in _NOT_TAKEN_CODES:
            # It answers, and says when it wants to hear from us again: then nobody need find out by failing.
            self._pacer.pause(failure.retry_after or 0.0)
            self._breaker.succeeded()
        elif answer is not None:
            self._breaker.succeeded()
        elif failure is not None:
            self._breaker.failed()
        else:
            self._breaker.abandoned()

    def _once(self, prepared: Prepared) -> Answer:
        method, url, headers, body = prepared
        deadline = self._monotonic() + self._total
        self._deadline.set(self._total)
        try:
            # A Request built here and not by the client: no cookie, no default header, the same bytes each
            # time.
            outgoing = httpx.Request(method, url, headers=headers, content=body, extensions=self._extensions)
            incoming = self._client.send(outgoing, stream=True)
            try:
                content = self._read(incoming, deadline)
            finally:
                incoming.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            if isinstance(error.__cause__, ForbiddenAddress):
                # Not worth an instant second try: somebody has to configure something.
                raise Unreachable(str(error.__cause__), code="address", retry_after=60.0) from error
            raise Unreachable(f"no connection: {type(error).__name__}") from error
        except httpx.LocalProtocolError as error:
            raise ValueError(f"the request is not valid HTTP: {error}") from error
        except httpx.TransportError as error:
            # Timeouts, resets and broken answers after the first byte went out prove nothing either way.
            raise Uncertain(f"no usable answer: {type(error).__name__}") from error
        return _judge(incoming.status_code, incoming.headers, content)

    def _read(self, incoming: httpx.Response, deadline: float) -> bytes:
        # httpx bounds each read, not their sum: a partner that drips one byte at a time would hold a thread.
        chunks: list[bytes] = []
        size = 0
        for chunk in incoming.iter_raw():
            size += len(chunk)
            if size > self._max_answer_bytes:
                raise Uncertain(f"the answer is longer than {self._max_answer_bytes} bytes")
            if self._monotonic() > deadline:
                raise Uncertain(f"the answer took longer than {self._total} s")
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _worth_waiting(self, failure: BaseException) -> bool:
        return isinstance(failure, Unreachable) and (failure.retry_after or 0.0) <= self._retries.longest

    def _wait(self, state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome is not None else None
        asked = failure.retry_after if isinstance(failure, Unreachable) else None
        pause = min(self._retries.first * 2.0 ** (state.attempt_number - 1), self._retries.longest)
        return max(pause, asked or 0.0)


def _judge(status: int, headers: httpx.Headers, content: bytes) -> Answer:
    """Return the answer, or raise what its status alone already says."""
    reason = _NOT_TAKEN.get(status)
    if reason is not None:
        retry_after = _seconds(headers.get("retry-after"), headers.get("date"))
        # A 503 without Retry-After is any proxy's error page and may follow a request that was taken.
        if status == 429 or retry_after is not None:
            raise Unreachable(reason, code=str(status), retry_after=retry_after)
    if status >= 500:
        raise Uncertain("the partner failed while handling the request", code=str(status))
    if 300 <= status < 400:
        raise Uncertain("the partner redirects; redirects are not followed", code=str(status))
    return Answer(status=status, headers=dict(headers), body=content)


def _seconds(value: str | None, date: str | None) -> float | None:
    """Return Retry-After in seconds, RFC 9110 section 10.2.3, at most a day.

    A date is read against the partner's own Date, so that no clock has to agree with its; without one it is
    answered with a minute.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) <= 6:
        return min(float(text), _LONGEST_PAUSE)
    try:
        left = parsedate_to_datetime(text) - parsedate_to_datetime(date or "")
    except (TypeError, ValueError):
        return 60.0
    return min(max(left.total_seconds(), 0.0), _LONGEST_PAUSE)


def _plain_base(text: str) -> str:
    base = httpx.URL(text)
    plain = base.scheme in ("http", "https") and base.host
    if not plain or base.query or base.fragment or base.userinfo:
        raise ValueError("base_url is http(s)://host[:port][/path] without user, query or fragment")
    return str(base).rstrip("/")


def _wire(context: ssl.SSLContext, backend: httpcore.NetworkBackend, connections: int) -> httpx.HTTPTransport:
    """Return httpx's own transport over a pool of ours: it takes no network backend, httpcore's pool does."""
    wire = httpx.HTTPTransport(verify=context)
    wire.close()
    wire._pool = httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=30.0,
        network_backend=backend,
    )
    return wire
