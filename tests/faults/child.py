"""A hub process of the fault programs: what `loanhub serve` and `loanhub work` run, on a shared clock.

It is forked from a server that has loaded everything, so that being killed and started again takes a fifth of
a second; from there on it is the command itself, with sockets, database and signals of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn  # noqa: F401  loaded before the fork

import hub.web.access
import hub.web.app  # noqa: F401
from connectors import registry
from connectors.transport import Transport
from hub import worker
from hub.cli import closing, running
from tests.faults import city  # noqa: F401
from tests.faults.clock import SharedClock
from tests.faults.steps import Death, Steps

LOOK_SECONDS = 0.01
"""How often idle claimers look for work: time leaps here, and nobody tells the processes that only work."""

for _name in registry.BUILT_IN:
    registry._found(_name, registry.GROUP)


@dataclass(frozen=True)
class Order:
    """What a process is to do: `serve`, `work`, `both` or `close 2026-01`, where, and where to die."""

    role: str
    environment: Mapping[str, str]
    clock: Path
    log: Path
    trace: Path | None = None
    death: Death | None = None


def run(order: Order) -> None:
    """The process's whole life."""
    os.environ.clear()
    os.environ.update(order.environment)
    with order.log.open("ab", buffering=0) as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    if order.trace is not None:
        Steps(order.trace, order.death).install()
    clock = SharedClock(order.clock)
    running._clock = _shared(clock)
    # A partner that asks for a minute's rest gets it by the time everything else here goes by.
    Transport.__init__.__kwdefaults__["monotonic"] = lambda: clock().timestamp()
    worker.IDLE_SECONDS = LOOK_SECONDS
    match order.role.split():
        case ["close", month]:
            closing.close(month)
        case ["work"]:
            running.work()
        case [role]:
            running.serve(work=role == "both", sandbox=True, start=None)


def _shared(shared: SharedClock) -> Any:
    def clock(settings: object, start: object, wake: running.Signal) -> tuple[Any, Any]:
        def set_clock(now: Any) -> None:
            # The time is in the shared file already: what is left is to look at it.
            wake.wake_all()

        return shared, set_clock

    return clock
