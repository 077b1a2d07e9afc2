"""The mailbox's statements are compiled once and walk an index, however long the backlog."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from hub.store import mailbox
from hub.store.gates import Bounds, claim_within
from hub.store.mailbox import Kept
from hub.store.session import Database
from hub.store.tables import T
from tests.hub.statements import heard

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
FIRST = NOW - timedelta(hours=1)
BACKLOG = 4_000


def everything(database: Database, name: str) -> None:
    """Each thing the mailbox does, once."""
    with database.write() as tx:
        for number, lane in enumerate((None, None, None, None, f"{name}-a", f"{name}-a", f"{name}-b")):
            mailbox.put(tx, queue=name, kind="k", ref=f"{name}-{number}", lane=lane, now=NOW, due_at=FIRST)
    with database.read() as tx:
        mailbox.first_due(tx, queue=name)
    with database.write() as tx:
        bounds = Bounds(6, interval=timedelta(seconds=1), burst=6)
        jobs = claim_within(tx, bounds, queue=name, most=6, owner="me", now=NOW)
        mailbox.renew(tx, jobs, owner="me", now=NOW)
        mailbox.take_back(tx, NOW)
        free, in_lane = [j for j in jobs if j.lane is None], [j for j in jobs if j.lane]
        mailbox.done(tx, free[0])
        mailbox.retry(tx, free[1], due_at=NOW, error="")
        mailbox.requeue(tx, free[2], due_at=NOW, now=NOW)
        mailbox.give_back(tx, free[3])
        mailbox.done(tx, in_lane[0])
        mailbox.bury(tx, in_lane[1], error="")
        kept = Kept(f"msg_{name}", "in", "p", "k", "callback", name, "0" * 64, None, b"x", None, NOW)
        mailbox.keep(tx, kept)
        mailbox.keep(tx, kept)
        mailbox.use_nonce(tx, partner="p", nonce=name, now=NOW)
        mailbox.read(tx, kept.id)


def test_no_statement_is_compiled_a_second_time(database: Database) -> None:
    everything(database, "first")
    with heard() as statements:
        everything(database, "second")
    assert len(statements) > 20
    assert [statement for statement, _, cache in statements if cache != "CACHE_HIT"] == []


@pytest.mark.parametrize("shape", ["free", "one lane", "many lanes", "later"])
def test_no_statement_reads_the_whole_backlog(database: Database, shape: str) -> None:
    _fill(database, shape)
    with heard() as statements:
        everything(database, "q")
    with database.write() as tx:
        for statement, parameters, _ in statements:
            if " work" in statement and not statement.startswith("INSERT INTO work (queue, kind, lane, ref"):
                plan = _plan(tx, statement, parameters)
                assert "SCAN work" not in plan, (statement, plan)
                assert "Seq Scan on work" not in plan, (statement, plan)


def _fill(database: Database, shape: str) -> None:
    rows = []
    for number in range(BACKLOG):
        lane = {"one lane": "l", "many lanes": f"l{number // 8}"}.get(shape)
        waits = lane is not None and number % (BACKLOG if shape == "one lane" else 8)
        due_at = NOW + timedelta(hours=number % 50) if shape == "later" else NOW
        row = {"queue": "q", "kind": "k", "ref": f"r{number}", "lane": lane, "lost": False, "attempts": 0}
        rows.append({**row, "state": "waiting" if waits else "ready", "due_at": due_at, "created_at": NOW})
    with database.write() as tx:
        tx.execute(insert(T.work), rows)
    with database.write() as tx:
        tx.execute(text("ANALYZE"))


def _plan(tx: Connection, statement: str, parameters: Any) -> str:
    explain = "EXPLAIN QUERY PLAN" if tx.dialect.name == "sqlite" else "EXPLAIN"
    if isinstance(parameters, list):
        parameters = parameters[0]
    return "\n".join(str(row) for row in tx.exec_driver_sql(f"{explain} {statement}", parameters))
