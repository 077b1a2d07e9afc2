"""From a partner to the record: verify, keep the raw bytes, answer, and apply later, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection

from connectors.port import Answer, Call, Forged, Heard, Unreadable, Verdict
from contracts.messages import AnyTold
from hub import logs
from hub.flows import desk as desks
from hub.flows import facts, hints, missing_files, parking
from hub.flows.context import Cause, Context, Desk
from hub.flows.errors import NotKnown
from hub.store import intake, mailbox, watched
from hub.store.mailbox import Job, Kept

log = logs.get(__name__)

EARLY_PAUSE = timedelta(seconds=1)
PATIENCE = 40
"""Tries for a fact that came before its turn; with the pause doubling up to a minute, about half an hour."""
FILE_CHUNK = 200


class _Replayed(Exception):
    """A nonce was used before by another message."""


def receive(context: Context, partner: str, kind: str, call: Call) -> Answer:
    """Take a callback: verified, then durably kept, then acknowledged in the partner's own words.

    Raises NotKnown for a partner there is no desk for; everything else is told in the answer: what cannot be
    verified, for whatever reason, is refused, and what cannot be kept is asked for again.
    """
    desk = context.desks.get(partner)
    if desk is None:
        raise NotKnown("partner_unknown", "合作方不存在", "there is no such partner")
    now = context.now()
    heard = None
    try:
        verdict, heard = _take(context, desk, kind, call, now)
    except Exception:
        log.exception("callback not kept", partner=partner, kind=kind[:40])
        verdict = Verdict.BUSY
    if verdict is Verdict.RECEIVED:
        context.wake(mailbox.LOCAL)
    return desk.connector.acknowledge(kind, call, verdict, now=now, random=context.random, heard=heard)


def _take(context: Context, desk: Desk, kind: str, call: Call, now: datetime) -> tuple[Verdict, Heard | None]:
    """Verify a callback, once, and keep it; returns what was verified, for the acknowledgement to name."""
    partner = desk.partner.id
    try:
        heard = desk.connector.read_callback(kind, call, now=now)
    except Forged as forged:
        log.warning("callback refused", partner=partner, kind=kind, why=str(forged))
        return Verdict.REFUSED, None
    except Unreadable as unreadable:
        return _keep_unreadable(context, partner, kind, call, unreadable.reason, now), None
    except Exception:
        log.exception("callback refused: it could not be verified", partner=partner, kind=kind[:40])
        return Verdict.REFUSED, None
    if hints.only(heard.facts):
        hints.take(context, desk, heard.facts, now)
        return Verdict.RECEIVED, None
    return _keep_heard(context, partner, kind, heard, call.body, now), heard


def _keep_heard(
    context: Context, partner: str, kind: str, heard: Heard, raw: bytes, now: datetime
) -> Verdict:
    """Keep what was verified, and say whether it is."""
    if not context.pressure.takes_message(context.database, now):
        log.error("callback not kept: too many wait to be applied", partner=partner, kind=kind)
        return Verdict.BUSY
    kept = _kept(context, partner, kind, heard, raw, now)
    if intake.take_at_once(
        context.database, kept, nonce=heard.nonce, kind="apply", lane=_lane(kept), now=now
    ):
        return Verdict.RECEIVED
    try:
        context.database.run(lambda tx: _keep_once(tx, kept, heard, now), repeatable=True)
    except _Replayed:
        log.warning("callback refused", partner=partner, kind=kind, why="its nonce was used before")
        return Verdict.REFUSED
    return Verdict.RECEIVED


def _kept(context: Context, partner: str, kind: str, heard: Heard, raw: bytes, now: datetime) -> Kept:
    message_id = context.id("msg", now)
    subject = _subject(heard.facts)
    return Kept(
        id=message_id,
        direction="in",
        partner=partner,
        kind=kind,
        source="callback",
        number=f"callback:{kind}:{heard.message_id}",
        # Over what it says, not over its bytes: a retry is signed and encrypted anew.
        sha256=sha256(context.vault.plain_facts(heard.facts)).hexdigest(),
        subject=subject,
        sealed=context.vault.seal_bytes(raw, message_id),
        facts=context.vault.seal_facts(heard.facts, message_id),
        at=now,
    )


def _subject(told: Sequence[AnyTold]) -> str | None:
    """The number a message is about; messages about one number are applied in their order."""
    if not told:
        return None
    first = told[0]
    names = ("subject", "loan_no", "credit_no")
    return next((number for name in names if (number := getattr(first, name, None))), None)


def _keep_once(tx: Connection, kept: Kept, heard: Heard, now: datetime) -> None:
    """Keep a new message and queue it; leave a repeated one alone; park one that changed its content."""
    before = mailbox.keep(tx, kept)
    if before == kept.sha256:
        return
    if before is not None:
        reason = "the same message number came before with another content"
        parking.park_conflict(tx, kept, reason, now)
        return
    if heard.nonce is not None and not mailbox.use_nonce(
        tx, partner=kept.partner, nonce=heard.nonce, now=now
    ):
        raise _Replayed
    mailbox.put(tx, queue=mailbox.LOCAL, kind="apply", ref=kept.id, lane=_lane(kept), now=now)


def _lane(kept: Kept) -> str | None:
    return None if kept.subject is None else f"{kept.partner}:{kept.subject}"


def _keep_unreadable(
    context: Context, partner: str, kind: str, call: Call, reason: str, now: datetime
) -> Verdict:
    """Authentic but senseless: keep the bytes, call a person, and let the partner stop sending."""
    message_id = context.id("msg", now)
    digest = sha256(call.body).hexdigest()
    kept = Kept(
        id=message_id,
        direction="in",
        partner=partner,
        kind=kind[:40],
        source="callback",
        number=f"unreadable:{digest}",
        sha256=digest,
        subject=None,
        sealed=context.vault.seal_bytes(call.body, message_id),
        facts=None,
        at=now,
    )

    def keep(tx: Connection) -> None:
        if mailbox.keep(tx, kept) is None:
            parking.park(tx, partner=partner, kind=kept.kind, reason=reason, message_id=message_id, now=now)

    context.database.run(keep, repeatable=True)
    return Verdict.RECEIVED


def take_file(context: Context, partner: str, name: str, content: bytes) -> bool:
    """Take a complete daily file: keep it whole and queue it; False when this very content was taken before.

    An unreadable or forged file is kept and parked.
    """
    desk, now = context.desks[partner], context.now()
    digest = sha256(content).hexdigest()
    try:
        told = desk.connector.read_file(name, content, now=now)
        reason = None
    except (Forged, Unreadable) as failure:
        told, reason = (), str(failure)
    message_id = context.id("msg", now)
    kept = Kept(
        id=message_id,
        direction="in",
        partner=partner,
        kind="file",
        source="file",
        number=f"file:{name}:{digest}",
        sha256=digest,
        subject=None,
        sealed=context.vault.seal_bytes(content, message_id),
        facts=None if reason else context.vault.seal_facts(told, message_id),
        at=now,
    )

    def keep(tx: Connection) -> bool:
        if mailbox.keep(tx, kept) is not None:
            return False
        watched.file_came(
            tx, partner, name, facts=None if reason else len(told), message_id=message_id, now=now
        )
        desks.ended(tx, missing_files.cause_of(partner, name), "the file has come", now)
        if reason is not None:
            parking.park(tx, partner=partner, kind="file", reason=reason, message_id=message_id, now=now)
        else:
            mailbox.put(
                tx, queue=mailbox.LOCAL, kind="apply", ref=message_id, lane=f"{partner}:file", now=now
            )
        return True

    taken = context.database.run(keep, repeatable=True)
    if taken:
        context.wake(mailbox.LOCAL)
    return taken


def apply(context: Context, jobs: Sequence[Job]) -> None:
    """Apply kept messages: short ones together in one transaction, a file in chunks of its own."""
    with context.database.read() as tx:
        kept = {job.seq: mailbox.read(tx, job.ref) for job in jobs}
    short = [job for job in jobs if kept[job.seq].source != "file"]

    def apply_short(tx: Connection) -> None:
        for job in short:
            message = kept[job.seq]
            told = _facts(context, message)
            _finish(context, tx, job, message, told, _apply_facts(context, tx, message, told))

    if short:
        context.database.run(apply_short, repeatable=True)
    for job in jobs:
        if kept[job.seq].source == "file":
            _apply_file(context, job, kept[job.seq])


def _facts(context: Context, message: Kept) -> tuple[AnyTold, ...]:
    return () if message.facts is None else context.vault.facts(message.facts, message.id)


def _apply_facts(
    context: Context, tx: Connection, message: Kept, told: Sequence[AnyTold], first: int = 0
) -> list[int]:
    """Apply facts of a message; returns the places of those that came before their turn."""
    cause = Cause(f"partner:{message.partner}", message.source, context.now(), message.id)
    return facts.apply_all(context, tx, message.partner, told, cause, first=first)


def _apply_file(context: Context, job: Job, message: Kept) -> None:
    told = _facts(context, message)
    early: list[int] = []
    for first in range(0, len(told), FILE_CHUNK):
        chunk = partial(
            _apply_facts, context, message=message, told=told[first : first + FILE_CHUNK], first=first
        )
        early += context.database.run(chunk, repeatable=True)
    context.database.run(lambda tx: _finish(context, tx, job, message, told, early), repeatable=True)


def _finish(
    context: Context,
    tx: Connection,
    job: Job,
    message: Kept,
    told: Sequence[AnyTold],
    early: Sequence[int],
) -> None:
    """End the job, or put it behind the others while some of its facts wait for their turn."""
    now = context.now()
    if early and job.attempts < PATIENCE:
        pause = min(EARLY_PAUSE * 2 ** min(job.attempts, 10), timedelta(minutes=1))
        mailbox.requeue(tx, job, due_at=now + pause, now=now)
        return
    for place in early:
        parking.park(
            tx,
            partner=message.partner,
            kind=told[place].kind,
            reason="what must come before it never came",
            message_id=message.id,
            part=place,
            now=now,
        )
    mailbox.done(tx, job)
