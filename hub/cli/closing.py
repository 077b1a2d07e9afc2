"""`close`: settles a month and writes every party's statement as CSV and XLSX."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from contracts.money import format_yuan
from contracts.statement import Statement
from hub import logs
from hub.domain.statement import to_csv
from hub.flows import closing
from hub.flows.errors import MonthClosed
from hub.flows.statement_files import to_xlsx
from hub.settings import Settings
from hub.store import queries
from hub.wiring import assemble


def close(period: str) -> None:
    """Close a month and write its statements into the statement folder, one line printed for each.

    A month that is closed has its statements written again: whoever closed it may have died before they
    were. Raises WrongState or NotKnown.
    """
    settings = Settings()
    logs.set_up(settings.log_level)
    context = assemble(settings, clock=lambda: datetime.now(UTC), random=os.urandom, wake=lambda _queue: None)
    try:
        try:
            ids = [head["id"] for head in closing.close(context, period, who="operator:cli")]
            words = "is closed"
        except MonthClosed:
            ids = queries.statements_of(context.database, period)
            words = "was closed before"
        settings.statement_dir.mkdir(parents=True, exist_ok=True)
        for statement_id in ids:
            made = closing.statement(context, statement_id)
            file = settings.statement_dir / f"{made.period}-{made.party}"
            _write(file, made)
            lines, due = made.control.lines, format_yuan(made.control.due_fen)
            print(f"{file}.csv, .xlsx: {lines} lines, due {due} yuan")
    finally:
        context.database.close()
    print(f"{period} {words}, {len(ids)} statements")


def _write(file: Path, made: Statement) -> None:
    write_whole(file.with_name(file.name + ".csv"), lambda draft: draft.write_bytes(to_csv(made)))
    write_whole(file.with_name(file.name + ".xlsx"), lambda draft: to_xlsx(made, draft))


def write_whole(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and move it there: nobody ever sees a part of it."""
    draft = file.with_name(f".{file.name}.part")
    write(draft)
    draft.replace(file)
