"""One demonstration from an empty folder to the verdict: parts started in order, ended in reverse."""

from __future__ import annotations

import json as json_text
import signal
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from datetime import time as time_of_day
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from rich.console import Console

from connectors.sandbox import Habits, Plan, Sandbox
from connectors.sandbox.process import Clock, build
from hub.demo import checks, figures, funding, reads, report
from hub.demo.borrowers import Borrower, imported, invented
from hub.demo.client import Api
from hub.demo.errors import Unable
from hub.demo.figures import Effort, Figures
from hub.demo.premises import Premises, prepare
from hub.demo.process import HubProcess, usage
from hub.demo.reads import Doors, Reads
from hub.demo.stage import SHANGHAI, Stage
from hub.demo.story import DECIDES_AFTER, FIRST_DAY, PAYS_AFTER, Story, Tell, Told

START: Final = datetime.combine(FIRST_DAY, time_of_day(9), SHANGHAI)
PAGE_WIDTH: Final = 110
_FORMATS: Final = ("csv", "xlsx")


@dataclass(frozen=True)
class Wishes:
    """What was asked for on the command line."""

    applications: int = 300
    file: Path | None = None
    limit: int | None = None
    months: int = 3
    seed: int = 1
    json: Path | None = None
    out: Path | None = None
    serve: bool = False


def run(wishes: Wishes, console: Console | None = None) -> bool:
    """Hold the demonstration, print its report, and return whether every check passed.

    Raises Unable when it could not be held. With `serve`, returns after Ctrl-C.
    """
    console = console or _console()
    borrowers = _borrowers(wishes)
    with ExitStack() as ends:
        # Told to stop, it ends the hub it started, as it does on Ctrl-C.
        ends.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, _stop))
        scene = Scene(wishes, ends)
        with report.progress(console, len(borrowers), wishes.months) as tell:
            found = scene.play(borrowers, tell)
        report.show(console, found)
        if wishes.json is not None:
            wishes.json.write_text(
                json_text.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
            )
        if wishes.serve:
            _stay(console, scene)
    return bool(found["passed"])


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _console() -> Console:
    """The terminal; what goes into a file or a pipe is laid out for a page."""
    console = Console()
    return console if console.is_terminal else Console(width=PAGE_WIDTH)


def _borrowers(wishes: Wishes) -> Sequence[Borrower]:
    if wishes.file is None:
        return list(invented(wishes.applications, wishes.seed))
    found = list(imported(wishes.file, wishes.limit, wishes.seed))
    if not found:
        raise Unable(f"{wishes.file} has no loans")
    return found


class Scene:
    """Hub, partners and front end, running; `ends` will stop them."""

    def __init__(self, wishes: Wishes, ends: ExitStack) -> None:
        self._wishes = wishes
        port = _free_port()
        self.premises = prepare(wishes.out, partners_url=f"http://127.0.0.1:{port}", start=START)
        self.hub = ends.enter_context(HubProcess(self.premises, start=START))
        self.url = self.hub.url
        keys = self.premises.api_keys
        self.doors = Doors(*(Api(self.url, keys[scope]) for scope in ("frontend", "finance", "operator")))
        ends.callback(self.doors.close)
        self._refuse_used_database()
        clock = Clock(START)
        habits = Habits(decides_after=DECIDES_AFTER, pays_after=PAYS_AFTER)
        plan = Plan(self.premises.seats, hub_url=self.url, start=START, seed=wishes.seed, habits=habits)
        self._sandbox = _open(build(plan, clock), port, ends)
        folders = tuple(seat.files for seat in self.premises.seats if seat.files is not None)
        self.stage = Stage(self._sandbox, clock, self.doors.operator, folders)

    def play(self, borrowers: Sequence[Borrower], tell: Tell) -> Figures:
        """Tell the story, close its months, and return the figures with the checks' findings."""
        began = time.monotonic()
        told = Story(self.stage, self.doors.frontend, tell=tell).play(borrowers, self._wishes.months)
        self.stage.drain()
        months = [month for month, _ in told.months]
        for month in months:
            self.doors.finance.post(f"/v1/months/{month}/close", {})
        self._write_statements()
        ended = time.monotonic()
        found = reads.read(self.doors, months, self._sandbox.books())
        return self._judged(found, told, began, ended)

    def _judged(self, found: Reads, told: Told, began: float, ended: float) -> Figures:
        programmes = self.premises.catalogue.programmes
        compared = funding.compare(found.loans, reads.decisions(self.doors), programmes, self._wishes.seed)
        return figures.gather(
            found,
            told,
            compared,
            checks.check_all(found, undrawn=told.undrawn, sent=len(told.owners)),
            Effort(ended - began, time.monotonic() - ended, usage(self.hub.pid), usage()),
            {
                "source": "invented" if self._wishes.file is None else self._wishes.file.name,
                "seed": self._wishes.seed,
                "database": self.premises.database_url.partition(":")[0].partition("+")[0],
                "folder": str(self.premises.root),
                "statement_folder": str(self.premises.statements),
                "callbacks_and_files": self.stage.delivered,
                "url": self.url if self._wishes.serve else None,
            },
        )

    def _write_statements(self) -> None:
        folder = self.premises.statements
        folder.mkdir(exist_ok=True)
        for row in self.doors.finance.pages("/v1/statements"):
            for suffix in _FORMATS:
                content = self.doors.finance.raw(f"/v1/statements/{row['id']}.{suffix}", "*/*")
                (folder / f"{row['month']}-{row['party']}.{suffix}").write_bytes(content)

    def _refuse_used_database(self) -> None:
        # Another run's records are sealed with that run's keys, and its months may be closed.
        if self.doors.operator.get("/v1/operations/backlog")["applications"]:
            raise Unable(
                "the database of LOANHUB_DATABASE_URL has applications already; give the demo an empty one"
            )


def _open(sandbox: Sandbox, port: int, ends: ExitStack) -> Sandbox:
    ends.callback(sandbox.close)
    try:
        ends.enter_context(sandbox.serve(port))
    except OSError as error:
        raise Unable(f"the partners cannot listen on port {port} ({error.strerror}); run it again") from None
    return sandbox


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _stay(console: Console, scene: Scene) -> None:
    try:
        console.print(f"The hub is open at {scene.url}/docs", highlight=False)
        for scope, key in scene.premises.api_keys.items():
            console.print(f"  {scope:<9} Authorization: Bearer {key}", highlight=False)
        console.print("Ctrl-C ends it.")
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("ending")


__all__ = ["Premises", "Scene", "Wishes", "run"]
