"""`explain`: why a line of a statement is what it is."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from hub import logs
from hub.flows.explaining import explanation
from hub.settings import Settings
from hub.wiring import assemble


def explain(ref: str) -> bool:
    """Print the explanation of a line, Chinese first; returns whether its numbers give its amount again."""
    settings = Settings()
    logs.set_up(settings.log_level)
    context = assemble(settings, clock=lambda: datetime.now(UTC), random=os.urandom, wake=lambda _queue: None)
    try:
        found = explanation(context, ref)
    finally:
        context.database.close()
    for step in found.steps:
        print(step.zh)
        print(f"    {step.en}")
    print("重算一致 its numbers give it again" if found.agrees else "重算不一致 its numbers do NOT give it")
    return found.agrees
