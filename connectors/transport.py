"""The only file that dials a partner, bounded in time, size, number and destination."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from connectors.port import Answer, Request, Uncertain, Unreachable

_PATH = re.compile(r"/(?:[!$&-;=?-Z_a-z~]|%[0-9A-Fa-f]{2})*")
"""Visible ASCII of a path and query; no backslash, fragment, blank or control character (RFC 3986)."""

_NOT_TAKEN: Mapping[int, str] = {
    429: "the partner asks us to slow down",
    503: "the partner is closed for now",
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, to wait for the next byte, for the whole exchange, and for a free connection.

    `total` is the longest an answer may take to arrive in full once the request is out; None is twice `read`.
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
        max_answer_bytes: int = 4 << 20,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        wire: httpx.BaseTransport | None = None,
    ) -> None:
        """`base_url` is the only place dialled; paths are appended to it. `wire` replaces the network."""
        base = httpx.URL(base_url)
        if (
            base.scheme not in ("http", "https")
            or not base.host
            or base.query
            or base.fragment
            or base.userinfo
        ):
            raise ValueError("base_url is http(s)://host[:port][/path] without user, query or fragment")
        self._base = str(base).rstrip("/")
        self._timeouts = timeouts
        self._total = timeouts.total if timeouts.total is not None else 2 * timeouts.read
        self._retries = retries
        self._max_answer_bytes = max_answer_bytes
        self._monotonic = monotonic
        self._slots = threading.BoundedSemaphore(concurrency)
        limits = httpx.Limits(
            max_connections=concurrency, max_keepalive_connections=concurrency, keepalive_expiry=30.0
        )
        # trust_env=False: a proxy or a netrc entry in the environment must not see or redirect a partner's
        # traffic.
        per_step = httpx.Timeout(
            connect=timeouts.connect, read=timeouts.read, write=timeouts.read, pool=timeouts.pool
        )
        self._client = httpx.Client(
            trust_env=False, follow_redirects=False, limits=limits, transport=wire, timeout=per_step
        )
        self._extensions: dict[str, Any] = {"timeout": per_step.as_dict()}
        self._retrying = Retrying(
            retry=retry_if_exception(self._worth_waiting),
            stop=stop_after_attempt(retries.attempts),
            wait=self._wait,
            sleep=sleep,
            reraise=True,
        )

    def send(self, request: Request) -> Answer:
        """Send and return the partner's answer of any status below 500.

        Raises Unreachable when nothing arrived (the same bytes were tried again meanwhile), Uncertain when it
        may have arrived, ValueError when the path would leave the configured base.
        """
        return self._retrying(self._once, self._prepare(request))

    def close(self) -> None:
        """Close the connections; `send` fails afterwards."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self, request: Request) -> tuple[str, httpx.URL, dict[str, str], bytes]:
        path = request.path
        segments = path.partition("?")[0].split("/")
        if not _PATH.fullmatch(path) or path.startswith("//") or ".." in segments or "." in segments:
            raise ValueError(
                "a request's path begins with one slash and stays below the partner's base address"
            )
        headers = {"Accept-Encoding": "identity", "User-Agent": "loanhub", **request.headers}
        return request.method, httpx.URL(self._base + path), headers, request.body

    def _once(self, prepared: tuple[str, httpx.URL, dict[str, str], bytes]) -> Answer:
        method, url, headers, body = prepared
        deadline = self._monotonic() + self._total
        if not self._slots.acquire(timeout=self._timeouts.pool):
            raise Unreachable("every connection to the partner is in use")
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
            raise Unreachable(f"no connection: {type(error).__name__}") from error
        except httpx.LocalProtocolError as error:
            raise ValueError(f"the request is not valid HTTP: {error}") from error
        except httpx.TransportError as error:
            # Timeouts, resets and broken answers after the first byte went out prove nothing either way.
            raise Uncertain(f"no usable answer: {type(error).__name__}") from error
        finally:
            self._slots.release()
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
        retry_after = _seconds(headers.get("retry-after"))
        # A 503 without Retry-After is any proxy's error page and may follow a request that was taken.
        if status == 429 or retry_after is not None:
            raise Unreachable(reason, code=str(status), retry_after=retry_after)
    if status >= 500:
        raise Uncertain("the partner failed while handling the request", code=str(status))
    if 300 <= status < 400:
        raise Uncertain("the partner redirects; redirects are not followed", code=str(status))
    return Answer(status=status, headers=dict(headers), body=content)


def _seconds(value: str | None) -> float | None:
    """Return Retry-After in seconds, RFC 9110 section 10.2.3; a date is answered with one minute."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) <= 6:
        return float(text)
    # Reading a date needs a clock that agrees with the partner's; waiting a minute and asking again does not.
    return 60.0
