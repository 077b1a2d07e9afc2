"""Named reads for the web: each returns plain dictionaries of one consistent view and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, case, exists, func, or_, select, union_all
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.store import mailbox, workload
from hub.store.session import Database
from hub.store.tables import T

Row = Mapping[str, Any]

UNAVAILABLE: Final[tuple[type[Exception], ...]] = (OperationalError, InterfaceError, PoolTimeout)
"""What is raised when the database does not answer; nothing was read or written."""


def ping(database: Database) -> None:
    """Return when the database answers; raises one of UNAVAILABLE."""
    with database.read() as tx:
        tx.execute(select(1)).one()


# The front end's own applications

_A, _T, _L = T.application.c, T.attempt.c, T.loan.c
_HEAD = (
    _A.id, _A.platform_no, _A.product, _A.amount_fen, _A.term_months, _A.method, _A.annual_rate, _A.purpose,
    _A.state, _A.reason, _A.created_at, _A.updated_at,
)  # fmt: skip


def application(database: Database, owner: str, application_id: str) -> Row | None:
    """One application with its sealed applicant, its attempts and its loan; None if not the owner's."""
    with database.read() as tx:
        head = _one(tx, select(T.application).where(_A.id == application_id, _A.owner == owner))
        if head is None:
            return None
        attempts = _all(tx, select(T.attempt).where(_T.application_id == application_id).order_by(_T.seq))
        loan = _one(tx, select(T.loan).where(_L.application_id == application_id))
        attempts = [{**attempt, "limit": _limit(tx, attempt)} for attempt in attempts]
        return {**head, "attempts": attempts, "loan": loan}


def _limit(tx: Connection, attempt: Row) -> Row | None:
    c = T.credit_limit.c
    names = (c.state, c.total_fen, c.available_fen, c.valid_until, c.told_at)
    own = (c.partner == attempt["partner"], c.credit_no == attempt["credit_no"])
    return None if attempt["credit_no"] is None else _one(tx, select(*names).where(*own))


def applications(
    database: Database, owner: str, *, state: str | None, before: str | None, limit: int
) -> list[Row]:
    """Heads of an owner's applications, newest first, those older than the id `before`."""
    query = select(*_HEAD).where(_A.owner == owner).order_by(_A.id.desc()).limit(limit)
    if state is not None:
        query = query.where(_A.state == state)
    if before is not None:
        query = query.where(_A.id < before)
    with database.read() as tx:
        return _all(tx, query)


def timeline(database: Database, owner: str, application_id: str) -> list[Row] | None:
    """Every change of an application, its attempts and its loan, in order; None if not the owner's."""
    e = T.event.c
    with database.read() as tx:
        if not _owned(tx, owner, application_id):
            return None
        return _all(tx, select(T.event).where(e.application_id == application_id).order_by(e.seq))


def decisions(database: Database, owner: str, application_id: str) -> list[Row] | None:
    """Every routing decision of an application in order; None if not the owner's."""
    r = T.routing_decision.c
    with database.read() as tx:
        if not _owned(tx, owner, application_id):
            return None
        return _all(tx, select(T.routing_decision).where(r.application_id == application_id).order_by(r.seq))


def repayment_plan(database: Database, owner: str, application_id: str) -> tuple[Row, list[Row]] | None:
    """The loan of an application and its terms in order; None if not the owner's or not disbursed yet."""
    p = T.plan_term.c
    with database.read() as tx:
        loan = _one(
            tx,
            select(T.loan)
            .join(T.application, _A.id == _L.application_id)
            .where(_A.id == application_id, _A.owner == owner),
        )
        if loan is None:
            return None
        return loan, _all(tx, select(T.plan_term).where(p.loan_id == loan["id"]).order_by(p.period))


def money_orders(database: Database, owner: str, application_id: str) -> list[Row] | None:
    """The orders to move an application's money, in order; None if it is not the owner's."""
    o = T.money_order.c
    with database.read() as tx:
        if not _owned(tx, owner, application_id):
            return None
        return _all(tx, select(T.money_order).where(o.application_id == application_id).order_by(o.id))


def _owned(tx: Connection, owner: str, application_id: str) -> bool:
    return _one(tx, select(_A.id).where(_A.id == application_id, _A.owner == owner)) is not None


