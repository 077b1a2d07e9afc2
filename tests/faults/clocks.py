"""Clocks: the simulation on a machine whose clock leaps by hours or days, and back, between any two steps.

Beside all that the simulation checks after every step: a partner never gets a request that was given up, and
a day after the clock is right again everything is resolved and both sides' books agree.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.outcome import Outcome
from tests.faults.simulation.run import processes_of, quiet, run
from tests.faults.wish import Wish


def program(wish: Wish) -> Iterator[Outcome]:
    """The row of the faults table."""
    with quiet():
        yield run(wish.range(long=20_000, short=20), long=False, leaps=True, processes=processes_of(wish))
