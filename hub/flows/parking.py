"""Messages that contradict the record or make no sense: kept whole, set aside for a person, never applied."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from connectors.port import Answer
from contracts.messages import AnyAsk
from hub.domain.matters import Kind
from hub.flows import desk
from hub.flows.context import Context
from hub.store import mailbox, messages, rows
from hub.store.matters import Found


class Contradiction(Exception):
    """An authentic fact that does not agree with our record. Park it; a person compares the two."""


def park(
    tx: Connection,
    *,
    partner: str,
    kind: str,
    reason: str,
    message_id: str | None,
    part: int = 0,
    now: datetime,
) -> None:
    """Set a message, or one fact of it, aside. Parking the same part again changes nothing."""
    message = None if message_id is None else messages.find(tx, message_id)
    found = Found(
        kind=Kind.PARKED,
        cause=f"{Kind.PARKED}:{message_id}:{part}",
        about=kind,
        reason=reason,
        partner=partner,
        application_id=None
        if message is None
        else rows.application_behind(tx, message.subject, partner=partner),
        message_id=message_id,
    )
    desk.bring_up(tx, found, now)


def park_bytes(tx: Connection, kept: mailbox.Kept, reason: str, now: datetime) -> None:
    """Keep a message nobody could read, and park it."""
    mailbox.keep(tx, kept)
    park(tx, partner=kept.partner, kind=kept.kind, reason=reason, message_id=kept.id, now=now)


def park_answer(
    context: Context,
    tx: Connection,
    partner: str,
    ask: AnyAsk,
    answer: Answer,
    number: str,
    reason: str,
    now: datetime,
) -> None:
    """Keep and park an answer nobody could read."""
    message_id = context.id("msg", now)
    raw = pack_answer(answer)
    kept = mailbox.Kept(
        id=message_id,
        direction="in",
        partner=partner,
        kind=ask.kind,
        source="answer",
        number=f"unreadable:{number}:{message_id}",
        sha256=sha256(raw).hexdigest(),
        subject=ask.subject,
        sealed=context.vault.seal_bytes(raw, message_id),
        facts=None,
        at=now,
    )
    park_bytes(tx, kept, reason, now)


def pack_answer(answer: Answer) -> bytes:
    """An answer as bytes to keep: one line of status and headers, then the body."""
    head = {"status": answer.status, "headers": dict(answer.headers)}
    return json.dumps(head, ensure_ascii=False).encode() + b"\n" + answer.body


def park_conflict(tx: Connection, kept: mailbox.Kept, reason: str, now: datetime) -> None:
    """Keep and park a message whose number came before with another content."""
    other = replace(kept, number=f"{kept.number}:conflict:{kept.sha256[:16]}")
    if mailbox.keep(tx, other) is None:
        park(tx, partner=kept.partner, kind=kept.kind, reason=reason, message_id=kept.id, now=now)