# Finance


def months(database: Database) -> list[Row]:
    """Business months that have entries or were closed, newest first, with entry and statement counts."""
    j, s = T.journal_entry.c, T.statement.c
    with database.read() as tx:
        known = {row["month"]: row for row in _all(tx, select(T.month))}
        entries = _counts(tx, select(j.month, func.count()).group_by(j.month))
        made = _counts(tx, select(s.month, func.count()).group_by(s.month))
    rows: list[Row] = []
    for month in sorted({*known, *entries, *made}, reverse=True):
        row = known.get(month, {"state": "open", "closed_at": None})
        rows.append(
            {
                "month": month,
                "state": row["state"],
                "closed_at": row["closed_at"],
                "entries": entries.get(month, 0),
                "statements": made.get(month, 0),
            }
        )
    return rows


def statements(
    database: Database, *, month: str | None, party: str | None, after: str | None, limit: int
) -> list[Row]:
    """Heads of statements by id."""
    s = T.statement.c
    head = (s.id, s.month, s.party, s.lines, s.total_fen, s.sha256, s.made_at)
    query = select(*head).order_by(s.id).limit(limit)
    for column, wanted in ((s.month, month), (s.party, party)):
        if wanted is not None:
            query = query.where(column == wanted)
    if after is not None:
        query = query.where(s.id > after)
    with database.read() as tx:
        return _all(tx, query)


def statement(database: Database, statement_id: str) -> Row | None:
    """One statement with its body."""
    with database.read() as tx:
        return _one(tx, select(T.statement).where(T.statement.c.id == statement_id))


def settlement(database: Database, month: str) -> list[Row]:
    """The share lines of a month summed by party, counterparty, kind and pot, in fen."""
    s = T.share_line.c
    lines = (
        select(
            s.party,
            s.counterparty,
            s.body["kind"].as_string().label("kind"),
            s.body["base"].as_string().label("base"),
            s.amount_fen,
        )
        .where(s.month == month)
        .subquery()
        .c
    )
    keys = (lines.party, lines.counterparty, lines.kind, lines.base)
    query = (
        select(*keys, func.count().label("lines"), func.sum(lines.amount_fen).label("amount_fen"))
        .group_by(*keys)
        .order_by(*keys)
    )
    with database.read() as tx:
        return [{**row, "amount_fen": int(row["amount_fen"])} for row in _all(tx, query)]


def statements_of(database: Database, name: str) -> list[str]:
    """The ids of all statements of a month, by party."""
    s = T.statement.c
    with database.read() as tx:
        return list(tx.execute(select(s.id).where(s.month == name).order_by(s.party)).scalars())


def month(database: Database, name: str) -> Row | None:
    """A month that was closed; None while it is open."""
    with database.read() as tx:
        return _one(tx, select(T.month).where(T.month.c.month == name))


def journal(database: Database, *, month: str | None, after: int, limit: int) -> list[Row]:
    """Journal entries in order from `seq` > `after`, each with its postings."""
    j, p = T.journal_entry.c, T.journal_posting.c
    query = select(T.journal_entry).where(j.seq > after).order_by(j.seq).limit(limit)
    if month is not None:
        query = query.where(j.month == month)
    with database.read() as tx:
        entries = _all(tx, query)
        ids = [entry["id"] for entry in entries]
        postings = _all(tx, select(T.journal_posting).where(p.entry_id.in_(ids)).order_by(p.entry_id, p.line))
    by_entry: dict[str, list[Row]] = {}
    for posting in postings:
        by_entry.setdefault(posting["entry_id"], []).append(posting)
    return [{**entry, "postings": by_entry.get(entry["id"], [])} for entry in entries]


def trial_balance(database: Database, *, month: str | None) -> list[Row]:
    """Debits, credits and balance of every account and party, in fen, up to the end of a month or in all."""
    p = T.journal_posting.c
    debit = func.sum(case((p.amount_fen > 0, p.amount_fen), else_=0))
    query = (
        select(p.account, p.party, debit.label("debit_fen"), func.sum(p.amount_fen).label("balance_fen"))
        .group_by(p.account, p.party)
        .order_by(p.account, p.party)
    )
    if month is not None:
        query = query.where(p.month <= month)
    with database.read() as tx:
        rows = _all(tx, query)
    return [
        {
            "account": row["account"],
            "party": row["party"],
            "debit_fen": int(row["debit_fen"]),
            "credit_fen": int(row["debit_fen"]) - int(row["balance_fen"]),
            "balance_fen": int(row["balance_fen"]),
        }
        for row in rows
    ]


