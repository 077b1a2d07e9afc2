"""`close`: settles a month and writes every party's statement as CSV, XLSX and PDF, signed."""

from __future__ import annotations

import sys
from datetime import datetime

from contracts.money import format_yuan
from contracts.statement import Statement
from hub.cli.acting import opened
from hub.flows import closing
from hub.flows.errors import MonthClosed
from hub.flows.statement_package import write_package, write_whole
from hub.settings import Settings
from hub.store import queries
from hub.wiring import statement_ring
from signing.keys import KeyRing

__all__ = ["close", "write_whole"]

BAR_FROM = 2_000
"""Lines of a statement from which its progress is shown."""


def close(period: str) -> None:
    """Close a month and write its statements into the statement folder, one line printed for each.

    A month that is closed has its statements written again: whoever closed it may have died before they
    were. Raises WrongState or NotKnown.
    """
    settings = Settings()
    ring = statement_ring(settings)
    with opened(settings) as context:
        try:
            ids = [head["id"] for head in closing.close(context, period, who="operator:cli")]
            words = "is closed"
        except MonthClosed:
            ids = queries.statements_of(context.database, period)
            words = "was closed before"
        settings.statement_dir.mkdir(parents=True, exist_ok=True)
        for statement_id in ids:
            made = closing.statement(context, statement_id)
            _write(settings, made, ring, context.now())
    print(f"{period} {words}, {len(ids)} statements")
    if ring is None and ids:
        print("unsigned: make a signing key with `loanhub keys new --partner statements`, and close again")


def _write(settings: Settings, made: Statement, ring: KeyRing | None, now: datetime) -> None:
    folder = settings.statement_dir
    if made.control.lines < BAR_FROM or not sys.stderr.isatty():
        names = write_package(made, folder, ring=ring, now=now)
    else:
        names = _with_bar(settings, made, ring, now)
    kinds = ", ".join("." + name.partition(f"{made.party}.")[2] for name in names)
    print(
        f"{folder / f'{made.period}-{made.party}'}{kinds}: "
        f"{made.control.lines} lines, due {format_yuan(made.control.due_fen)} yuan"
    )


def _with_bar(settings: Settings, made: Statement, ring: KeyRing | None, now: datetime) -> tuple[str, ...]:
    """Write the files of a long statement under a bar for each."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bars:
        tasks = {
            kind: bars.add_task(f"{made.party} {kind}", total=made.control.lines) for kind in ("xlsx", "pdf")
        }

        def tell(kind: str, done: int) -> None:
            if done % 1_000 == 0 or done == made.control.lines:
                bars.update(tasks[kind], completed=done)

        return write_package(made, settings.statement_dir, ring=ring, now=now, progress=tell)
