"""`books` and `detail`: the journal for an ERP, an account of a party, a closed month's lines in columns."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.acting import opened
from hub.cli.faults import Refusal, spoken
from hub.domain.journal_files import Layout

app = typer.Typer(help="Take the general ledger out.", no_args_is_help=True)
detail = typer.Typer(help="Take the sub-ledger out.", no_args_is_help=True)
Period = Annotated[str, typer.Option(help="The business month, such as 2026-01.")]


@detail.callback()
def _() -> None:
    """Take the sub-ledger out."""


@app.command()
@spoken
def journal(
    period: Period,
    out: Annotated[Path, typer.Option(dir_okay=False, help="The file to write.")],
    layout: Annotated[Layout, typer.Option(help="Every posting with all we know, or vouchers.")] = (
        Layout.VOUCHER
    ),
) -> None:
    """Write a month's journal as CSV for an ERP: both sides in yuan, in balance, with totals and hash."""
    from hub.domain.journal_files import Booked, to_csv
    from hub.flows.statement_package import write_whole
    from hub.settings import Settings
    from hub.store import ledgers
    from hub.wiring import open_database

    _month(period)
    database = open_database(Settings())
    count = 0

    def entries() -> Iterator[Booked]:
        nonlocal count
        for row, postings in ledgers.entries(database, period):
            count += 1
            head = (row.id, row.kind, row.loan_id, row.serial, row.month, row.booked_on, row.memo)
            yield Booked(*head, tuple(postings))

    def write(draft: Path) -> None:
        with draft.open("wb") as target:
            target.writelines(to_csv(entries(), layout))

    try:
        write_whole(out, write)
        closed = ledgers.closed(database, period)
    finally:
        database.close()
    print(f"{out}: {count} entries of {period}" + ("" if closed else ", which is still open"))


@app.command()
@spoken
def account(
    name: Annotated[str, typer.Argument(help="The account, such as settlement.")],
    party: Annotated[str, typer.Argument(help="Whose it is.")],
    first: Annotated[str, typer.Option("--from", help="The first month.")],
    last: Annotated[str, typer.Option("--to", help="The last month.")],
) -> None:
    """Print an account of a party: opening, every entry, closing; in yuan, debit above zero."""
    from contracts.money import format_yuan
    from hub.domain.ledger import CHART
    from hub.settings import Settings
    from hub.store import ledgers
    from hub.wiring import open_database

    _month(first)
    _month(last)
    if name not in CHART:
        raise Refusal(f"there is no account {name}; name one of {', '.join(CHART)}")
    database = open_database(Settings())
    try:
        balance, rows = ledgers.account(database, name, party, first, last)
    finally:
        database.close()
    print(f"{CHART[name].zh} {CHART[name].en}, {party}")
    print(f"{first} 期初余额 opening {format_yuan(balance)}")
    for month, on, entry, memo, fen in rows:
        balance += fen
        print(f"{month} {on} {entry} {format_yuan(fen)} {format_yuan(balance)} {memo}")
    print(f"{last} 期末余额 closing {format_yuan(balance)}")


@detail.command()
@spoken
def export(
    period: Period,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder; LOANHUB_STATEMENT_DIR when not given.")
    ] = None,
) -> None:
    """Write every line of a closed month as Parquet, with a manifest of control totals and hashes."""
    from contracts.money import format_yuan
    from hub.flows.detail_files import export as run
    from hub.settings import Settings

    _month(period)
    folder = out or Settings().statement_dir

    def tell(lines: int) -> None:
        if sys.stderr.isatty():
            print(f"{lines} lines", file=sys.stderr)

    with opened() as context:
        made = run(context, period, folder, progress=tell)
    print(f"{folder / made['file']['name']}: {made['lines']} lines, content {made['content_sha256']}")
    for party, fen in made["owed_fen"].items():
        print(f"{party} {format_yuan(fen)} yuan")


def _month(period: str) -> None:
    from hub.domain.settlement import month_days

    try:
        month_days(period)
    except ValueError as error:
        raise Refusal(str(error)) from None
