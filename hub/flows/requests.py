"""A request's life: its bytes are fixed once, sent until something is known, and then asked about.

What the four failures do here: rejected ends the attempt, or is parked where the partner said otherwise
before; unreachable sends the same bytes again later; uncertain, and a worker that died while sending, ask
before anything else; unreadable keeps the bytes and calls a person, and asks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, update

from connectors.port import (
    Answer,
    Capability,
    ConnectorFailure,
    Rejected,
    Request,
    Uncertain,
    Unreachable,
    Unreadable,
)
from contracts.messages import (
    AnyAsk,
    AnyTold,
    CreditOutcome,
    CreditTold,
    DrawdownOutcome,
    DrawdownTold,
    QueryCredit,
    QueryDrawdown,
    RequestDrawdown,
)
from hub import logs
from hub.domain.lifecycle import AttemptState, Impossible
from hub.flows import absences, exchanges, facts, orders, parking
from hub.flows.context import Cause, Context, Desk
from hub.store import mailbox, matters, rows
from hub.store.mailbox import Job, Kept
from hub.store.tables import T

log = logs.get(__name__)

_QUERIED = (
    update(T.attempt).where(T.attempt.c.id == bindparam("of_attempt")).values(queries=T.attempt.c.queries + 1)
)
LONGEST_PAUSE = timedelta(minutes=5)
SUSPENDED_PAUSE = timedelta(minutes=1)
"""How long a request waits before it looks again; letting the partner go on wakes it at once."""
QUESTIONS = (QueryCredit, QueryDrawdown, *orders.QUESTIONS)
UNDECIDED = frozenset({AttemptState.WRITTEN, AttemptState.ACCEPTED, AttemptState.UNCERTAIN})
UNPAID = frozenset({AttemptState.DRAWING, AttemptState.DRAW_UNCERTAIN})


def queue_of(partner: str) -> str:
    """The queue of work that dials a partner."""
    return f"partner:{partner}"


def written(context: Context, desk: Desk, ask: AnyAsk, now: datetime) -> Kept:
    """Have the connector write the request, and seal its bytes under a new request number."""
    message_id = context.id("msg", now)
    number = message_id.removeprefix("msg_")
    request = desk.connector.write(ask, request_no=number, now=now, random=context.random)
    raw = _pack(request)
    return Kept(
        id=message_id,
        direction="out",
        partner=desk.partner.id,
        kind=ask.kind,
        source="request",
        number=number,
        sha256=sha256(raw).hexdigest(),
        subject=ask.subject,
        sealed=context.vault.seal_bytes(raw, message_id),
        facts=context.vault.seal_ask(ask, message_id),
        at=now,
    )


def keep(tx: Connection, kept: Kept, now: datetime) -> None:
    """Keep a written request and queue it for sending."""
    mailbox.keep(tx, kept)
    mailbox.put(tx, queue=queue_of(kept.partner), kind="send", ref=kept.id, now=now)


def send(context: Context, job: Job) -> None:
    """Send a kept request and write down what came of it.

    Raises LeaseLost when another worker may have taken the job over before a byte left: it then asks, and
    would believe a "no such order" that this request belies.
    """
    checked_at = context.now()
    with context.database.read() as tx:
        mailbox.check_held(tx, job)
        kept = mailbox.read(tx, job.ref)
        why = matters.suspended(tx).get(kept.partner)
    if kept.facts is None:
        raise ValueError(f"message {kept.id} was kept without what it asks")
    ask = context.vault.ask(kept.facts, kept.id)
    desk = context.desks[kept.partner]
    if job.lost:
        _note_failure(context, job, ask, desk, Uncertain("the worker that was sending it died"))
        return
    if why is not None and not isinstance(ask, QUESTIONS):
        log.warning("put off: the partner is suspended", partner=kept.partner, ask=ask.kind, why=why)
        context.database.run(lambda tx: put_off(tx, job, context.now()), repeatable=True)
        return
    request = _unpack(context.vault.raw(kept.sealed, kept.id))
    if context.now() - checked_at >= mailbox.LEASE:
        raise mailbox.LeaseLost("the process stood still for as long as a lease lasts")
    exchange(context, job, ask, desk, request, kept.number)


def put_off(tx: Connection, job: Job, now: datetime) -> None:
    """Let work wait for its partner to go on, without counting this as an attempt."""
    mailbox.done(tx, job)
    mailbox.put(
        tx,
        queue=job.queue,
        kind=job.kind,
        ref=job.ref,
        now=now,
        due_at=now + SUSPENDED_PAUSE,
        attempts=job.tries - 1,
    )


def given_up(context: Context, tx: Connection, kept: Kept, why: str, now: datetime) -> None:
    """The sending of a request was set aside: it may have left before, so the partner is asked.

    What cannot be opened is left to the person who is told of it.
    """
    if kept.facts is None:
        return
    try:
        ask = context.vault.ask(kept.facts, kept.id)
    except Exception:
        log.exception("what was asked cannot be opened", message=kept.id)
        return
    _in_doubt(context, tx, ask, context.desks[kept.partner], Cause("hub", "worker", now), Uncertain(why))


def query(context: Context, job: Job) -> None:
    """Ask the partner what became of an attempt that is still open there; nothing when it is decided."""
    now = context.now()
    with context.database.read() as tx:
        attempt = rows.attempt(tx, job.ref)
    desk = context.desks[attempt.partner]
    ask = _question(job, attempt)
    if ask is None:
        context.database.run(lambda tx: mailbox.done(tx, job), repeatable=True)
        return
    number = context.id("msg", now).removeprefix("msg_")
    request = desk.connector.write(ask, request_no=number, now=now, random=context.random)
    exchange(context, job, ask, desk, request, number)


def _question(job: Job, attempt: Any) -> AnyAsk | None:
    if job.kind == "query_credit" and attempt.state in UNDECIDED:
        return QueryCredit(subject=attempt.id, credit_no=attempt.credit_no)
    if job.kind == "query_drawdown" and attempt.state in UNPAID:
        return QueryDrawdown(subject=attempt.draw_no, credit_no=attempt.credit_no)
    return None


def exchange(context: Context, job: Job, ask: AnyAsk, desk: Desk, request: Request, number: str) -> None:
    """Dial, read the answer, and commit what it says together with the end of the job."""
    try:
        answer = exchanges.send(desk, request, kind=ask.kind, subject=ask.subject, number=number)
    except ConnectorFailure as failure:
        _note_failure(context, job, ask, desk, failure)
        return
    now = context.now()
    try:
        told = desk.connector.read_answer(ask, answer, now=now)
    except ConnectorFailure as failure:
        _note_failure(context, job, ask, desk, failure, answer=answer, number=number)
        return
    asked_again = isinstance(ask, QUESTIONS)
    source = "query" if asked_again else "answer"
    kept = _kept_answer(context, desk, ask, answer, told, number, source, now)

    def note(tx: Connection) -> None:
        # A retried request may be answered twice under its one number; the first answer stands, the facts of
        # both are applied, and the second only confirms or is parked as a contradiction.
        is_first = kept is not None and mailbox.keep(tx, kept) is None
        cause = Cause(f"partner:{desk.partner.id}", source, now, kept.id if kept and is_first else None)
        facts.apply_all(context, tx, desk.partner.id, told or (_no_news(ask, number),), cause)
        _ask_later(context, tx, ask, desk, now, again=asked_again)
        exchanges.keep(tx)
        mailbox.done(tx, job)

    context.database.run(note, repeatable=True)
    context.wake(mailbox.LOCAL)


def _no_news(ask: AnyAsk, number: str) -> AnyTold:
    """An answer without news means the partner has the request."""
    if isinstance(ask, orders.ASKS):
        return orders.no_news(ask, number)
    if isinstance(ask, RequestDrawdown | QueryDrawdown):
        return DrawdownTold(event_id=number, subject=ask.subject, outcome=DrawdownOutcome.PENDING)
    return CreditTold(event_id=number, subject=ask.subject, outcome=CreditOutcome.PENDING)


def _ask_later(
    context: Context, tx: Connection, ask: AnyAsk, desk: Desk, now: datetime, *, again: bool
) -> None:
    """Queue a query for when the partner's policy allows one, if the dialect can be asked."""
    if isinstance(ask, orders.ASKS):
        orders.ask_later(tx, ask, context, now, again=again)
        return
    drawing = isinstance(ask, RequestDrawdown | QueryDrawdown)
    needed = Capability.DRAWDOWN_QUERY if drawing else Capability.CREDIT_QUERY
    if needed not in desk.connector.capabilities:
        return
    row = rows.attempt_by(tx, "draw_no" if drawing else "id", ask.subject)
    if row is None or row.state not in (UNPAID if drawing else UNDECIDED):
        return
    policy = desk.partner.query
    pause = absences.pause(policy, row) if again else timedelta(seconds=policy.first_after_seconds)
    tx.execute(_QUERIED, {"of_attempt": row.id})
    mailbox.put(
        tx,
        queue=queue_of(desk.partner.id),
        kind="query_drawdown" if drawing else "query_credit",
        ref=row.id,
        now=now,
        due_at=now + pause,
    )


