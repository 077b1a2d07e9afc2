"""The sandbox in a process of its own, so that partners and hub do not share one interpreter's lock."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from connectors import registry
from connectors.exchange import Folder
from connectors.port import Partner
from connectors.sandbox.stage import LoanLine, Sandbox
from connectors.simulation.lender import USUAL, Habits
from signing.keystore import load_partner_keys

if TYPE_CHECKING:
    from connectors.sandbox.sftp import Login, Served


@dataclass(frozen=True, slots=True)
class Seat:
    """One partner at the table. `keys` is the folder of its own keys, `files` where its daily files go."""

    partner: str
    dialect: str
    keys: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    files: Path | None = None


@dataclass(frozen=True, slots=True)
class Doorstep:
    """A folder shown by SFTP, and who may log in."""

    root: Path
    login: Login


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sandbox is built from: who plays, where the hub listens, the seed, and the time it begins."""

    seats: tuple[Seat, ...]
    hub_url: str
    start: datetime
    seed: int = 0
    workers: int = 8
    port: int = 0
    habits: Habits = USUAL
    sftp: Doorstep | None = None
    """Where the files of the partners are shown by SFTP too; the seats' folders lie in it."""


class Clock:
    """Runs at the usual speed from whatever time it was last set to; never backwards."""

    def __init__(self, start: datetime, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._start, self._since = start, monotonic()

    def __call__(self) -> datetime:
        with self._lock:
            return self._start + timedelta(seconds=self._monotonic() - self._since)

    def set(self, now: datetime) -> None:
        """Go on from `now`, unless it is past already."""
        with self._lock:
            current = self._start + timedelta(seconds=self._monotonic() - self._since)
            self._start, self._since = max(now, current), self._monotonic()


def build(plan: Plan, clock: Callable[[], datetime]) -> Sandbox:
    """Build the sandbox of a plan in this process. Raises KeyUnavailable or UnknownDialect."""
    simulators = {
        seat.partner: registry.simulator(
            seat.dialect,
            Partner(seat.partner, load_partner_keys(seat.keys), seat.settings),
            random=os.urandom,
            seed=plan.seed,
            habits=plan.habits,
        )
        for seat in plan.seats
    }
    folders = {seat.partner: Folder(seat.files) for seat in plan.seats if seat.files is not None}
    return Sandbox(simulators, hub_url=plan.hub_url, clock=clock, folders=folders, workers=plan.workers)


class SandboxProcess:
    """A sandbox running elsewhere, told by pipe what time it is. Start it as a context manager."""

    def __init__(self, plan: Plan) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._lock = threading.Lock()
        self._process = context.Process(target=_run, args=(plan, theirs), name="sandbox", daemon=True)
        self._process.start()
        theirs.close()
        self.url: str = self._result()

    def set(self, now: datetime) -> None:
        """Let the partners' clock go on from `now`."""
        self._ask("set", now)

    def pump(self, now: datetime) -> int:
        """Deliver every callback and file due by `now`; return how many arrived."""
        arrived: int = self._ask("pump", now)
        return arrived

    def next_due(self) -> datetime | None:
        """Return when the next thing falls due at any partner."""
        due: datetime | None = self._ask("next_due")
        return due

    def books(self) -> list[LoanLine]:
        """Return every loan in the partners' own books."""
        lines: list[LoanLine] = self._ask("books")
        return lines

    def sftp(self) -> Served | None:
        """Return where the SFTP server listens, if the plan has one."""
        served: Served | None = self._ask("sftp")
        return served

    def stop(self) -> None:
        """End the process."""
        if self._process.is_alive():
            self._ask("stop")
        self._process.join(timeout=15)
        self._ours.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _ask(self, what: str, now: datetime | None = None) -> Any:
        with self._lock:
            self._ours.send((what, now))
            return self._result()

    def _result(self) -> Any:
        try:
            ok, value = self._ours.recv()
        except EOFError:
            raise RuntimeError("the sandbox process ended") from None
        if not ok:
            raise RuntimeError(f"the sandbox failed: {value}")
        return value


def _run(plan: Plan, pipe: Connection) -> None:
    """The process's whole life: build, serve, obey until told to stop or the pipe closes."""
    clock = Clock(plan.start)
    try:
        sandbox = build(plan, clock)
    except Exception as error:
        # Whoever started us waits for an answer; the exception itself may not travel.
        pipe.send((False, f"{type(error).__name__}: {error}"))
        return
    with _doorstep(plan) as served, sandbox.serve(plan.port) as url:
        pipe.send((True, url))
        while True:
            try:
                what, now = pipe.recv()
            except EOFError:
                break
            pipe.send((True, served) if what == "sftp" else _obey(sandbox, clock, what, now))
            if what == "stop":
                break
    sandbox.close()


@contextmanager
def _doorstep(plan: Plan) -> Iterator[Served | None]:
    if plan.sftp is None:
        yield None
        return
    # Imported only where it is wanted: the library takes a quarter of a second.
    from connectors.sandbox.sftp import serve_sftp

    plan.sftp.root.mkdir(parents=True, exist_ok=True)
    with serve_sftp(plan.sftp.root, plan.sftp.login) as served:
        yield served


def _obey(sandbox: Sandbox, clock: Clock, what: str, now: datetime | None) -> tuple[bool, Any]:
    try:
        if now is not None:
            clock.set(now)
        match what:
            case "pump":
                return True, sandbox.pump(clock())
            case "next_due":
                return True, sandbox.next_due()
            case "books":
                return True, sandbox.books()
            case _:
                return True, None
    except Exception as error:
        return False, f"{type(error).__name__}: {error}"
