"""`audit verify`: checks the chain of every application's events."""

from __future__ import annotations

import typer

from hub.cli.faults import CHECKS_FAILED, spoken

app = typer.Typer(help="Check that nobody has touched the history.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep the command's name: a group of one would lose it."""


@app.command()
@spoken
def verify() -> None:
    """Check the chain of events: finds any row edited, removed, added or moved. Exit code 3 when one was."""
    from hub.settings import Settings
    from hub.store.audit import audit
    from hub.wiring import open_database

    database = open_database(Settings())
    try:
        found, head = audit(database)
    finally:
        database.close()
    for fault in found:
        print(fault)
    print(f"{head.events} events of {head.chains} applications, {len(found)} faults")
    print(f"head {head.hex()}: note it outside the database; the same events always give the same head")
    if found:
        raise typer.Exit(CHECKS_FAILED)
