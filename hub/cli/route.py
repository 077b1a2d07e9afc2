"""`route`: why a partner was chosen, or would be, and what other terms would have changed."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import opened
from hub.cli.faults import CHECKS_FAILED, WRONG_USE, Refusal, spoken

if TYPE_CHECKING:
    from contracts.application import Submission
    from hub.domain.replay import Comparison, Side
    from hub.domain.routing import Decision
    from hub.domain.routing.learning import Belief

app = typer.Typer(help="Explain decisions, try one, or replay past days under a draft.", no_args_is_help=True)

BYTES_MAX = 65_536
_DAY = ["%Y-%m-%d"]


@app.command()
@spoken
def explain(
    what: Annotated[str, typer.Argument(help="A file with an application as JSON, or an application's id.")],
) -> None:
    """Say who funds an application, at what cost, and why nobody else: a dry run, or past decisions.

    A past decision is made again from its record; exit code 3 when that does not give it again.
    """
    from hub.flows import rehearsing

    submission = _submission(Path(what)) if Path(what).is_file() else None
    with opened() as context:
        if submission is not None:
            reasons, decision = rehearsing.dry_run(context, submission)
            for why in reasons:
                _print(f"不予受理：{why.zh} [{why.code}]", f"not admitted: {why.en}")
            if decision is not None:
                _tell(decision)
            return
        found = rehearsing.recorded(context, what)
    for one in found:
        _tell(one.decision)
        if one.agrees:
            _print("按记录重算一致", "its record gives it again")
        else:
            _print("按记录重算不一致", "its record does NOT give it again")
    if not all(one.agrees for one in found):
        raise typer.Exit(CHECKS_FAILED)


@app.command()
@spoken
def replay(
    first: Annotated[datetime, typer.Option("--from", formats=_DAY, help="The first business day.")],
    last: Annotated[datetime, typer.Option("--to", formats=_DAY, help="The last business day.")],
    draft: Annotated[
        Path, typer.Option("--with", exists=True, file_okay=False, help="A configuration folder to try.")
    ],
    chart: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write amounts by partner as SVG.")
    ] = None,
) -> None:
    """Decide past applications again under a draft, and print what would change. Nothing is written."""
    from hub.flows import rehearsing
    from hub.settings import Settings
    from hub.wiring import configuration

    since, until = first.date(), last.date()
    if since > until:
        raise Refusal("--from is after --to; exchange them", code=WRONG_USE)
    found = configuration(Settings().model_copy(update={"config_dir": draft}))
    with opened() as context:
        comparison, beliefs = rehearsing.replay(context, since, until, found)
    _show(comparison, beliefs, since, until)
    if chart is not None:
        chart.write_text(_drawn(comparison, since, until), encoding="utf-8")
        print(chart)


def _submission(file: Path) -> Submission:
    from pydantic import ValidationError

    from contracts.application import Submission

    content = file.read_bytes()[: BYTES_MAX + 1]
    if len(content) > BYTES_MAX:
        raise Refusal(f"{file} is longer than {BYTES_MAX} bytes; give one application", code=WRONG_USE)
    try:
        return Submission.model_validate_json(content)
    except ValidationError as error:
        # Never the input itself: it is a borrower's.
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)]
        raise Refusal(f"{file} is not an application: {'; '.join(faults)}", code=WRONG_USE) from None


def _tell(decision: Decision) -> None:
    from hub.domain.routing.telling import told

    for zh, en in told(decision):
        _print(zh, en)


def _print(zh: str, en: str) -> None:
    print(zh)
    print(f"    {en}")


def _show(found: Comparison, beliefs: dict[str, Belief], since: date, until: date) -> None:
    from contracts.money import format_yuan

    counted = f"{found.applications} 笔申请 applications，{found.changed} 笔改变 changed"
    print(f"回放 replay {since} - {until}：{counted}")
    print(
        f"{'合作方 partner':24}{'金额 yuan':>20}{'成本 cost':>18}{'笔数 loans':>10}{'预计通过 approvals':>14}"
    )
    sides = (("实际 as was", found.was), ("草案 draft", found.draft))
    for name in (*_partners(found), None):
        for word, side in sides:
            one = side.total if name is None else side.partners.get(name)
            if one is not None:
                words = f"{'合计 total' if name is None else name} {word}"
                amounts = f"{format_yuan(one.fen):>20}{format_yuan(one.cost_fen):>18}"
                print(f"{words:24}{amounts}{one.loans:>10}{one.approvals:>14.1f}")
    saved = found.was.total.cost_fen - found.draft.total.cost_fen
    print(f"成本差额 cost saved by the draft: {format_yuan(saved)}")
    for word, side in sides:
        print(f"{word}：无资金方 unfunded {side.unfunded}；触及上限 caps hit {_caps(side)}")
    for name, belief in sorted(beliefs.items()):
        seen = belief.approved + belief.declined
        bounds = f"{belief.low:.3f}-{belief.high:.3f}"
        print(f"通过率 approval {name}: {belief.mean:.3f} ({bounds}), {seen:.1f} 笔加权 weighted")


def _caps(side: Side) -> str:
    return "、".join(f"{name} {code} {times}" for (name, code), times in sorted(side.caps.items())) or "-"


def _partners(found: Comparison) -> list[str]:
    return sorted({*found.was.partners, *found.draft.partners})


def _drawn(found: Comparison, since: date, until: date) -> str:
    from hub.domain.chart import stacked

    bars = {
        word: {name: one.fen for name, one in side.partners.items()}
        for word, side in (("实际", found.was), ("草案", found.draft))
    }
    return stacked(f"金额 amount by partner, {since} - {until}", bars, _partners(found), label_from=0)
