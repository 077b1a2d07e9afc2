"""What commands that act on the hub have in common: its parts, opened and closed, and who acts and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hub.cli.faults import Refusal

if TYPE_CHECKING:
    from hub.flows.context import Context
    from hub.settings import Settings


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Context]:
    """The hub's parts, by the environment's settings unless others are given; closed at the end."""
    import os
    from datetime import UTC, datetime

    from hub import logs
    from hub.settings import Settings
    from hub.wiring import assemble

    settings = settings or Settings()
    logs.set_up(settings.log_level)
    # The workers look for work by themselves; nobody in this process need be woken.
    context = assemble(settings, clock=lambda: datetime.now(UTC), random=os.urandom, wake=lambda _queue: None)
    try:
        yield context
    finally:
        context.database.close()


def stated(who: str, why: str, *, capacity: str) -> tuple[str, str]:
    """Who acts, in which capacity, and why, as they are kept. Raises Refusal for words that say nothing."""
    if len(who.strip()) < 2 or len(why.strip()) < 3:
        raise Refusal("state who you are and why, in words that will still mean something in a year")
    return f"{capacity}:{who.strip()}", why.strip()
