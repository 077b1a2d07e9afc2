"""One answer to one Idempotency-Key: the effect and its answer commit together, and are replayed for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, func, insert, select

from hub.flows.context import Context
from hub.flows.errors import KeyReused, StillRunning
from hub.store import rows
from hub.store.tables import T

_ANSWER = insert(T.idempotency)

RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to the platform: its status and body, and whether it was given before."""

    status: int
    body: dict[str, Any]
    replayed: bool


class _Running:
    """Keys at work in this process; between processes the database's advisory lock says the same."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def claim(self, owner: str, key: str) -> Iterator[None]:
        with self._lock:
            if (owner, key) in self._keys:
                raise _still_running()
            self._keys.add((owner, key))
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard((owner, key))


_running = _Running()


def first_answer(
    context: Context,
    *,
    owner: str,
    key: str,
    sha256: str,
    now: datetime,
    work: Callable[[Connection], tuple[int, dict[str, Any]]],
) -> Reply:
    """Do `work` once for a key and keep its answer; give the kept answer to the same key and body.

    Raises KeyReused for another body, StillRunning while the first request is at work. When `work` raises,
    nothing is kept, so the key may be used again once the cause is mended.
    """

    def once(tx: Connection) -> Reply:
        if tx.dialect.name == "postgresql":
            lock = func.pg_try_advisory_xact_lock(_signed(owner), _signed(key))
            if not tx.execute(select(lock)).scalar():
                raise _still_running()
        before = kept_answer(tx, owner=owner, key=key, sha256=sha256)
        if before is not None:
            return before
        reply = Reply(*work(tx), replayed=False)
        tx.execute(_ANSWER, answer_row(reply, owner=owner, key=key, sha256=sha256, now=now))
        return reply

    with at_work(owner, key):
        return context.database.run(once, repeatable=True)


def at_work(owner: str, key: str) -> AbstractContextManager[None]:
    """Hold a key while its request is at work in this process; raises StillRunning when it is."""
    return _running.claim(owner, key)


def kept_answer(tx: Connection, *, owner: str, key: str, sha256: str) -> Reply | None:
    """The answer given to a key before, None for a new one; raises KeyReused for another body."""
    kept = rows.first_answer(tx, owner, key)
    if kept is None:
        return None
    if kept.sha256 != sha256:
        raise KeyReused(
            "idempotency_key_reused",
            "该 Idempotency-Key 已用于另一个请求",
            "this Idempotency-Key stands for another body; use a new key",
            field="Idempotency-Key",
        )
    return Reply(kept.status, kept.body, replayed=True)


def answer_row(reply: Reply, *, owner: str, key: str, sha256: str, now: datetime) -> dict[str, Any]:
    """The row that keeps an answer."""
    return {
        "owner": owner,
        "key": key,
        "sha256": sha256,
        "status": reply.status,
        "body": reply.body,
        "at": now,
    }


def _still_running() -> StillRunning:
    return StillRunning(
        "still_running",
        "相同请求正在处理",
        "the same request is being worked on; ask again shortly",
        retry_after=RETRY_AFTER_SECONDS,
    )


def _signed(text: str) -> int:
    """A signed 32-bit number of a text, as the advisory lock takes it."""
    return crc32(text.encode()) - 2**31