def _kept_answer(
    context: Context,
    desk: Desk,
    ask: AnyAsk,
    answer: Answer,
    told: Sequence[AnyTold],
    number: str,
    source: str,
    now: datetime,
) -> Kept | None:
    """The bytes of an answer that says something; one without news leaves no more than the job's end."""
    if not told:
        return None
    message_id = context.id("msg", now)
    raw = parking.pack_answer(answer)
    return Kept(
        id=message_id,
        direction="in",
        partner=desk.partner.id,
        kind=ask.kind,
        source=source,
        number=f"answer:{number}",
        sha256=sha256(raw).hexdigest(),
        subject=ask.subject,
        sealed=context.vault.seal_bytes(raw, message_id),
        facts=context.vault.seal_facts(told, message_id),
        at=now,
    )


def _note_failure(
    context: Context,
    job: Job,
    ask: AnyAsk,
    desk: Desk,
    failure: ConnectorFailure,
    *,
    answer: Answer | None = None,
    number: str = "",
) -> None:
    """Write down a failure and what it asks for next."""
    now = context.now()
    cause = Cause(f"partner:{desk.partner.id}", "answer", now)
    log.warning("exchange failed", partner=desk.partner.id, ask=ask.kind, failure=str(failure))
    asks_again = isinstance(ask, QUESTIONS)

    def note(tx: Connection) -> None:
        exchanges.keep(tx)
        if isinstance(failure, Unreadable) and answer is not None:
            parking.park_answer(context, tx, desk.partner.id, ask, answer, number, failure.reason, now)
        pause = _pause(job.tries, getattr(failure, "retry_after", None))
        if asks_again and not isinstance(failure, Rejected):
            mailbox.ask_again(tx, job, due_at=now + pause, now=now)
        elif isinstance(failure, Unreachable):
            if mailbox.retry(tx, job, due_at=now + pause, error=str(failure)):
                return
            _end(context, tx, job, ask, desk, cause, failure, answer, number)
        elif isinstance(failure, Rejected) and not asks_again:
            _end(context, tx, job, ask, desk, cause, failure, answer, number)
        else:
            _in_doubt(context, tx, ask, desk, cause, failure)
            mailbox.done(tx, job)

    context.database.run(note, repeatable=True)
    context.wake(mailbox.LOCAL)


