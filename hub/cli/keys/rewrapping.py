"""`keys rewrap`: puts the data keys of stored fields under the present key; resumed by running again."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hub.cli.faults import Refusal
from hub.flows.rewrapping import rewrap, wrapping_keys
from hub.settings import Settings
from hub.wiring import field_ring, open_database


def run(*, batch: int) -> None:
    """Rewrap until nothing is left. Raises Refusal when some data keys could not be opened."""
    settings = Settings()
    ring = field_ring(settings)
    database = open_database(settings)
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    try:
        with bar:
            task = bar.add_task("data keys", total=None)
            for step in rewrap(database, ring, lambda: datetime.now(UTC), batch=batch):
                bar.update(task, completed=step.done, total=step.total)
        left = wrapping_keys(database)
    except KeyboardInterrupt:
        print("interrupted: what is done stays done; run it again for the rest", file=sys.stderr)
        raise SystemExit(130) from None
    finally:
        database.close()
    print(f"{step.done} of {step.total} data keys are under {step.key_id}")
    others = {name: number for name, number in left.items() if name != step.key_id}
    if step.refused:
        raise Refusal(f"{step.refused} could not be opened; the first: {step.fault}")
    if others:
        told = ", ".join(f"{number} under {name}" for name, number in others.items())
        raise Refusal(
            f"a process that still holds the former ring has made more meanwhile ({told}): "
            "restart every serve and work, and run this again"
        )
    print("the keys before it can be revoked")
