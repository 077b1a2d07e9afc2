"""The commands of `sign` and their options; each imports what it needs only when it runs."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.faults import spoken

sign = typer.Typer(help="Find out why a signature does not hold.", no_args_is_help=True)

_TIME = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]


class LegName(StrEnum):
    """The four legs of a profile."""

    REQUEST = "request"
    ANSWER = "answer"
    CALLBACK = "callback"
    ACK = "ack"


@sign.callback()
def _() -> None:
    """Find out why a signature does not hold."""


@sign.command("explain")
@spoken
def explain(
    capture: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Raw HTTP, or a HAR.")],
    profile: Annotated[str, typer.Option(help="A built-in profile, or a YAML file.")],
    keys: Annotated[
        Path, typer.Option(help="Folder with ours/, theirs/, shared/, or a partner's name in the key folder.")
    ],
    leg: Annotated[LegName, typer.Option(help="What the message is.")] = LegName.REQUEST,
    sent: Annotated[bool, typer.Option("--sent", help="It is ours, and the other side refused it.")] = False,
    told: Annotated[
        str | None, typer.Option(help="The text the other side says it signed or built, or a file with it.")
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(formats=_TIME, help="When it was received; the HAR's time, or now, when not given."),
    ] = None,
    entry: Annotated[int, typer.Option(min=0, help="Which exchange of a HAR, from 0.")] = 0,
    plain: Annotated[bool, typer.Option("--plain", help="Show personal values unmasked.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what both sides signed, where it first differs, and the likely cause. Exit code 3 when refused."""
    from hub.cli.sign.explaining import Question, run

    now = datetime.now(UTC)
    question = Question(capture, profile, leg.value, keys, sent, told, at, entry, now)
    raise typer.Exit(run(question, plain=plain, as_json=as_json))
