"""Turns on simulated time: every activity is a fibre of one thread, and the seed says who goes next."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from greenlet import getcurrent, greenlet

from tests.faults.simulation.trace import Trace


class Killed(BaseException):
    """The process died here. No handler of failures sees it, as none sees kill -9."""


@dataclass(eq=False)
class Process:
    """Something that may stall and die: its fibres live and die with it."""

    name: str
    alive: bool = True
    stalled_until: datetime | None = None
    ahead: timedelta = timedelta()
    """How far its clock is ahead of the true time."""
    fibres: list[greenlet] = field(default_factory=list)


class Loop:
    """The agenda: what happens next, in order of simulated time; ties and pauses are drawn from the seed."""

    def __init__(self, start: datetime, random: Random, trace: Trace) -> None:
        self.now = start
        self.random = random
        self.trace = trace
        self.steps = 0
        self._agenda: list[tuple[datetime, float, int, Callable[[], None], Process | None]] = []
        self._count = 0
        self._main = getcurrent()
        self._of: dict[greenlet, Process] = {}
        self._unborn: dict[greenlet, Callable[[], None]] = {}
        """Fibres that have not had a turn yet, with what is to be called when they end."""
        self.die: Callable[[Process], None] = lambda process: None

    # Agenda

    def at(self, when: datetime, act: Callable[[], None], process: Process | None = None) -> None:
        """Do it at that time, or now when it is past."""
        self._count += 1
        heapq.heappush(self._agenda, (max(when, self.now), self.random.random(), self._count, act, process))

    def after(self, seconds: float, act: Callable[[], None], process: Process | None = None) -> None:
        """Do it some seconds from now."""
        self.at(self.now + timedelta(seconds=seconds), act, process)

    def next_at(self) -> datetime | None:
        """When the next thing happens."""
        return self._agenda[0][0] if self._agenda else None

    def step(self) -> None:
        """Do the next thing."""
        when, _, _, act, process = heapq.heappop(self._agenda)
        if process is not None:
            if not process.alive:
                return
            if process.stalled_until is not None and when < process.stalled_until:
                self.at(process.stalled_until, act, process)
                return
        self.now = max(self.now, when)
        self.steps += 1
        act()

    # Fibres

    def spawn(self, process: Process, work: Callable[[], None], ended: Callable[[], None]) -> None:
        """Start a fibre in a process; `ended` is called when it is over, however it ended."""

        def body() -> None:
            del self._unborn[fibre]
            try:
                work()
            except Killed:
                pass
            finally:
                self._of.pop(fibre, None)
                if fibre in process.fibres:
                    process.fibres.remove(fibre)
                ended()

        fibre = greenlet(body, self._main)
        process.fibres.append(fibre)
        self._of[fibre] = process
        self._unborn[fibre] = ended
        self.after(self.random.random() * 0.01, lambda: self._resume(fibre), process)

    def here(self) -> Process | None:
        """The process whose fibre is running."""
        return self._of.get(getcurrent())

    def pause(self, seconds: float) -> None:
        """Let others go on for some time; only the killed do not come back."""
        fibre, process = getcurrent(), self.here()
        if process is None:
            return
        if not process.alive:
            raise Killed
        self.after(seconds, lambda: self._resume(fibre), process)
        self._main.switch()

    def kill(self, process: Process) -> None:
        """End a process at once, all its fibres where they stand. Call it from outside of them."""
        process.alive = False
        for fibre in list(process.fibres):
            ended = self._unborn.pop(fibre, None)
            if ended is None:
                fibre.throw(Killed)
            else:
                del self._of[fibre]
                ended()
        process.fibres.clear()

    def _resume(self, fibre: greenlet) -> None:
        process = self._of[fibre]
        fibre.switch()
        if not process.alive:
            # It died by its own hand; what stands around it in the same process goes with it.
            self.kill(process)
            self.die(process)

    def close(self) -> None:
        """Leave nothing suspended behind."""
        for process in {id(p): p for p in self._of.values()}.values():
            self.kill(process)
