"""`python -m tests.faults`: run the fault programs and print one table; exit code 3 when one was not met."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.servers import server
from tests.faults.outcome import Outcome
from tests.faults.wish import Wish

PROGRAMS: Final[Mapping[str, str]] = {
    "kill_loop": "tests.faults.kill_loop",
    "ambiguous_network": "tests.faults.ambiguous_network",
    "database_monkey": "tests.faults.database_monkey",
    "simulation": "tests.faults.simulation.run",
    "clocks": "tests.faults.clocks",
    "orders": "tests.faults.orders",
}
"""Where each program's `program` is: from a wish to the rows it has for the table."""
NOT_MET: Final = 3
PAGE_WIDTH: Final = 140
_SHOWN: Final = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return the exit code."""
    given = _parsed(arguments)
    console = Console(stderr=True)
    with console.status("starting") as status:
        wish = Wish(
            long=given.long,
            seeds=given.seeds,
            first=given.first_seed,
            seconds=given.seconds,
            server=server(),
            tell=lambda words: status.update(words),
        )
        outcomes = list(_run(given.only or list(PROGRAMS), wish))
    if given.json:
        sys.stdout.write(json.dumps([one.to_json() for one in outcomes], indent=2, ensure_ascii=False) + "\n")
    else:
        page = Console()
        _show(page if page.is_terminal else Console(width=PAGE_WIDTH), outcomes)
    return 0 if all(one.met for one in outcomes) else NOT_MET


def _run(names: Sequence[str], wish: Wish) -> Iterator[Outcome]:
    for name in names:
        yield from import_module(PROGRAMS[name]).program(wish)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(PROGRAMS), help="these programs, not all")
    parser.add_argument("--long", action="store_true", help="the long form: hours, not seconds")
    parser.add_argument("--seeds", type=int, help="how many seeds, instead of each program's own number")
    parser.add_argument("--first-seed", type=int, default=0, help="the first of them")
    parser.add_argument("--seconds", type=float, help="end a program that has run so long")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    return parser.parse_args(arguments)


def _show(console: Console, outcomes: Sequence[Outcome]) -> None:
    table = Table(title="Faults")
    for column in (
        "program",
        "points",
        "runs",
        "seeds",
        "lost",
        "duplicate",
        "violations",
        "seconds",
        "besides",
    ):
        table.add_column(column, justify="left" if column in ("program", "seeds", "besides") else "right")
    for one in outcomes:
        first, last = one.seeds
        counts = (one.lost, one.duplicate, len(one.violations), round(one.seconds))
        figures = ", ".join(f"{name} {value}" for name, value in one.figures.items())
        seeds = f"{first}-{last}"
        table.add_row(one.name, str(one.points), str(one.runs), seeds, *(f"{n}" for n in counts), figures)
    console.print(table)
    for one in outcomes:
        for words in one.violations[:_SHOWN]:
            console.print(f"{one.name}: {words}", highlight=False, markup=False)


if __name__ == "__main__":
    sys.exit(main())
