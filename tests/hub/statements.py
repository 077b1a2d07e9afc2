"""Listening to every statement a piece of the hub runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event


@contextmanager
def heard() -> Iterator[list[tuple[str, Any, str]]]:
    """Every statement run meanwhile, with its parameters and what the cache of compiled statements said."""
    found: list[tuple[str, Any, str]] = []

    def hear(
        connection: Connection, cursor: object, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        if context.compiled is not None:
            found.append((statement, parameters, context.cache_hit.name))

    event.listen(Engine, "after_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(Engine, "after_cursor_execute", hear)