# Operations


_WORK = T.work.c
_BUSY = select(
    exists().where(
        or_(
            _WORK.state == mailbox.LEASED,
            and_(_WORK.state == mailbox.READY, _WORK.due_at <= bindparam("now")),
        )
    )
)


def backlog(database: Database, *, now: datetime) -> Row:
    """Work waiting by queue, buried work by kind, open matters by kind, and applications by state."""
    k, w = T.matter.c, T.work.c
    with database.read() as tx:
        return {
            "work": workload.backlog(tx, now=now),
            "buried": _counts(
                tx, select(w.kind, func.count()).where(w.state == mailbox.BURIED).group_by(w.kind)
            ),
            "matters": _counts(tx, select(k.kind, func.count()).where(k.state == "open").group_by(k.kind)),
            "applications": _counts(tx, select(_A.state, func.count()).group_by(_A.state)),
        }


def quiet(database: Database, *, now: datetime) -> bool:
    """Whether no work is due and none is being done."""
    with database.read() as tx:
        return not tx.execute(_BUSY, {"now": now}).scalar()


_D, _M = T.matter.c, T.message.c
_MATTER = select(T.matter, _M.source, _M.subject).outerjoin(T.message, _M.id == _D.message_id)


def matters(
    database: Database, *, state: str, kind: str | None, partner: str | None, after: str | None, limit: int
) -> list[Row]:
    """Matters for a person by id, with the source and subject of the message they are about."""
    query = _MATTER.where(_D.state == state).order_by(_D.id).limit(limit)
    for column, wanted in ((_D.kind, kind), (_D.partner, partner)):
        if wanted is not None:
            query = query.where(column == wanted)
    if after is not None:
        query = query.where(_D.id > after)
    with database.read() as tx:
        return _all(tx, query)


def matter(database: Database, matter_id: str) -> Row | None:
    """One matter, as `matters` lists it."""
    with database.read() as tx:
        return _one(tx, _MATTER.where(_D.id == matter_id))


_X = T.exchange.c
_SEEN = (
    _X.id, _X.partner, _X.kind, _X.subject, _X.number, _X.attempt, _X.verdict, _X.milliseconds,
    _X.view, _X.at,
)  # fmt: skip


def exchanges(database: Database, application_id: str, *, after: str | None, limit: int) -> list[Row] | None:
    """What passed between us and partners about an application, by id, without the sealed bytes.

    None for an unknown application.
    """
    own = select(_A.id).where(_A.id == application_id)
    mine = _T.application_id == application_id
    subjects = union_all(select(_T.id).where(mine), select(_T.draw_no).where(mine, _T.draw_no.is_not(None)))
    query = select(*_SEEN).where(_X.subject.in_(subjects)).order_by(_X.id).limit(limit)
    if after is not None:
        query = query.where(_X.id > after)
    with database.read() as tx:
        return None if _one(tx, own) is None else _all(tx, query)


def days(database: Database, *, limit: int) -> list[Row]:
    """Ends of business days, the newest first."""
    with database.read() as tx:
        return _all(tx, select(T.day_end).order_by(T.day_end.c.day.desc()).limit(limit))


def daily_files(database: Database, *, partner: str | None, limit: int) -> list[Row]:
    """Daily files that came, the newest first."""
    f = T.daily_file.c
    query = select(T.daily_file).order_by(f.last_at.desc(), f.partner, f.name).limit(limit)
    with database.read() as tx:
        return _all(tx, query if partner is None else query.where(f.partner == partner))


def _all(tx: Connection, query: Select[Any]) -> list[Row]:
    return [dict(row) for row in tx.execute(query).mappings()]


def _one(tx: Connection, query: Select[Any]) -> Row | None:
    row = tx.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def _counts(tx: Connection, query: Select[Any]) -> dict[str, int]:
    return {str(name): int(count) for name, count in tx.execute(query)}
