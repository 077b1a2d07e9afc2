"""The commands and their options; each imports what it needs only when it runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.agreement import app as agreement
from hub.cli.audit import app as audit
from hub.cli.books import app as books
from hub.cli.books import detail
from hub.cli.connector import app as connector
from hub.cli.desk import app as desk
from hub.cli.faults import CHECKS_FAILED, spoken
from hub.cli.keys.commands import keys
from hub.cli.route import app as route
from hub.cli.settle import app as settle
from hub.cli.sign.commands import sign
from hub.cli.statement import app as statement
from hub.cli.terms import app as terms

app = typer.Typer(
    name="loanhub",
    help="Partner integration hub for loan assistance and joint lending. Settings are LOANHUB_* variables.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, and those may be a borrower's
)
app.add_typer(keys, name="keys")
app.add_typer(sign, name="sign")
app.add_typer(connector, name="connector")
app.add_typer(audit, name="audit")
app.add_typer(desk, name="desk")
app.add_typer(settle, name="settle")
app.add_typer(books, name="books")
app.add_typer(detail, name="detail")
app.add_typer(statement, name="statement")
app.add_typer(agreement, name="agreement")
app.add_typer(terms, name="terms")
app.add_typer(route, name="route")

_TIME = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]


def main() -> None:
    """Run the command line."""
    app()


@app.command()
@spoken
def demo(
    applications: Annotated[int, typer.Option(min=1, max=20_000, help="How many to invent.")] = 300,
    file: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, readable=True, help="Take real loans from this CSV instead."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first rows of the file.")] = None,
    months: Annotated[int, typer.Option(min=1, max=24, help="Months of the story, from January 2026.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other borrowers and other fates.")] = 1,
    json: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the figures of the report here as well.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder of the run; out/demo-<time> when not given."),
    ] = None,
    serve: Annotated[bool, typer.Option(help="Keep the hub open afterwards, until Ctrl-C.")] = False,
) -> None:
    """Run loans from application to statement against simulated partners, and check every fen of it."""
    from hub.demo.run import Wishes, run

    wishes = Wishes(
        applications=applications,
        file=file,
        limit=limit,
        months=months,
        seed=seed,
        json=json,
        out=out,
        serve=serve,
    )
    if not run(wishes):
        raise typer.Exit(CHECKS_FAILED)


@app.command()
@spoken
def serve(
    work: Annotated[bool, typer.Option(help="Also do the queued work in this process.")] = True,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Allow published keys and a settable clock. Never in service.")
    ] = False,
    clock: Annotated[
        datetime | None,
        typer.Option(
            formats=_TIME, help="Time to start the sandbox's clock at, such as 2026-01-05T09:00+0800."
        ),
    ] = None,
) -> None:
    """Open the HTTP interface for the platform, the partners and finance, until SIGTERM or Ctrl-C."""
    from hub.cli.running import serve as run

    run(work=work, sandbox=sandbox, start=clock)


@app.command()
@spoken
def work() -> None:
    """Do the queued work: route, send, ask, apply, take files in. Any number run on one database."""
    from hub.cli.running import work as run

    run()


@app.command()
@spoken
def close(period: Annotated[str, typer.Option(help="The business month, such as 2026-01.")]) -> None:
    """Close a month: settle it, and write each party's statement into LOANHUB_STATEMENT_DIR, signed."""
    from hub.cli.closing import close as run

    run(period)


@app.command()
@spoken
def explain(
    line: Annotated[
        str, typer.Argument(help="A line's reference, as the last column of a statement shows it.")
    ],
) -> None:
    """Say why a line of a statement is what it is: movement, clause, numbers, rounding, entry."""
    from hub.cli.explaining import explain as run

    if not run(line):
        raise typer.Exit(CHECKS_FAILED)


@app.command()
@spoken
def recheck(period: Annotated[str, typer.Option(help="The business month, such as 2026-01.")]) -> None:
    """Reckon a month's sharing a second time, in sets, and compare it with the books to the fen.

    Exit code 3 when they differ.
    """
    from hub.cli.rechecking import recheck as run

    if not run(period):
        raise typer.Exit(CHECKS_FAILED)


@app.command("check-config")
@spoken
def check_config(
    folder: Annotated[
        Path | None,
        typer.Argument(help="LOANHUB_CONFIG_DIR, or the packaged sandbox, when not given."),
    ] = None,
) -> None:
    """Check a configuration folder: every problem with its file, line, field and remedy."""
    from hub.cli.checking import check_config as run

    run(folder)