def _in_doubt(
    context: Context, tx: Connection, ask: AnyAsk, desk: Desk, cause: Cause, failure: ConnectorFailure
) -> None:
    """Write down that nobody knows, and ask later; what was in doubt before is asked about already."""
    asks_again = isinstance(ask, QUESTIONS)
    if facts.uncertain(context, tx, ask, cause, failure) or asks_again:
        _ask_later(context, tx, ask, desk, cause.now, again=asks_again)


def _end(
    context: Context,
    tx: Connection,
    job: Job,
    ask: AnyAsk,
    desk: Desk,
    cause: Cause,
    failure: ConnectorFailure,
    answer: Answer | None,
    number: str,
) -> None:
    """End what the request was for, unless the partner has said otherwise before: then park it, and ask."""
    proven = facts.refused if isinstance(failure, Rejected) else facts.never_arrived
    partner = desk.partner.id
    try:
        with tx.begin_nested():
            proven(context, tx, partner, ask, cause, failure)
    except (Impossible, parking.Contradiction) as contradiction:
        reason = f"{failure}, but the partner has said otherwise before: {contradiction}"
        if answer is None:
            parking.park(tx, partner=partner, kind=ask.kind, reason=reason, message_id=job.ref, now=cause.now)
        else:
            parking.park_answer(context, tx, partner, ask, answer, number, reason, cause.now)
        _ask_later(context, tx, ask, desk, cause.now, again=False)
    mailbox.done(tx, job)


def _pause(attempts: int, retry_after: float | None) -> timedelta:
    if retry_after is not None:
        return timedelta(seconds=max(retry_after, 1))
    return min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST_PAUSE)


def _pack(request: Request) -> bytes:
    head = {"method": request.method, "path": request.path, "headers": dict(request.headers)}
    return json.dumps(head, ensure_ascii=False).encode() + b"\n" + request.body


def _unpack(raw: bytes) -> Request:
    head, _, body = raw.partition(b"\n")
    parts = json.loads(head)
    return Request(parts["method"], parts["path"], parts["headers"], body)
