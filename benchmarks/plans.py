"""What the hot reads cost when the tables that only grow hold ten million rows: the plans and times.

Fills events, messages, first answers and postings of a database of its own by `generate_series`,
then asks PostgreSQL how it runs the very statements of the flows and reads. A plan that reads one of these
tables from end to end misses its goal, and so does one above GOAL_MS. The floor is the lookup of one row by
the primary key of an equally big table. `--json` prints one object; the exit code is 1 when a goal was
missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import Connection, Executable, select, text

from benchmarks.servers import new_database, server
from hub.store import mailbox, rows
from hub.store.migrate import migrate
from hub.store.session import Database
from hub.store.tables import T

ROWS = 10_000_000
EACH = 10
"""Rows of one application, or of one entry."""
GOAL_MS = 5.0
ROUNDS = 5
_BYTES = "decode(repeat('ab', 64), 'hex')"
_AT = "TIMESTAMPTZ '2026-01-01' + n * interval '1 second'"
_MONTH = "to_char(DATE '2026-01-01' + (n % 365)::int, 'YYYY-MM')"
_KEYS = text(
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = CAST(:of_table AS regclass) AND contype IN ('p', 'u')"
)
_INDEXES = text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :of_table")
_FILL: dict[str, str] = {
    "event": "(application_id, machine, subject, what, before, after, who, source, detail, at,"
    " position, link)"
    f" SELECT 'app_' || md5((n / {EACH})::text), 'attempt', 's', 'approved', 'a', 'b', 'hub', 'worker',"
    f" '{{}}', {_AT}, n % {EACH}, md5(n::text)",
    "message": "(id, direction, partner, kind, source, number, sha256, subject, sealed, facts, at)"
    " SELECT 'msg_' || md5(n::text), 'in', 'p' || n % 5, 'credit', 'callback', md5(n::text), md5(n::text),"
    f" 's', {_BYTES}, {_BYTES}, {_AT}",
    "idempotency": "(owner, key, sha256, status, body, at)"
    f" SELECT 'shop', md5(n::text), md5(n::text), 201, '{{}}', {_AT}",
    "journal_posting": "(entry_id, line, month, account, party, amount_fen)"
    f" SELECT 'je_' || md5((n / {EACH})::text), n % {EACH}, {_MONTH}, 'a' || n % 7, 'p' || n % 5, 100",
}


def questions() -> Iterator[tuple[str, str, Executable, dict[str, object]]]:
    """Yield name, table, statement and values of each hot read; every value is one that exists."""
    # md5 of '1234567' and of '123456', as the rows were filled with them.
    one, tenth = "fcea920f7412b5da7be0cf42b8c93759", "e10adc3949ba59abbe56e057f20f883e"
    yield "last event", "event", rows._LAST_EVENT, {"application_id": f"app_{tenth}"}
    events = T.event.c
    timeline = select(T.event).where(events.application_id == f"app_{tenth}").order_by(events.seq)
    yield "timeline", "event", timeline, {}
    number = {"partner": "p2", "direction": "in", "number": one}
    yield "message by number", "message", mailbox._FIRST_HASH, number
    yield "message by id", "message", mailbox._READ, {"id": f"msg_{one}"}
    yield "first answer", "idempotency", rows._IDEMPOTENCY, {"owner": "shop", "key": one}
    postings = T.journal_posting
    entry = select(postings).where(postings.c.entry_id == f"je_{tenth}").order_by(postings.c.line)
    yield "postings of an entry", "journal_posting", entry, {}


def fill(database: Database, table: str, count: int) -> float:
    """Fill a table; returns the seconds. Keys and indexes are built afterwards, and nothing is logged."""
    began = time.perf_counter()
    with database.write() as tx:
        keys = tx.execute(_KEYS, {"of_table": table}).all()
        for name, _ in keys:
            tx.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        indexes = tx.execute(_INDEXES, {"of_table": table}).all()
        for name, _ in indexes:
            tx.execute(text(f"DROP INDEX {name}"))
        tx.execute(text(f"ALTER TABLE {table} SET UNLOGGED"))
        tx.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        tx.execute(text(f"INSERT INTO {table} {_FILL[table]} FROM generate_series(1, {count}) AS n"))
        for name, definition in keys:
            tx.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"))
        for _, definition in indexes:
            tx.execute(text(definition))
        tx.execute(text(f"ANALYZE {table}"))
    return time.perf_counter() - began


def plan(tx: Connection, statement: Executable, values: dict[str, object]) -> dict[str, Any]:
    """The plan PostgreSQL followed, with what it took: the quickest of some rounds."""
    compiled = statement.compile(dialect=tx.dialect, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
    words, given = f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}", compiled.construct_params(values)
    found = [tx.exec_driver_sql(words, given).scalar_one()[0] for _ in range(ROUNDS)]
    return dict(min(found, key=lambda one: one["Execution Time"]))


def nodes(of: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    yield of
    for below in of.get("Plans", ()):
        yield from nodes(below)


def measure(count: int) -> dict[str, Any]:
    """Fill, ask and judge; one object."""
    found = server()
    if found is None:
        raise SystemExit("no PostgreSQL to ask; see benchmarks/servers.py")
    figures: dict[str, Any] = {}
    met: dict[str, bool] = {}
    with new_database(found) as url:
        database = Database(url.render_as_string(hide_password=False))
        migrate(database)
        filled = {}
        for table in _FILL:
            filled[table] = round(fill(database, table, count), 1)
            print(f"filled {table} in {filled[table]} s", file=sys.stderr)
        with database.write() as tx:
            tx.execute(text("CREATE UNLOGGED TABLE floor (id bigint PRIMARY KEY, row text)"))
            tx.execute(text(f"INSERT INTO floor SELECT n, md5(n::text) FROM generate_series(1, {count}) n"))
            tx.execute(text("ANALYZE floor"))
        with database.read() as tx:
            floor = plan(tx, text("SELECT row FROM floor WHERE id = 1234567"), {})["Execution Time"]
            size = tx.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
            for name, table, statement, values in questions():
                asked = plan(tx, statement, values)
                seen = list(nodes(asked["Plan"]))
                figures[name] = {
                    "table": table,
                    "milliseconds": round(asked["Execution Time"], 3),
                    "rows": asked["Plan"]["Actual Rows"],
                    "plan": [f"{n['Node Type']} {n.get('Index Name', '')}".strip() for n in seen],
                }
                met[name] = asked["Execution Time"] <= GOAL_MS and not any(
                    n["Node Type"] == "Seq Scan" for n in seen
                )
        database.close()
    return {
        "benchmark": "plans",
        "rows": count,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "figures": {**figures, "fill_seconds": filled, "database_gb": round(size / 1e9, 2)},
        "floors": {"one row by its key, ms": round(floor, 3)},
        "goals": dict.fromkeys(met, f"by index, at most {GOAL_MS} ms"),
        "met": met,
    }


def main() -> int:
    """Measure, print, and say by the exit code whether every goal was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of each table")
    args = parser.parse_args()
    found = measure(args.rows)
    if args.json:
        print(json.dumps(found))
    else:
        for name, figure in found["figures"].items():
            print(f"{name:24} {figure}")
        print(f"floor: {found['floors']}, met: {found['met']}")
    return int(not all(found["met"].values()))


if __name__ == "__main__":
    sys.exit(main())
