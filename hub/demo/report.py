"""The report of a run for people, and its progress while it runs; quiet where nobody watches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from hub.demo.figures import Figures
from hub.demo.story import Tell


@contextmanager
def progress(console: Console, applications: int, months: int) -> Iterator[Tell]:
    """Show how far the story is; nothing at all when the console is no terminal."""
    bar = Progress(
        TextColumn("{task.description:<14}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with bar:
        tasks = {
            "applications": bar.add_task("applications", total=applications),
            "months": bar.add_task("months", total=months),
        }
        yield lambda phase, done: bar.update(tasks[phase], completed=done)


def show(console: Console, figures: Figures) -> None:
    """Print the tables, then the verdict."""
    console.print(
        Group(
            _funnel(figures),
            _partners(figures["partners"]),
            _funding(figures["funding_cost"]),
            _revenue(figures["revenue"]),
            _trial_balance(figures["trial_balance"]),
            _pace(figures),
            *_checks(figures["checks"]),
        )
    )
    console.print(_where(figures))


def _table(title: str, *columns: str, words: int = 1) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="", box=SIMPLE_HEAD)
    for place, column in enumerate(columns):
        # On a narrow terminal words wrap, and figures stay whole.
        if place < words:
            table.add_column(column, overflow="fold")
        else:
            table.add_column(column, justify="right", no_wrap=True)
    return table


def _funnel(figures: Figures) -> Table:
    table = _table("Applications", "", "count")
    for name, count in figures["funnel"].items():
        table.add_row(name, f"{count:,}")
    for reason, count in figures["pending"].items():
        table.add_row(f"  {reason}", f"{count:,}")
    return table


def _partners(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("Partners", "partner", "asked", "approved", "loans", "lent, yuan", "outstanding", "cost")
    for row in rows:
        counts = (f"{row[name]:,}" for name in ("applications", "approvals", "loans"))
        sums = (_yuan(row[name]) for name in ("principal_fen", "outstanding_fen"))
        table.add_row(row["partner"], *counts, *sums, _percent(row["funding_cost"]))
    return table


def _funding(rates: Mapping[str, str | None]) -> Table:
    table = _table("Funding cost of the loans made, a year, by amount", "choice", "cost")
    table.add_row("as routed: the cheapest allowed", _percent(rates["routed"]))
    table.add_row("always the first partner allowed", _percent(rates["first"]))
    table.add_row("any partner allowed, blindly", _percent(rates["random"]))
    return table


def _revenue(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("Revenue, yuan", "party", "interest", "fees", "penalties", "upfront", "total")
    names = ("interest_fen", "fee_fen", "penalty_fen", "disbursed_fen", "total_fen")
    for row in rows:
        table.add_row(row["party"], *(_yuan(row[name]) for name in names))
    return table


def _trial_balance(trial: Mapping[str, Any]) -> Table:
    """One row for each account, its parties added up; the interface has them apart."""
    table = _table("Trial balance, yuan", "account", "debit", "credit", "balance")
    names = ("debit_fen", "credit_fen", "balance_fen")
    sums: dict[str, Counter[str]] = {}
    for row in trial["items"]:
        account = sums.setdefault(f"{row['zh']} {row['en']}", Counter())
        account.update({name: row[name] for name in names})
    for account_name, account in sums.items():
        table.add_row(account_name, *(_yuan(account[name]) for name in names))
    table.add_section()
    total = (trial[name] for name in ("debit_fen", "credit_fen", "difference_fen"))
    table.add_row("合计 Total", *(_yuan(fen) for fen in total))
    return table


def _pace(figures: Figures) -> Table:
    pace, machine = figures["pace"], figures["machine"]
    table = _table("Pace and machine", "", "")
    for number, seconds in enumerate(pace["each_thousand_seconds"], 1):
        table.add_row(f"thousand {number}, submitted to disbursed", f"{seconds:.1f} s")
    for month, seconds in pace["months_seconds"].items():
        table.add_row(f"rest of {month}", f"{seconds:.1f} s")
    table.add_row("whole run", f"{pace['seconds']:.1f} s")
    if pace["per_thousand_seconds"] is not None:
        table.add_row("whole run, for each thousand applications", f"{pace['per_thousand_seconds']:.1f} s")
    for name in ("hub", "demo"):
        used = machine[name]
        if used is not None:
            words = f"{used['cpu_seconds']:.1f} s, {used['peak_mb']:.0f} MB"
            table.add_row(f"process {name}: CPU, peak memory", words)
    table.add_row("peak memory together", f"{machine['peak_mb']:.0f} MB")
    return table


def _checks(checks: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    for check in checks:
        mark = Text("pass ", "green") if check["passed"] else Text("FAIL ", "bold red")
        yield mark + Text(check["name"], "default")
        for finding in check["found"]:
            yield Text(f"     {finding}")


def _where(figures: Figures) -> Text:
    files = len(figures["statements"])
    return Text(f"\n{files} statements, each as CSV and XLSX: {figures['statement_folder']}\n", no_wrap=True)


def _yuan(fen: int) -> str:
    """Fen as yuan with thousands apart: 123456 is "1,234.56"."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def _percent(rate: str | None) -> str:
    """A fraction of one as percent with three places: "0.047213" is "4.721%"."""
    if rate is None:
        return "-"
    millionths = int(rate.replace(".", "")) if "." in rate else int(rate) * 10**6
    return f"{millionths // 10_000}.{millionths % 10_000 // 10:03d}%"
