"""The settling of a statement: reviewed, confirmed by its party, approved by a second person, or sent back.

Every change is an event in the statement's own chain, with who and why. Repeating a change is harmless.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, update

from hub import logs
from hub.domain import settling as rules
from hub.domain.calendar import business_day
from hub.domain.lifecycle import STATEMENT, Impossible, StatementState
from hub.domain.settling import NotAllowed
from hub.flows import disputes
from hub.flows.context import Cause, Context, record
from hub.flows.errors import NotKnown, WrongState
from hub.store import settled
from hub.store.tables import T

log = logs.get(__name__)

STEPS = {"review": "reviewed", "confirm": "confirmed", "return": "returned", "approve": "approved"}
"""What a person may do with a statement, and the event it is."""
SILENCE = "hub:silence"
"""Who confirms a statement, or agrees to a dispute, that nobody answered in time."""


def step(context: Context, statement_id: str, event: str, *, who: str, why: str, source: str = "api") -> None:
    """Bring a statement one step further, or send it back. Raises NotKnown or WrongState with the remedy."""
    cause = Cause(who, source, context.now())
    context.database.run(lambda tx: _step(tx, statement_id, event, cause, why), repeatable=True)


def _step(tx: Connection, statement_id: str, event: str, cause: Cause, why: str) -> None:
    row = settled.standing(tx, statement_id)
    if row is None:
        raise NotKnown("statement_unknown", "结算单不存在", "there is no such statement")
    if (row.changed_by, row.changed_why) == (cause.who, why) and _is_after(event, row.state):
        return  # said twice
    try:
        after = STATEMENT.step(row.state, event)
        disputes_open = settled.open_disputes(tx, row.month, row.party)
        rules.permit(event, who=cause.who, reviewed_by=row.reviewed_by, disputes=disputes_open)
    except NotAllowed as refusal:
        raise WrongState(refusal.code, refusal.zh, refusal.en) from None
    except Impossible:
        raise WrongState(
            "statement_state",
            f"结算单处于 {row.state} 状态，不能执行 {event}",
            f"the statement is {row.state}; it cannot be {event}",
        ) from None
    change(tx, row, event, after, cause, why)


def _is_after(event: str, state: str) -> bool:
    return any(after == state for (_, what), after in STATEMENT.edges.items() if what == event)


def change(tx: Connection, row: Row[Any], event: str, after: str, cause: Cause, why: str) -> None:
    """Write a step and its event; `row` is the statement's standing, read for update."""
    values: dict[str, object] = {
        "state": after,
        "changed_by": cause.who,
        "changed_why": why,
        "changed_at": cause.now,
    }
    if after == StatementState.REVIEWED:
        values |= {"reviewed_by": cause.who, "sent_on": business_day(cause.now)}
    elif after == StatementState.DRAFT:
        values |= {"reviewed_by": None, "sent_on": None}
    tx.execute(update(T.settling).where(T.settling.c.statement_id == row.id).values(values))
    detail = {"why": why, "sha256": row.sha256, "total_fen": row.total_fen}
    record(tx, row.id, "statement", row.id, event, row.state, after, cause, detail)
    log.info("statement settles", statement=row.id, state=after, who=cause.who)


def lapse(context: Context) -> int:
    """Let silence agree where it was agreed that it does: first to disputes, then to statements.

    Returns how many lapsed; doing it again changes nothing more.
    """
    now = context.now()
    today = business_day(now)
    with context.database.read() as tx:
        unanswered = settled.unanswered(tx, today)
    for dispute_id in unanswered:
        disputes.decide(
            context, dispute_id, "agreed", who=SILENCE, why="期限内未答复 no answer in time", source="worker"
        )
    lapsed = len(unanswered)
    with context.database.read() as tx:
        silent = [row.id for row in settled.awaiting(tx) if _silence(context, tx, row, today) is not None]
    cause = Cause(SILENCE, "worker", now)
    for statement_id in silent:
        lapsed += context.database.run(
            partial(_confirm_by_silence, context, statement_id, cause), repeatable=True
        )
    return lapsed


def _silence(context: Context, tx: Connection, row: Row[Any], today: date) -> int | None:
    """The days after which silence has confirmed a statement; None while it has not, or a dispute is open."""
    versions = [disputes.agreement(context, name) for name in settled.agreements_of(tx, row.month, row.party)]
    days = rules.silence_days(versions)
    over = row.sent_on is not None and rules.silent(row.sent_on, days, today)
    return days if over and not settled.open_disputes(tx, row.month, row.party) else None


def _confirm_by_silence(context: Context, statement_id: str, cause: Cause, tx: Connection) -> int:
    row = settled.standing(tx, statement_id)
    if row is None or row.state != StatementState.REVIEWED:
        return 0
    days = _silence(context, tx, row, business_day(cause.now))
    if days is None:
        return 0
    until = row.sent_on + timedelta(days)
    change(tx, row, "confirmed", StatementState.CONFIRMED, cause, f"至 {until} 未提出异议 silent until then")
    return 1
