"""Every exchange with a partner is kept: who was asked what, what came of it, how long it took.

The transport tells of each try, in the thread that sends. What it told is sealed there and written in the
transaction that says what came of it; when that fails, in one of its own. So a kept exchange costs a row and
no commit, and only a process that dies in between leaves none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from connectors.port import Answer, Request
from connectors.transport import Exchange
from hub.flows.context import Context, Desk
from hub.store.once import insert_once
from hub.store.tables import T

_KEEP = insert_once(T.exchange, "id")


@dataclass
class _Heard:
    """What one thread heard while it did one piece of work."""

    context: Context
    partner: str = ""
    about: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    written: bool = True


_hearing: ContextVar[_Heard | None] = ContextVar("hearing", default=None)


@contextmanager
def heard(context: Context) -> Iterator[None]:
    """Hear what this thread exchanges, and see to it that it is kept whatever becomes of the work."""
    heard = _Heard(context)
    token = _hearing.set(heard)
    whole = False
    try:
        yield
        whole = True
    finally:
        _hearing.reset(token)
        if heard.rows and not (whole and heard.written):
            context.database.run(lambda tx: _write(tx, heard), repeatable=True)


def send(desk: Desk, request: Request, *, kind: str, subject: str, number: str) -> Answer:
    """Send a request, saying what it is about. Raises the port's failures."""
    heard = _hearing.get()
    if heard is not None:
        heard.partner = desk.partner.id
        heard.about = {"kind": kind, "subject": subject, "number": number}
    return desk.transport.send(request)


def observe(exchange: Exchange) -> None:
    """Take what a transport tells of a try; without a flow that hears, it is nobody's."""
    heard = _hearing.get()
    if heard is None:
        return
    context = heard.context
    now = context.now()
    exchange_id = context.id("exc", now)
    heard.written = False
    heard.rows.append(
        {
            "id": exchange_id,
            "partner": heard.partner,
            **heard.about,
            "attempt": exchange.attempt,
            "verdict": exchange.verdict,
            "milliseconds": round(exchange.seconds * 1000),
            "view": dict(exchange.view()),
            "sealed": context.vault.seal_exchange(_pack(exchange), exchange_id),
            "at": now,
        }
    )


def keep(tx: Connection) -> None:
    """Write what this thread has heard, in the transaction that says what came of it."""
    heard = _hearing.get()
    if heard is not None and heard.rows:
        _write(tx, heard)
        heard.written = True


def _write(tx: Connection, heard: _Heard) -> None:
    tx.execute(_KEEP, heard.rows)


def _pack(exchange: Exchange) -> bytes:
    """One line of heads and sizes, then the bodies as they were."""
    request, answer = exchange.request, exchange.answer
    head: dict[str, Any] = {
        "request": {"method": request.method, "path": request.path, "headers": dict(request.headers)},
        "sent": len(request.body),
    }
    if answer is not None:
        head["answer"] = {"status": answer.status, "headers": dict(answer.headers)}
    line = json.dumps(head, ensure_ascii=False).encode()
    return b"\n".join((line, request.body + (b"" if answer is None else answer.body)))


def unpack(raw: bytes) -> tuple[Request, Answer | None]:
    """The request and the answer of a kept exchange, opened."""
    line, _, bodies = raw.partition(b"\n")
    head = json.loads(line)
    sent = head["sent"]
    request = Request(**head["request"], body=bodies[:sent])
    return request, Answer(**head["answer"], body=bodies[sent:]) if "answer" in head else None
