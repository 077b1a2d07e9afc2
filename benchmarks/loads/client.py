"""A client that costs little: prepared requests over kept connections, one at a time on each."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """How many requests were answered with 2xx, how many otherwise, and in how many seconds."""

    accepted: int
    refused: int
    seconds: float
    first_refusal: str = ""

    @property
    def per_second(self) -> float:
        """Accepted requests a second."""
        return self.accepted / self.seconds


def request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """A request of HTTP/1.1 as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def send(port: int, requests: Sequence[bytes], connections: int) -> Sent:
    """Send every request once, in a process of its own, so that the client is on nobody's interpreter."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_send, (port, list(requests), connections))


def _send(port: int, requests: list[bytes], connections: int) -> Sent:
    return asyncio.run(_all(port, requests, connections))


async def _all(port: int, requests: list[bytes], connections: int) -> Sent:
    waiting = iter(requests)
    counts = {"accepted": 0, "refused": 0}
    refusals: list[str] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for wanted in waiting:
            writer.write(wanted)
            head = await reader.readuntil(b"\r\n\r\n")
            name = b"content-length:"
            at = head.lower().index(name) + len(name)
            body = await reader.readexactly(int(head[at : head.index(b"\r\n", at)]))
            if head[9:10] == b"2":
                counts["accepted"] += 1
            else:
                counts["refused"] += 1
                refusals.append((head[:15] + body[:300]).decode("utf-8", "replace"))
        writer.close()

    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    began = time.perf_counter()
    await asyncio.gather(*(one(*streams) for streams in opened))
    seconds = time.perf_counter() - began
    return Sent(counts["accepted"], counts["refused"], seconds, refusals[0] if refusals else "")
