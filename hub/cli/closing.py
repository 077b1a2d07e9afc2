"""`close`: settles a month and writes every party's statement as CSV and XLSX."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from contracts.money import format_yuan
from hub import logs
from hub.domain.statement import to_csv
from hub.flows import closing
from hub.flows.statement_files import to_xlsx
from hub.settings import Settings
from hub.wiring import assemble


def close(period: str) -> None:
    """Close a month and write its statements into the statement folder, one line printed for each.

    Raises MonthClosed, WrongState or NotKnown.
    """
    settings = Settings()
    logs.set_up(settings.log_level)
    context = assemble(settings, clock=lambda: datetime.now(UTC), random=os.urandom, wake=lambda _queue: None)
    try:
        heads = closing.close(context, period, who="operator:cli")
        settings.statement_dir.mkdir(parents=True, exist_ok=True)
        for head in heads:
            made = closing.statement(context, head["id"])
            file = settings.statement_dir / f"{made.period}-{made.party}"
            file.with_name(file.name + ".csv").write_bytes(to_csv(made))
            to_xlsx(made, file.with_name(file.name + ".xlsx"))
            lines, due = made.control.lines, format_yuan(made.control.due_fen)
            print(f"{file}.csv, .xlsx: {lines} lines, due {due} yuan")
    finally:
        context.database.close()
    print(f"{period} is closed, {len(heads)} statements")
