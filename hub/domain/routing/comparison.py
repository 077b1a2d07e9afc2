"""What simpler policies would have chosen, for comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contracts.programme import Programme
from hub.domain.routing.record import Candidate, Decision


def first_configured(decision: Decision, programmes: Sequence[Programme]) -> Candidate | None:
    """Return what "always the first partner that may" would have taken, for comparison.

    The order is that of `programmes`; quotas are as the decision saw them.
    """
    place = {(programme.id, programme.version): at for at, programme in enumerate(programmes)}
    return min(decision.candidates, key=lambda c: place[c.programme, c.version], default=None)


def at_random(decision: Decision, pick: Callable[[int], int]) -> Candidate | None:
    """Return what a blind choice among the allowed would have taken; `pick(n)` returns 0 to n-1."""
    if not decision.candidates:
        return None
    return decision.candidates[pick(len(decision.candidates))]
