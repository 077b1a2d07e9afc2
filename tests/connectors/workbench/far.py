"""A partner's sandbox out in the world: a simulator behind HTTP on loopback, whose clock is the real one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors import registry
from connectors.port import Partner
from connectors.sandbox import Habits, Sandbox
from connectors.workbench.checking import Remote
from signing.keystore import new_pair, write_partner_keys

QUICK = Habits(decides_after=timedelta(milliseconds=200), pays_after=timedelta(milliseconds=200))
SLOW = Habits(decides_after=timedelta(days=1))


@contextmanager
def far_partner(
    dialect: str, folder: Path, *, hub_url: str = "http://127.0.0.1:1", habits: Habits = QUICK
) -> Iterator[Remote]:
    """Yield how to reach it; callbacks go to `hub_url`."""
    ours, theirs = new_pair(
        "far", now=datetime.now(UTC) - timedelta(days=1), random=os.urandom, shared_bytes=16
    )
    write_partner_keys(folder / "far-keys", ours)
    simulator = registry.simulator(dialect, Partner("far", theirs), random=os.urandom, seed=1, habits=habits)
    sandbox = Sandbox({"far": simulator}, hub_url=hub_url, clock=lambda: datetime.now(UTC))
    over = threading.Event()

    def pump() -> None:
        while not over.wait(0.05):
            sandbox.pump(datetime.now(UTC), rounds=1)

    thread = threading.Thread(target=pump, daemon=True)
    with sandbox.serve() as url:
        thread.start()
        yield Remote(f"{url}/far", folder / "far-keys", "far", {}, wait=20, spacing=0.1)
        over.set()
        thread.join(10)
    sandbox.close()
