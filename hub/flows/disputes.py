"""Disputes about single lines: raised with a claim and a reason, decided once, corrected in a new line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, update
from sqlalchemy.exc import IntegrityError

from contracts.agreement import Agreement
from hub.domain import ledger
from hub.domain import settling as rules
from hub.domain.calendar import business_day
from hub.domain.lifecycle import DISPUTE, DisputeState, Impossible
from hub.domain.settling import NotAllowed
from hub.domain.sharing import ShareLine
from hub.flows.books import open_month, write_entries, write_lines
from hub.flows.context import Cause, Context, record
from hub.flows.errors import NotKnown, WrongState
from hub.store import settled
from hub.store.tables import T


def agreement(context: Context, reference: str) -> Agreement:
    """The agreement a line names as `id@version`."""
    name, _, version = reference.rpartition("@")
    return context.agreements[name, int(version)]


def dispute(
    context: Context,
    statement_id: str,
    ref: str,
    claimed_fen: int,
    *,
    who: str,
    reason: str,
    source: str = "api",
) -> str:
    """Dispute a line of a statement: what its due should be, and why. Returns the dispute's id.

    Raises NotKnown for a line the statement does not have, WrongState for one that is in dispute already,
    leaves nothing owed, or says what is claimed.
    """
    cause = Cause(who, source, context.now())
    dispute_id = context.id("dis", cause.now)

    def raise_it(tx: Connection) -> None:
        row = settled.standing(tx, statement_id)
        if row is None:
            raise NotKnown("statement_unknown", "结算单不存在", "there is no such statement")
        line = _line(tx, row, ref)
        wanted = _wanted(tx, line, row.party, claimed_fen)
        days = agreement(context, line.agreement).silence_agrees_after_days
        answer_by = business_day(cause.now) + timedelta(days or rules.ANSWER_DAYS)
        tx.execute(
            insert(T.dispute).values(
                id=dispute_id,
                statement_id=row.id,
                month=row.month,
                line=ref,
                party=line.party,
                counterparty=line.counterparty,
                claimed_fen=claimed_fen,
                change_fen=wanted,
                reason=reason,
                answer_by=answer_by,
                silence_agrees=days is not None,
                state=DisputeState.OPEN.value,
                raised_by=who,
                raised_at=cause.now,
            )
        )
        detail = {"line": ref, "claimed_fen": claimed_fen, "why": reason, "answer_by": answer_by.isoformat()}
        record(tx, row.id, "dispute", dispute_id, "raised", None, DisputeState.OPEN, cause, detail)

    try:
        context.database.run(raise_it)
    except IntegrityError:
        raise WrongState(
            "line_disputed",
            "该行已有未处理的异议，请先处理",
            "a dispute about this line is open; decide that one first",
            field="line",
        ) from None
    return dispute_id


def _line(tx: Connection, statement: Row[Any], ref: str) -> ShareLine:
    body = settled.line(tx, statement.month, statement.party, ref)
    if body is None:
        raise NotKnown("line_unknown", "结算单没有该行", "the statement has no such line", field="line")
    return ShareLine.from_json(body)


def _wanted(tx: Connection, line: ShareLine, reader: str, claimed_fen: int) -> int:
    try:
        return rules.change(line, reader, claimed_fen, settled.corrected(tx, line.ref))
    except NotAllowed as refusal:
        raise WrongState(refusal.code, refusal.zh, refusal.en, field="line") from None


def decide(context: Context, dispute_id: str, event: str, *, who: str, why: str, source: str = "api") -> None:
    """Agree to a dispute or reject it. Agreed, its change is a line of the month now open, and is posted.

    Repeating it is harmless. Raises NotKnown, or WrongState when it was decided otherwise.
    """
    cause = Cause(who, source, context.now())

    def decide_it(tx: Connection) -> None:
        row = settled.dispute(tx, dispute_id)
        if row is None:
            raise NotKnown("dispute_unknown", "异议不存在", "there is no such dispute")
        if (row.state, row.decided_by, row.decided_why) == (event, who, why):
            return
        try:
            after = DISPUTE.step(row.state, event)
        except Impossible:
            raise WrongState(
                "dispute_decided",
                f"该异议已由 {row.decided_by} 处理（{row.state}）",
                f"{row.decided_by} has decided this dispute already ({row.state})",
            ) from None
        if who == row.raised_by and event == DisputeState.AGREED:
            raise WrongState(
                "same_person",
                "提出异议与同意异议须为两人",
                "whoever raised the dispute does not agree to it; another person must",
            )
        detail: dict[str, object] = {"why": why}
        if event == DisputeState.AGREED:
            detail["correction"] = _correct(context, tx, row, cause)
        tx.execute(
            update(T.dispute)
            .where(T.dispute.c.id == row.id)
            .values(state=after, decided_by=who, decided_why=why, decided_at=cause.now)
        )
        record(tx, row.statement_id, "dispute", row.id, event, row.state, after, cause, detail)

    context.database.run(decide_it, repeatable=True)


def _correct(context: Context, tx: Connection, row: Row[Any], cause: Cause) -> str:
    """Book the change of an agreed dispute; returns the reference of the new line."""
    body = settled.line(tx, row.month, row.party, row.line)
    if body is None:
        raise LookupError(f"{row.line}, which is in dispute, is gone from the books")
    today = business_day(cause.now)
    line = rules.correction(ShareLine.from_json(body), row.change_fen, serial=row.id, on=today)
    month = open_month(tx, today, today)
    write_lines(tx, [line], agreement(context, line.agreement).partner, month)
    write_entries(context, tx, (ledger.post_correction(line),), month, cause)
    return line.ref
