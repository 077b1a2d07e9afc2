"""How long it takes to close a month over millions of repayments, against a bare scan of the same columns.

Repayments of generated loans under three agreements of four parties each are written as Parquet. Ours shares
every one of them out by its agreement's clauses and settles each month; the floor scans the same columns of
the same files in the same engine and sums them by month. Both are done in turns and the best of each counts.
Every fen received must have an owner. A tenth of the rows is closed too, to see that cost grows with them.
`--spark` closes the same rows on Spark, with the same expressions, and compares every sum.
`--json` prints one object; the exit code is 1 when a fen drifted or Spark disagreed.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb
import narwhals as nw

from benchmarks.settlement_cases import AGREEMENTS, columns, generate
from contracts.money import RemainderRule, split
from hub.bulk.close import Batch, Sum, sums
from hub.bulk.rows import RowKind
from hub.domain.ledger import post
from hub.domain.settlement import Settlement, Total, settle
from hub.domain.sharing import Disbursed, Received, share

THREADS = 2
GOALS = {"ratio_to_scan": 3.0, "peak_gib": 4.0, "growth": 1.3, "drift_fen": 0}


def main() -> int:
    """Run, print, and say by the exit code whether every fen was accounted for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--drift", type=int, default=1_000_000, help="random allocations, and postings")
    parser.add_argument("--spark", action="store_true", help="close the same rows on Spark too")
    parser.add_argument("--folder", type=Path, help="where the rows are kept while it runs")
    args = parser.parse_args()
    with TemporaryDirectory(dir=args.folder) as folder:
        found = _run(args, Path(folder))
    print(json.dumps(found, indent=None if args.json else 1))
    return 0 if found["met"]["drift_fen"] and found["met"].get("spark_agrees", True) else 1


