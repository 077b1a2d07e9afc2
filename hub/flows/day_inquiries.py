"""Asking partners that tell no repayments what moved on each day: every day once, page by page.

The day asked about next stands in the queued work itself, so a partner has exactly one such piece of work,
and no failure ends it: a day that was not answered is asked about again.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connectors.port import Answer, Capability, ConnectorFailure, Uncertain, Unreadable
from contracts.messages import AnyTold, PageTold, QueryMovements
from hub import logs
from hub.flows import exchanges, parking
from hub.flows.context import Context, Desk
from hub.flows.requests import LONGEST_PAUSE, queue_of
from hub.store import mailbox
from hub.store.mailbox import Job, Kept

log = logs.get(__name__)

KIND = "query_movements"
ASKED_AT = time(1)
"""Shanghai time from which a partner answers about the day before."""
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_BEGUN = "day inquiries begun"


def begin(context: Context) -> None:
    """See to it that every partner that must be asked is asked, from the present day on. Safe to repeat."""
    now = context.now()
    for partner, desk in context.desks.items():
        if Capability.MOVEMENT_QUERY not in desk.connector.capabilities:
            continue
        context.database.run(partial(_begin, partner=partner, now=now), repeatable=True)


def _begin(tx: Connection, partner: str, now: datetime) -> None:
    if mailbox.use_nonce(tx, partner=partner, nonce=_BEGUN, now=now):
        _ask_about(tx, partner, now.astimezone(_SHANGHAI).date(), 0, now)


def inquire(context: Context, job: Job) -> None:
    """Ask for one page of one day, keep what it tells for being applied, and queue what is asked next."""
    partner = job.queue.removeprefix(queue_of(""))
    desk, now = context.desks[partner], context.now()
    day_text, _, skip = job.ref.partition("/")
    ask = QueryMovements(subject=f"day_{day_text}", day=date.fromisoformat(day_text), skip=int(skip))
    number = context.id("msg", now).removeprefix("msg_")
    request = desk.connector.write(ask, request_no=number, now=now, random=context.random)
    answer = None
    try:
        answer = exchanges.send(desk, request, kind=ask.kind, subject=ask.subject, number=number)
        told = desk.connector.read_answer(ask, answer, now=now)
        page = next((fact for fact in told if isinstance(fact, PageTold)), None)
        if page is None:
            missing = "the answer does not say whether the day is complete"
            raise Unreadable(missing) if told else Uncertain(missing)
    except ConnectorFailure as failure:
        _again(context, job, desk, ask, answer, failure)
        return
    moved = tuple(fact for fact in told if fact is not page)

    def note(tx: Connection) -> None:
        if moved:
            _keep(context, tx, desk, ask, answer, moved, number)
        mailbox.done(tx, job)
        if page.skip is None:
            _ask_about(tx, partner, ask.day + timedelta(days=1), 0, now)
        else:
            _ask_about(tx, partner, ask.day, page.skip, now)

    context.database.run(note, repeatable=True)
    context.wake(mailbox.LOCAL)
    context.wake(job.queue)


def _ask_about(tx: Connection, partner: str, day: date, skip: int, now: datetime) -> None:
    closed = datetime.combine(day + timedelta(days=1), ASKED_AT, _SHANGHAI).astimezone(now.tzinfo)
    mailbox.put(
        tx,
        queue=queue_of(partner),
        kind=KIND,
        ref=f"{day}/{skip}",
        now=now,
        due_at=max(now, closed),
    )


def _again(
    context: Context,
    job: Job,
    desk: Desk,
    ask: QueryMovements,
    answer: Answer | None,
    failure: ConnectorFailure,
) -> None:
    """Put the same question later; an answer that makes no sense is shown to a person the first time."""
    now, partner = context.now(), desk.partner.id
    log.warning("day inquiry failed", partner=partner, day=str(ask.day), failure=str(failure))
    pause = min(timedelta(seconds=2 ** min(job.attempts, 12)), LONGEST_PAUSE)

    def note(tx: Connection) -> None:
        if isinstance(failure, Unreadable) and answer is not None:
            # However often a page is asked for, a person sees once that it makes no sense.
            once = f"unreadable day {job.ref}"
            if mailbox.use_nonce(tx, partner=partner, nonce=once, now=now):
                parking.park_answer(context, tx, partner, ask, answer, job.ref, failure.reason, now)
        mailbox.ask_again(tx, job, due_at=now + pause, now=now)

    context.database.run(note, repeatable=True)


def _keep(
    context: Context,
    tx: Connection,
    desk: Desk,
    ask: QueryMovements,
    answer: Answer,
    moved: tuple[AnyTold, ...],
    number: str,
) -> None:
    """Keep a page and queue it; pages are applied in their order, and wait for what must come before."""
    now, partner = context.now(), desk.partner.id
    message_id, raw = context.id("msg", now), parking.pack_answer(answer)
    kept = Kept(
        id=message_id,
        direction="in",
        partner=partner,
        kind=KIND,
        source="query",
        number=f"answer:{number}",
        sha256=sha256(raw).hexdigest(),
        subject=ask.subject,
        sealed=context.vault.seal_bytes(raw, message_id),
        facts=context.vault.seal_facts(moved, message_id),
        at=now,
    )
    mailbox.keep(tx, kept)
    mailbox.put(tx, queue=mailbox.LOCAL, kind="apply", ref=message_id, lane=f"{partner}:days", now=now)
