"""The hub's processes under a supervisor that starts again what was killed, as an operating system would."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Final, TypeVar

from hub.demo.client import Answered, Api
from hub.demo.errors import Unable
from tests.faults.child import Order, run
from tests.faults.city import City
from tests.faults.clock import SharedClock
from tests.faults.steps import Death
from tests.shared import ROOT

R = TypeVar("R")
ONE, SPLIT = ("both",), ("serve", "work")
DOWN_FOR: Final = timedelta(seconds=31)
"""Simulated time a dead process stays away: longer than a lease, so that what it held is taken over."""
PATIENCE_SECONDS: Final = 60
_LOOK_SECONDS: Final = 0.004


class Stuck(Exception):
    """The hub does not come to an end, or ended by itself. The message shows the end of its log."""


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    os.environ.setdefault("PYTHONPATH", str(ROOT))  # for the server that loads everything once
    context.set_forkserver_preload(["tests.faults.child"])
    return context


class Hub:
    """The processes of a hub on one database, started anew when killed. Calls of it are thread-safe."""

    def __init__(
        self, city: City, clock: Path, root: Path, database_url: str, *, lenient: bool = False
    ) -> None:
        """A `lenient` supervisor also starts again what ended by itself, as it may without its database."""
        self._lenient = lenient
        self._reviving = threading.RLock()
        self.city = city
        self.clock = SharedClock(clock)
        self.killed = 0
        self.trace = root / "trace"
        self.log = root / "hub.log"
        self._clock_file = clock
        self._environment = city.environment(database_url)
        self._context = _context()
        self._running: dict[str, ForkServerProcess] = {}
        keys = city.premises.api_keys
        self.doors = {scope: Api(city.hub_url, key) for scope, key in keys.items()}

    def start(self, roles: Sequence[str], death: Death | None = None, *, trace: bool = True) -> None:
        """Start the processes, each of them with the same appointed death."""
        for role in roles:
            order = Order(
                role, self._environment, self._clock_file, self.log, self.trace if trace else None, death
            )
            process = self._context.Process(target=run, args=(order,), name=f"hub-{role}")
            process.start()
            self._running[role] = process
        if roles != ("work",):
            self._until_it_listens()

    def command(self, role: str, death: Death | None = None) -> int:
        """Run a command to its end and return its exit code; one that was killed gives -9."""
        order = Order(role, self._environment, self._clock_file, self.log, self.trace, death)
        process = self._context.Process(target=run, args=(order,), name=f"hub-{role}")
        process.start()
        process.join(PATIENCE_SECONDS)
        code = process.exitcode
        self.killed += code == -signal.SIGKILL
        return -1 if code is None else code

    def kill(self) -> None:
        """Kill every process as it stands."""
        for process in list(self._running.values()):
            process.kill()

    def revive(self) -> bool:
        """Start again what was killed; False when everything lives. Raises Stuck for what ended by itself."""
        with self._reviving:
            return self._revive()

    def _revive(self) -> bool:
        dead = [role for role, process in self._running.items() if not process.is_alive()]
        for role in dead:
            process = self._running.pop(role)
            process.join()
            if process.exitcode != -signal.SIGKILL and not self._lenient:
                raise Stuck(f"hub-{role} ended with {process.exitcode}\n{self.last_words()}")
            self.killed += process.exitcode == -signal.SIGKILL
        if dead:
            self.clock.leap(DOWN_FOR)
            self.start(dead)
        return bool(dead)

    def insist(self, act: Callable[[dict[str, Api]], R]) -> R:
        """Call the hub until it answers, as a client with an Idempotency-Key may."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return act(self.doors)
            except Unable:
                self.revive()
            except Answered as refused:
                if refused.status not in (409, 503) or refused.problem.get("code") not in _PASSING:
                    raise
            if time.monotonic() > end:
                raise Stuck(f"the hub does not answer\n{self.last_words()}")
            self._look()

    def until(self, quiet: Callable[[], bool]) -> None:
        """Wait until nothing is due, reviving what dies meanwhile. Raises Stuck."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.revive() or not quiet():
            if time.monotonic() > end:
                raise Stuck(f"work that is due is not done\n{self.last_words()}")
            self._look()

    def _look(self) -> None:
        """Wait a moment, or until a process ends."""
        wait([process.sentinel for process in list(self._running.values())], timeout=_LOOK_SECONDS)

    def stop(self) -> None:
        """End everything at once: what must survive is committed already."""
        for door in self.doors.values():
            door.close()
        self.kill()
        for process in self._running.values():
            process.join()
            process.close()
        self._running.clear()

    def last_words(self) -> str:
        """Return the end of the log."""
        if not self.log.exists():
            return "no log"
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        return "\n".join(line[:400] for line in lines)

    def _until_it_listens(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.city.hub_port), timeout=5).close()
                return
            except OSError:
                if any(not process.is_alive() for process in self._running.values()):
                    return  # killed while it started: whoever calls finds out
                if time.monotonic() > end:
                    raise Stuck(f"the hub does not listen\n{self.last_words()}") from None
                self._look()


_PASSING: Final = frozenset({"still_running", "messages_waiting", "unavailable", "database_unavailable"})


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    """The hub, killed at the end."""
    try:
        yield hub
    finally:
        hub.stop()
