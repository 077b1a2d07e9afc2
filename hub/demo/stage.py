"""The stage of a run: hub and partners under one simulated time, which moves when nothing is left to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from connectors.sandbox import Sandbox
from connectors.sandbox.process import Clock
from hub.demo.client import Api
from hub.demo.errors import Unable

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
STUCK_SECONDS: Final = 120
WAIT_SECONDS: Final = 10
FILE_SECONDS: Final = 0.01
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
            self.jump(min(to, end_of_step(max(due, self.now))))
        self.jump(to)

    def jump(self, to: datetime) -> None:
        """Set both clocks, let the partners tell what is due, and wait until the hub has done its part."""
        self._clock.set(to)
        self._tell_time()
        self.delivered += self.sandbox.pump(self.now)
        self.settle()

    def settle(self) -> None:
        """Wait until the hub has nothing to do that is due. Raises Unable when it does not come to an end."""
        end = self._monotonic() + STUCK_SECONDS
        while self._files_wait() or not self._quiet():
            if self._monotonic() > end:
                work = self._operator.get("/v1/operations/backlog")["work"]
                raise Unable(f"the hub is not done after {STUCK_SECONDS} s: {work}")

    def _quiet(self) -> bool:
        answer = self._operator.get("/v1/sandbox/quiet", seconds=WAIT_SECONDS)
        return bool(answer["quiet"]) and not self._files_wait()

    def drain(self, most: int = 30) -> None:
        """Let time pass, by a minute and then by more, until no work waits for later."""
        pause = timedelta(minutes=1)
        for _ in range(most):
            if not self._operator.get("/v1/operations/backlog")["work"].get("later"):
                return
            self.jump(self.now + pause)
            pause = min(pause * 2, timedelta(hours=1))

    def _tell_time(self) -> None:
        self._operator.put("/v1/sandbox/clock", {"now": self.now.isoformat()})

    def _files_wait(self) -> bool:
        """Whether a daily file lies untaken; then the hub is made to look, for a file gives no sign."""
        for folder in self._folders:
            if folder.is_dir() and any(entry.is_file() for entry in folder.iterdir()):
                self._tell_time()
                time.sleep(FILE_SECONDS)
                return True
        return False


def end_of_step(due: datetime) -> datetime:
    """The next time of day at which the files of the day before lie ready."""
    here = due.astimezone(SHANGHAI)
    end = here.replace(hour=_AFTER_FILES[0], minute=_AFTER_FILES[1], second=0, microsecond=0)
    return end if end > here else end + timedelta(days=1)
