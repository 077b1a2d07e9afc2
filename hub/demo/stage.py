"""The stage of a run: hub and partners under one simulated time, which moves when nothing is left to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.sandbox import Sandbox
from connectors.sandbox.process import Clock
from hub.demo.client import Api
from hub.demo.errors import Unable

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
STUCK_SECONDS: Final = 60
_PAUSES: Final = (0.005, 0.01, 0.02, 0.03, 0.05)
_AFTER_FILES: Final = (2, 30)
"""Time of day up to which one step goes: the files of the day before lie ready then."""


class Stage:
    """Moves the clocks of both sides together and lets fall due what falls due."""

    def __init__(
        self,
        sandbox: Sandbox,
        clock: Clock,
        operator: Api,
        folders: tuple[Path, ...],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sandbox = sandbox
        self._clock = clock
        self._operator = operator
        self._folders = folders
        self._monotonic = monotonic
        self.delivered = 0

    @property
    def now(self) -> datetime:
        """The simulated time."""
        return self._clock()

    def move(self, to: datetime) -> None:
        """Go on to a later time, in steps of a day while something falls due."""
        while (due := self.sandbox.next_due()) is not None and due <= to:
            self.jump(min(to, _end_of_step(max(due, self.now))))
        self.jump(to)

    def jump(self, to: datetime) -> None:
        """Set both clocks, let the partners tell what is due, and wait until the hub has done its part."""
        self._clock.set(to)
        self._tell_time()
        self.delivered += self.sandbox.pump(self.now)
        self.settle()

    def settle(self) -> Mapping[str, Any]:
        """Wait until nothing is due at the hub; returns its last backlog. Raises Unable when it is stuck."""
        before: Mapping[str, int] = {}
        since, turn = self._monotonic(), 0
        while True:
            if self._files_wait():
                # A file gives no sign of itself; setting the time makes the hub look.
                self._tell_time()
            backlog: dict[str, Any] = self._operator.get("/v1/operations/backlog")
            waiting = sum(count for name, count in backlog["work"].items() if name not in ("buried", "later"))
            if not waiting and not self._files_wait():
                return backlog
            if backlog["work"] != before:
                since, before = self._monotonic(), backlog["work"]
            elif self._monotonic() - since > STUCK_SECONDS:
                raise Unable(f"the hub has made no progress for {STUCK_SECONDS} s: {backlog['work']}")
            time.sleep(_PAUSES[min(turn, len(_PAUSES) - 1)])
            turn += 1

    def drain(self, most: int = 30) -> Mapping[str, Any]:
        """Let time pass, by a minute and then by more, until no work waits; returns the last backlog."""
        backlog = self.settle()
        pause = timedelta(minutes=1)
        for _ in range(most):
            if not backlog["work"].get("later"):
                break
            self.jump(self.now + pause)
            backlog, pause = self.settle(), min(pause * 2, timedelta(hours=1))
        return backlog

    def _tell_time(self) -> None:
        self._operator.put("/v1/sandbox/clock", {"now": self.now.isoformat()})

    def _files_wait(self) -> bool:
        return any(
            entry.is_file() for folder in self._folders if folder.is_dir() for entry in folder.iterdir()
        )


def _end_of_step(due: datetime) -> datetime:
    """The next time of day at which the files of the day before lie ready."""
    here = due.astimezone(SHANGHAI)
    end = here.replace(hour=_AFTER_FILES[0], minute=_AFTER_FILES[1], second=0, microsecond=0)
    return end if end > here else end + timedelta(days=1)
