"""What a fault program is asked for on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.engine import URL


@dataclass(frozen=True)
class Wish:
    """The long form or the short one; how many seeds, or the program's own number; where PostgreSQL is.

    `seconds` ends a program that goes through many seeds when it has run so long. `tell` hears how far it is.
    """

    long: bool
    seeds: int | None = None
    first: int = 0
    seconds: float | None = None
    server: URL | None = None
    tell: Callable[[str], None] = lambda words: None

    def range(self, *, long: int, short: int) -> range:
        """Return the seeds, of which the program by itself takes `long` or `short` many."""
        count = self.seeds or (long if self.long else short)
        return range(self.first, self.first + count)
