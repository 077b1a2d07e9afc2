"""`agreement render`, `agreement simulate`: what an agreement says, and what it would give."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.faults import CHECKS_FAILED, WRONG_USE, Refusal, spoken

if TYPE_CHECKING:
    from contracts.agreement import Agreement

app = typer.Typer(help="Read an agreement in words, or try it on invented loans.", no_args_is_help=True)
_NAME = typer.Argument(help="The agreement's id, or id@version; the newest version when not given.")
_FOLDER = typer.Option("--config", help="LOANHUB_CONFIG_DIR, or the packaged sandbox, when not given.")


@app.command()
@spoken
def render(name: Annotated[str, _NAME], config: Annotated[Path | None, _FOLDER] = None) -> None:
    """Write an agreement as a list of clauses in Chinese and English."""
    from hub.domain.sharing.wording import lines

    print("\n".join(lines(_find(name, config))))


@app.command()
@spoken
def simulate(
    name: Annotated[str, _NAME],
    config: Annotated[Path | None, _FOLDER] = None,
    loans: Annotated[int, typer.Option(min=1, max=100_000, help="How many loans to invent.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other lives.")] = 1,
    chart: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write what parties earn by month as SVG.")
    ] = None,
) -> None:
    """Try an agreement on invented loans: what each party earns, and whether every fen is kept.

    Exit code 3 when money was not kept.
    """
    from random import Random

    from contracts.money import format_yuan
    from hub.domain.chart import stacked
    from hub.domain.trial import run

    agreement = _find(name, config)
    trial = run(agreement, loans, Random(seed), max(agreement.effective_from, date(2026, 1, 5)))  # noqa: S311
    parties = [party.id for party in agreement.parties if trial.earned.get(party.id)]
    print(f"{agreement.reference}: {loans} loans, {trial.events} movements, {trial.lines} lines, seed {seed}")
    wide = max(len(name) for name in (*parties, "-9999999999.99")) + 2
    print(f"{'month':12}" + "".join(f"{name:>{wide}}" for name in parties))
    for month, earned in (*trial.months.items(), ("total", trial.earned)):
        print(f"{month:12}" + "".join(f"{format_yuan(earned.get(p, 0)):>{wide}}" for p in parties))
    if chart is not None:
        drawn = stacked(f"{agreement.reference} 分润 revenue", trial.months, parties)
        chart.write_text(drawn, encoding="utf-8")
        print(f"{chart}")
    for fault in trial.faults:
        print(fault)
    if trial.faults:
        raise typer.Exit(CHECKS_FAILED)
    print("每一分都有归属 every fen is kept")


def _find(name: str, folder: Path | None) -> Agreement:
    from hub.config.load import load, sandbox_folder
    from hub.settings import Settings

    known = load(folder or Settings().config_dir or sandbox_folder()).agreements
    wanted, _, version = name.partition("@")
    found = [a for a in known if a.id == wanted and version in ("", str(a.version))]
    if not found:
        names = ", ".join(sorted({a.id for a in known}))
        raise Refusal(f"there is no agreement {name}: name one of {names}", code=WRONG_USE)
    return max(found, key=lambda a: a.version)
