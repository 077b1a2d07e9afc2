"""Where the network may lead: names are resolved here, refused when private, dialled as they were checked."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence

import httpcore

LOOPBACK = ("127.0.0.0/8", "::1/128")
"""This machine, for the sandbox and for tests."""
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""A leased line to a partner often has such an address. Configure the narrowest network that will do."""

Resolve = Callable[[str, int], Sequence[str]]
SocketOptions = Iterable[httpcore.SOCKET_OPTION]


class ForbiddenAddress(httpcore.ConnectError):
    """The partner's name leads to an address nobody configured. The message names it."""


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


class Guard:
    """Tells the addresses that may be dialled: public ones, and those in networks that were configured."""

    def __init__(self, networks: Iterable[str], resolve: Resolve = resolve) -> None:
        """Raises ValueError for a network that is none."""
        self._allowed = tuple(ipaddress.ip_network(network) for network in networks)
        self._resolve = resolve

    def checked(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a name. Raises ForbiddenAddress when one of them may not be dialled."""
        try:
            found = self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError("the partner's name is not known") from error
        for text in found:
            if not self._fits(text):
                raise ForbiddenAddress(f"{text} is not a public address; configure its network to allow it")
        return found

    def _fits(self, text: str) -> bool:
        address = ipaddress.ip_address(text.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        if any(address.version == network.version and address in network for network in self._allowed):
            return True
        return address.is_global and not address.is_multicast


class Deadline:
    """When the exchange of this thread must be over; every step on the network is cut to what is left."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._local = threading.local()

    def set(self, seconds: float) -> None:
        """Give the exchange that begins now so many seconds."""
        self._local.at = self._monotonic() + seconds

    def cut(self, timeout: float | None, late: type[Exception]) -> float:
        """Return the shorter of a step's timeout and what is left. Raises `late` when nothing is."""
        left: float = getattr(self._local, "at", float("inf")) - self._monotonic()
        if left <= 0:
            raise late("the whole exchange took too long")
        return left if timeout is None else min(timeout, left)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses only, and keeps each exchange within its deadline."""

    def __init__(self, guard: Guard, deadline: Deadline) -> None:
        self._guard = guard
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first checked address that takes us, never to a name: it could change its mind."""
        problem: Exception = httpcore.ConnectError("the partner's name has no address")
        for address in self._guard.checked(host, port):
            try:
                stream = self._plain.connect_tcp(
                    address,
                    port,
                    self._deadline.cut(timeout, httpcore.ConnectTimeout),
                    local_address,
                    socket_options,
                )
                return _BoundedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    def sleep(self, seconds: float) -> None:
        """Not used: retries are the transport's own."""
        self._plain.sleep(seconds)


class _BoundedStream(httpcore.NetworkStream):
    """A connection whose steps end with the exchange's deadline: dripping does not help a partner."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.cut(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.cut(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.cut(timeout, httpcore.ConnectTimeout)
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
