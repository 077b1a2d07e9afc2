"""`desk`: what waits for a person, and what the person does about it, with a name and a reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import opened, stated
from hub.cli.faults import Refusal, spoken

if TYPE_CHECKING:
    pass

app = typer.Typer(help="See what waits for a person, and deal with it.", no_args_is_help=True)

_MOST = 1000
MatterId = Annotated[str, typer.Argument(help="The id that `loanhub desk list` shows.")]
Who = Annotated[str, typer.Option(help="Your name; it stays with the matter.")]
Why = Annotated[str, typer.Option(help="Your reason; it stays with the matter.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


@app.command("list")
@spoken
def listed(
    closed: Annotated[bool, typer.Option("--closed", help="Those that are closed instead.")] = False,
    kind: Annotated[str | None, typer.Option(help="Only matters of one kind, such as buried.")] = None,
    partner: Annotated[str | None, typer.Option(help="Only matters of one partner.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for a person, the oldest first."""
    from hub.store import queries

    state = "closed" if closed else "open"
    rows = _read(
        lambda database: queries.matters(
            database, state=state, kind=kind, partner=partner, after=None, limit=_MOST
        )
    )
    for row in rows:
        if as_json:
            print(_json(row))
        else:
            print(_line(row))
    if not as_json:
        print(f"{len(rows)} {state}" + (" or more" if len(rows) == _MOST else ""))


@app.command()
@spoken
def show(matter_id: MatterId) -> None:
    """Print everything known of one matter, as JSON."""
    from hub.store import queries

    row = _read(lambda database: queries.matter(database, matter_id))
    if row is None:
        raise Refusal(f"there is no matter {matter_id}; `loanhub desk list` shows those there are")
    print(_json(row))


@app.command()
@spoken
def replay(matter_id: MatterId, who: Who, why: Why) -> None:
    """Do again what a matter is about: the same work, the same bytes, the same request number."""
    from hub.flows import desk

    _act(desk.replay, matter_id, who, why)


@app.command()
@spoken
def dismiss(matter_id: MatterId, who: Who, why: Why) -> None:
    """Close a matter; what it is about is not done, what it suspended goes on."""
    from hub.flows import desk

    _act(desk.dismiss, matter_id, who, why)


@app.command()
@spoken
def exchanges(application_id: Annotated[str, typer.Argument(help="The application's id.")]) -> None:
    """Print every exchange with a partner about an application, one JSON object a line, never its content."""
    from hub.store import queries

    rows = _read(lambda database: queries.exchanges(database, application_id, after=None, limit=_MOST))
    if rows is None:
        raise Refusal(f"there is no application {application_id}")
    _print(rows)


@app.command()
@spoken
def days() -> None:
    """Print the ends of business days, the newest first, one JSON object a line."""
    from hub.store import queries

    _print(_read(lambda database: queries.days(database, limit=_MOST)))


@app.command()
@spoken
def files(
    partner: Annotated[str | None, typer.Option(help="Only those of one partner.")] = None,
) -> None:
    """Print the daily files that came, the newest first, one JSON object a line."""
    from hub.store import queries

    _print(_read(lambda database: queries.daily_files(database, partner=partner, limit=_MOST)))


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        print(json.dumps(row, ensure_ascii=False, default=str))


def _read(read: Callable[[Any], Any]) -> Any:
    from hub.settings import Settings
    from hub.wiring import open_database

    database = open_database(Settings())
    try:
        return read(database)
    finally:
        database.close()


def _act(act: Callable[..., None], matter_id: str, who: str, why: str) -> None:
    from hub.store import queries

    who, why = stated(who, why, capacity="operator")
    with opened() as context:
        act(context, matter_id, why=why, who=who)
        row = queries.matter(context.database, matter_id)
    print(_line(row or {}))


def _line(row: Mapping[str, Any]) -> str:
    from hub.domain.matters import words

    said = words(row["kind"])
    whose = row["partner"] or "-"
    end = f" [{row['closed_how']}: {row['closed_by']}: {row['closed_why']}]" if row["closed_how"] else ""
    times = f" x{row['times']}" if row["times"] > 1 else ""
    about = f"{row['about']} {row['application_id'] or ''}".strip()
    return f"{row['id']} {whose} {about}: {said['zh']} / {said['en']}{times}: {row['reason']}{end}"


def _json(row: Mapping[str, Any]) -> str:
    from hub.domain.matters import words

    return json.dumps({**row, **words(row["kind"])}, ensure_ascii=False, default=str)
