"""A bad road: an HTTP proxy on loopback that does to seeded exchanges what real networks do to some.

It reads whole requests, so that a fault falls on one exchange and not on whatever else shares the connection.
The seed chooses the faults; in which order requests come is the machine's business.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Final

HOLD_SECONDS: Final = 0.05
STALL_SECONDS: Final = 1.3
"""Longer than the hub waits for an answer."""
_MOST_BYTES: Final = 8 << 20
_NOISE_BYTES: Final = 200


class Fault(StrEnum):
    """What happens to an exchange."""

    DROP_BEFORE = "drop before"  # the request never arrives; the connection is closed
    DROP_AFTER = "drop after"  # the request arrives; its answer does not
    DELAY = "delay"  # the request arrives late
    STALL = "stall"  # the answer comes after whoever asked has given up
    HALF_BODY = "half body"  # the answer breaks off in its middle
    HALF_REQUEST = "half request"  # the request breaks off in its middle
    GARBAGE = "garbage"  # the request arrives; noise comes back
    RESET_BEFORE = "reset before"  # the connection is reset before the request arrives
    RESET_AFTER = "reset after"  # and after
    REORDER = "reorder"  # the request waits until the next one has overtaken it
    DUPLICATE = "duplicate"  # the request arrives twice


_RARE: Final = Fault.STALL
_USUAL: Final = tuple(fault for fault in Fault if fault is not _RARE)


class Dropped(Exception):
    """The other side is to hear nothing more."""


class Road:
    """Carries exchanges to one port; `faulty` of them, a fraction, go wrong while `bad` is set."""

    def __init__(self, port: int, *, faulty: float, seed: int) -> None:
        self.port = port
        self.bad = True
        self.met: Counter[str] = Counter()
        """How often each fault happened, and "none"."""
        self._faulty = faulty
        self._chance = random.Random(seed)
        self._overtaken = asyncio.Event()
        self._closed = asyncio.Event()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        with suppress(Dropped, OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
            while True:
                request = await _message(reader)
                await self._exchange(request, writer)
        with suppress(OSError):
            writer.close()

    async def _exchange(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        fault = self._draw()
        self.met[fault or "none"] += 1
        match fault:
            case Fault.DROP_BEFORE:
                raise Dropped
            case Fault.RESET_BEFORE:
                _reset(writer)
            case Fault.HALF_REQUEST:
                await self._forward(request[: len(request) // 2], answered=False)
                raise Dropped
            case Fault.DELAY:
                await self._pause(self._chance.uniform(0, HOLD_SECONDS))
            case Fault.REORDER:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._overtaken.wait(), HOLD_SECONDS)
        answer = await self._forward(request)
        self._overtaken.set()
        self._overtaken = asyncio.Event()
        match fault:
            case Fault.DROP_AFTER:
                raise Dropped
            case Fault.RESET_AFTER:
                _reset(writer)
            case Fault.DUPLICATE:
                answer = await self._forward(request)
            case Fault.STALL:
                await self._pause(STALL_SECONDS)
            case Fault.HALF_BODY:
                writer.write(answer[: self._chance.randrange(1, len(answer))])
                await writer.drain()
                raise Dropped
            case Fault.GARBAGE:
                writer.write(self._chance.randbytes(_NOISE_BYTES))
                await writer.drain()
                raise Dropped
        writer.write(answer)
        await writer.drain()

    async def _pause(self, seconds: float) -> None:
        """Hold an exchange up, unless the road is closed meanwhile."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), seconds)

    def _draw(self) -> Fault | None:
        if not self.bad or self._chance.random() >= self._faulty:
            return None
        # What costs a second each is drawn a twentieth as often as anything else.
        return _RARE if self._chance.random() < 0.05 else self._chance.choice(_USUAL)

    async def _forward(self, request: bytes, *, answered: bool = True) -> bytes:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=_MOST_BYTES)
        except OSError:
            raise Dropped from None
        try:
            writer.write(request)
            await writer.drain()
            return await _message(reader) if answered else b""
        finally:
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Read one HTTP message with the length it says it has."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    return head + await reader.readexactly(length)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with a reset instead of a farewell."""
    held = writer.get_extra_info("socket")
    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise Dropped


@contextmanager
def opened(*roads: tuple[Road, int]) -> Iterator[None]:
    """Open each road on its port, in a thread of their own."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    done = asyncio.Event()

    async def serve() -> None:
        servers = [
            await asyncio.start_server(road.carry, "127.0.0.1", port, limit=_MOST_BYTES)
            for road, port in roads
        ]
        ready.set()
        await done.wait()
        for server in servers:
            server.close()
        carrying = asyncio.all_tasks() - {asyncio.current_task()}
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="bad-road", daemon=True)
    thread.start()
    try:
        if not ready.wait(timeout=15):
            raise RuntimeError("the roads did not open")
        yield
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(timeout=15)
        loop.close()
