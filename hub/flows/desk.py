"""The desk: matters for a person, brought up by their causes and closed by their end or by a named person.

Every closing is an event: in the chain of the application it is about, or else in the chain `desk`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hub import logs
from hub.domain.matters import How, Kind, dismissal
from hub.flows.context import Cause, Context, record
from hub.flows.errors import NotKnown, WrongState
from hub.store import buried, mailbox, matters, messages
from hub.store.matters import Found

log = logs.get(__name__)

CHAIN: Final = "desk"
"""The chain of events about no application."""
_TRIES: Final = 5


def bring_up(tx: Connection, found: Found, now: datetime, *, again: bool = False) -> bool:
    """Open a matter unless its cause has one, or had one that a person dismissed; whether it is new."""
    new = matters.open_(tx, found, now, again=again)
    if new:
        log.warning("for a person", matter=found.kind, cause=found.cause, reason=found.reason)
    return new


def ended(tx: Connection, cause: str, why: str, now: datetime) -> None:
    """The cause is gone: close its matter, if one is open."""
    row = matters.open_of(tx, cause)
    if row is not None:
        _close(tx, row, How.ENDED, Cause("hub", "worker", now), why)


def dismiss(context: Context, matter_id: str, *, why: str, who: str) -> None:
    """Close a matter with a stated reason; what it was about is not done, what it suspended goes on.

    Repeating it is harmless. Raises NotKnown, or WrongState when it was closed otherwise.
    """

    def act(tx: Connection, row: Any, now: datetime) -> str | None:
        if row.kind == Kind.BURIED:
            buried.let_go(tx, _seq(row))
        return None

    _act(context, matter_id, act, lambda row: dismissal(row.kind), why=why, who=who)


def replay(context: Context, matter_id: str, *, why: str, who: str) -> None:
    """Do again what a matter is about: the same work, the same kept bytes, the same request number.

    Repeating it is harmless. Raises NotKnown, or WrongState when it was closed otherwise or there is nothing
    that could be done again.
    """

    def act(tx: Connection, row: Any, now: datetime) -> str | None:
        queue = buried.dig_out(tx, _seq(row), now) if row.kind == Kind.BURIED else _again(tx, row, now)
        if queue is None:
            raise WrongState(
                "nothing_to_replay",
                "没有可以重新执行的内容，请填写原因后关闭",
                "there is nothing to do again; dismiss it with a reason",
            )
        return queue

    _act(context, matter_id, act, lambda row: How.REPLAYED, why=why, who=who)


def _again(tx: Connection, row: Any, now: datetime) -> str | None:
    """Queue a parked message to be applied again, if it was ever understood."""
    if row.kind != Kind.PARKED or row.message_id is None:
        return None
    kept = messages.find(tx, row.message_id)
    if kept is None or kept.facts is None or kept.direction != "in":
        return None
    mailbox.put(tx, queue=mailbox.LOCAL, kind="apply", ref=kept.id, now=now)
    return mailbox.LOCAL


def _seq(row: Any) -> int:
    return int(row.cause.rpartition(":")[2])


def _act(
    context: Context,
    matter_id: str,
    act: Callable[[Connection, Any, datetime], str | None],
    how_of: Callable[[Any], How],
    *,
    why: str,
    who: str,
) -> None:
    for left in reversed(range(_TRIES)):
        try:
            queue = _act_once(context, matter_id, act, how_of, Cause(who, "desk", context.now()), why)
        except IntegrityError:
            # Another event took the next place in the chain meanwhile.
            if not left:
                raise
        else:
            if queue is not None:
                context.wake(queue)
            return


def _act_once(
    context: Context,
    matter_id: str,
    act: Callable[[Connection, Any, datetime], str | None],
    how_of: Callable[[Any], How],
    cause: Cause,
    why: str,
) -> str | None:
    def once(tx: Connection) -> str | None:
        row = matters.one(tx, matter_id)
        if row is None:
            raise NotKnown("matter_unknown", "待办事项不存在", "there is no such matter")
        how = how_of(row)
        if row.state == "open":
            queue = act(tx, row, cause.now)
            _close(tx, row, how, cause, why)
            log.info("closed by a person", matter=matter_id, how=how, who=cause.who)
            return queue
        if (row.closed_how, row.closed_by, row.closed_why) != (how, cause.who, why):
            raise WrongState(
                "matter_closed",
                f"该事项已由 {row.closed_by} 处理（{row.closed_how}）",
                f"{row.closed_by} has closed this matter already ({row.closed_how})",
            )
        return None

    return context.database.run(once, repeatable=True)


def _close(tx: Connection, row: Any, how: How, cause: Cause, why: str) -> None:
    if matters.close(tx, row.id, how=how, who=cause.who, why=why, now=cause.now):
        chain = row.application_id or CHAIN
        if row.suspends:
            matters.go_on(tx, row.partner, f"partner:{row.partner}", cause.now)
        detail = {"kind": row.kind, "cause": row.cause, "why": why}
        record(tx, chain, "matter", row.id, how.value, "open", "closed", cause, detail)
