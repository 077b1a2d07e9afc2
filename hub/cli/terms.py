"""`terms`: which versions of terms there are, and two persons putting them in use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import opened, stated
from hub.cli.faults import WRONG_USE, Refusal, spoken

if TYPE_CHECKING:
    from hub.domain.activation import Version

app = typer.Typer(help="See versions of terms; one person drafts, another activates.", no_args_is_help=True)

Names = Annotated[list[str], typer.Argument(help="programme:NAME@VERSION, agreement:... or rules:house@N.")]
Who = Annotated[str, typer.Option(help="Your name; it stays with the version.")]
Why = Annotated[str, typer.Option(help="Your reason; it stays with the version.")]


@app.command("list")
@spoken
def listed(
    state: Annotated[str | None, typer.Option(help="Only those kept, draft or active.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")] = False,
) -> None:
    """List every version ever applied, and by whom and why it was drafted and activated."""
    from hub.flows import activating

    with opened() as context:
        rows = [row for row in activating.listed(context) if state in (None, row["state"])]
    for row in rows:
        if as_json:
            print(json.dumps(row, ensure_ascii=False, default=str))
            continue
        steps = (f"{row[f'{did}_who']}: {row[f'{did}_why']}" for did in ("drafted", "activated"))
        said = "; ".join(step for step in steps if not step.startswith("None"))
        gone = "" if row["configured"] else " (已不在配置中 not configured any more)"
        print(f"{_STATES[row['state']]} {row['terms']}{gone}" + (f" [{said}]" if said else ""))
    if not context.two_persons and not as_json:
        print("沙箱：全部配置即时生效 sandbox: all configured terms are in use")


@app.command()
@spoken
def draft(names: Names, who: Who, why: Why) -> None:
    """Put versions forward; another person activates them."""
    from hub.domain.activation import Step

    _take(Step.DRAFT, names, who, why)


@app.command()
@spoken
def activate(names: Names, who: Who, why: Why) -> None:
    """Put versions in use that another person has drafted."""
    from hub.domain.activation import Step

    _take(Step.ACTIVATE, names, who, why)


_STATES = {"kept": "未提交 kept", "draft": "草案 draft", "active": "已启用 active"}


def _take(step: str, names: Sequence[str], who: str, why: str) -> None:
    from hub.domain.activation import Step
    from hub.flows import activating

    who, why = stated(who, why, capacity="operator")
    versions = [_read(name) for name in names]
    with opened() as context:
        for version in versions:
            activating.take(context, version, Step(step), who=who, why=why)
            print(f"{_STATES['active' if step == Step.ACTIVATE else step]} {version}")


def _read(name: str) -> Version:
    from hub.domain.activation import Version

    try:
        return Version.read(name)
    except ValueError as error:
        raise Refusal(str(error), code=WRONG_USE) from None
