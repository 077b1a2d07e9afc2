"""The order of tries when partners may decline: who is asked first, and when it is better to stop.

A try at a partner costs c whatever comes of it, and with probability p earns the margin m and ends the
search. Asking in the order of m - c/p, greatest first, earns the most of all orders, and stopping before the
first partner of which m - c/p is not above zero earns the most of all stops.

Exchange of two neighbours shows it: a before b earns p_a m_a - c_a + (1 - p_a)(p_b m_b - c_b), b before a the
same with the names exchanged; their difference is p_a p_b ((m_a - c_a/p_a) - (m_b - c_b/p_b)). Since it does
not depend on what stands before or behind the two, sorting by the index is best for any number of partners;
and because what stands behind the last is a partner earning nothing for certain, of index zero, those at or
below zero are not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Final

from contracts.money import Exact

TRIES_MAX: Final = 5
"""Partners asked for one application: each may enquire with the credit bureau, and every enquiry shows."""

SEARCH_MAX: Final = timedelta(days=3)
"""After this since the application, it goes to no further partner: the borrower has not waited so long."""


@dataclass(frozen=True, slots=True)
class Try:
    """One partner to ask. `approval` is a probability; `id` decides between equals."""

    id: str
    approval: Exact
    margin_fen: Exact
    cost_fen: Exact = 0

    def __post_init__(self) -> None:
        if not 0 <= self.approval <= 1:
            raise ValueError("approval is a probability between 0 and 1")
        if self.cost_fen < 0:
            raise ValueError("cost_fen is zero or more")

    @property
    def index(self) -> Fraction | None:
        """m - c/p, exact; None for a partner that never approves, which is never worth its try."""
        if self.approval == 0:
            return None
        return Fraction(self.margin_fen) - Fraction(self.cost_fen) / Fraction(self.approval)


def sequence(tries: Sequence[Try], *, most: int = TRIES_MAX) -> tuple[Try, ...]:
    """Return the tries worth making, in the order that earns the most, at most `most` of them.

    Equals go by higher approval, then by id, so the order of the argument makes no difference. When the bound
    cuts, the best set of that size is chosen, not the first of the whole order: a dear sure partner can be
    worth more as the only try than a cheap unlikely one.
    """
    if most < 1:
        raise ValueError("at least one try")
    worth = [one for one in tries if one.index is not None and one.index > 0]
    ordered = sorted(worth, key=lambda one: (-_index(one), -Fraction(one.approval), one.id))
    if len(ordered) <= most:
        return tuple(ordered)
    return _best_of(ordered, most)


def expected(tries: Sequence[Try]) -> Fraction:
    """Return what a sequence of tries earns on average, in fen, exact."""
    earned = Fraction(0)
    for one in reversed(tries):
        chance = Fraction(one.approval)
        earned = chance * Fraction(one.margin_fen) - Fraction(one.cost_fen) + (1 - chance) * earned
    return earned


def _index(one: Try) -> Fraction:
    found = one.index
    if found is None:
        raise ValueError("a partner that never approves has no place")
    return found


def _best_of(ordered: Sequence[Try], most: int) -> tuple[Try, ...]:
    """Choose `most` of the ordered tries: from the last to the first, take each or leave it."""
    # best[k] is the best sequence of at most k tries among those looked at so far, with what it earns.
    best: list[tuple[Fraction, tuple[Try, ...]]] = [(Fraction(0), ())] * (most + 1)
    for one in reversed(ordered):
        chance = Fraction(one.approval)
        for size in range(most, 0, -1):
            earned, behind = best[size - 1]
            taken = chance * Fraction(one.margin_fen) - Fraction(one.cost_fen) + (1 - chance) * earned
            if taken >= best[size][0]:
                best[size] = (taken, (one, *behind))
    return best[most][1]