def _run(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    figures: dict[str, Any] = {"rows": args.rows}
    engine = duckdb.connect(config={"threads": THREADS, "temp_directory": str(folder / "spill")})
    tenth = _measure(engine, folder, args.rows // 10, args.rounds)
    whole = _measure(engine, folder, args.rows, args.rounds)
    spilled = engine.execute("SELECT coalesce(sum(size), 0) FROM duckdb_temporary_files()").fetchone()
    figures |= {
        "seconds": whole["seconds"],
        "rows_per_second": round(args.rows / whole["seconds"]),
        "seconds_for_a_tenth": tenth["seconds"],
        "growth": round(whole["seconds"] / tenth["seconds"] / 10, 3),
        "ratio_to_scan": round(whole["seconds"] / whole["floor"], 3),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3),
        "spilled_bytes": int(spilled[0]) if spilled else 0,
        "file_bytes": whole["bytes"],
        "dues": whole["dues"],
        "drift_fen": whole["drift"] + tenth["drift"] + _drift(args.drift),
        "allocations": args.drift,
    }
    met: dict[str, bool] = {name: figures[name] <= goal for name, goal in GOALS.items()}
    if args.spark:
        seconds, agrees = _on_spark(folder, whole["sums"])
        figures["spark_seconds"] = seconds
        met["spark_agrees"] = agrees
    return {
        "benchmark": "settlement",
        "figures": figures,
        "floors": {
            "scan_seconds": whole["floor"],
            "scan_seconds_for_a_tenth": tenth["floor"],
            "scan_growth": round(whole["floor"] / tenth["floor"] / 10, 3),
        },
        "goals": GOALS,
        "met": met,
    }


def _measure(engine: duckdb.DuckDBPyConnection, folder: Path, rows: int, rounds: int) -> dict[str, Any]:
    """Generate rows, then scan and close them in turns."""
    files = [folder / f"{terms.id}.parquet" for terms in AGREEMENTS]
    for terms, file in zip(AGREEMENTS, files, strict=True):
        generate(engine, terms, rows // len(AGREEMENTS), file)
    floors, times = [], []
    found: list[Sum] = []
    settled: list[Settlement] = []
    for _ in range(rounds):
        floors.append(_timed(lambda: _scan(engine, files))[0])
        seconds, (found, settled) = _timed(lambda: _close(lambda file: engine.read_parquet(str(file)), files))
        times.append(seconds)
    return {
        "seconds": round(min(times), 3),
        "floor": round(min(floors), 3),
        "drift": _unowned(engine, files, found),
        "sums": found,
        "dues": sum(len(month.dues) for month in settled),
        "bytes": sum(file.stat().st_size for file in files),
    }


def _timed(action: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    made = action()
    return time.perf_counter() - start, made


def _scan(engine: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    for terms, file in zip(AGREEMENTS, files, strict=True):
        summed = ", ".join(f"sum({name})" for name in columns(terms))
        engine.execute(f"SELECT month, {summed} FROM read_parquet('{file}') GROUP BY month").fetchall()


def _close(read: Callable[[Path], Any], files: Sequence[Path]) -> tuple[list[Sum], list[Settlement]]:
    found = [
        one
        for terms, file in zip(AGREEMENTS, files, strict=True)
        for one in sums(Batch(terms, RowKind.RECEIVED, nw.from_native(read(file))))
    ]
    months: dict[str, list[Total]] = {}
    for one in found:
        out = one.output
        total = Total(out.party, out.counterparty, out.kind, out.base, one.lines, one.amount_fen)
        months.setdefault(one.month, []).append(total)
    return found, [settle(month, totals) for month, totals in sorted(months.items())]


def _unowned(engine: duckdb.DuckDBPyConnection, files: Sequence[Path], found: Sequence[Sum]) -> int:
    """Return the fen received that no line gives to anybody, pot by pot."""
    pots = ("principal", "interest", "fee", "penalty")
    query = ", ".join(f"sum({pot}_fen)" for pot in pots)
    listed = ", ".join(f"'{file}'" for file in files)
    paid = engine.execute(f"SELECT {query} FROM read_parquet([{listed}], union_by_name=true)").fetchone()
    given = [sum(one.amount_fen for one in found if one.output.base == pot) for pot in pots]
    return sum(abs(int(was) - got) for was, got in zip(paid or (), given, strict=True))


def _drift(count: int) -> int:
    """Return the fen lost by so many random allocations, and by as many postings of random repayments."""
    rand = random.Random(7)
    rules = list(RemainderRule)
    drift = 0
    for _ in range(count):
        total = rand.randint(-(10**9), 10**9)
        weights = [rand.randint(1, 100) for _ in range(rand.randint(1, 4))]
        drift += abs(sum(split(total, weights, rand.choice(rules))) - total)
    posted, day = 0, date(2026, 1, 15)
    terms, number = AGREEMENTS[0], 0
    while posted < count:
        number += 1
        amount, loan = rand.randint(10**5, 2 * 10**7), f"loan_{number}"
        given = share(terms, Disbursed(loan, amount, day), ())
        part = rand.randint(0, amount)
        repaid = Received(
            loan, "r", "normal", 1, part, rand.randint(1, 10**6), rand.randint(0, 99), 7, amount, 30, day
        )
        lines = share(terms, repaid, given)
        drift += abs(sum(line.amount_fen for line in lines) - part - repaid.interest_fen - repaid.fee_fen - 7)
        for entry in post(terms, repaid, lines):
            posted += len(entry.postings)
            drift += abs(sum(posting.amount_fen for posting in entry.postings))
    return drift


def _on_spark(folder: Path, expected: Sequence[Sum]) -> tuple[float, bool]:
    """Close the same files on Spark; returns the seconds and whether every sum is equal."""
    from hub.bulk.spark import local_session

    session = local_session(THREADS)
    try:
        files = [folder / f"{terms.id}.parquet" for terms in AGREEMENTS]
        seconds, (found, _) = _timed(lambda: _close(lambda file: session.read.parquet(str(file)), files))
    finally:
        session.stop()
    return round(seconds, 3), found == list(expected)


if __name__ == "__main__":
    sys.exit(main())
