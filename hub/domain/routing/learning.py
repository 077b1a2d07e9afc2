"""How likely a partner is to approve, from what it has decided: a Beta posterior that forgets.

An outcome of d days ago counts `DECAY` to the power of d, so that a month halves it. With prior Beta(1, 1)
and weighted sums a of approvals and b of declines the posterior is Beta(1 + a, 1 + b): its mean is
(1 + a) / (2 + a + b), its variance mean (1 - mean) / (3 + a + b). Decimal throughout, ten places.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Final

DECAY: Final = Decimal("0.977")
"""What a day leaves of an outcome's weight: 0.977 to the 30 is 0.498."""
PLACES: Final = Decimal("1e-10")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What a partner decided on one business day."""

    day: date
    approved: int
    declined: int


@dataclass(frozen=True, slots=True)
class Belief:
    """The posterior: weighted approvals and declines seen, the prior not among them."""

    approved: Decimal = Decimal(0)
    declined: Decimal = Decimal(0)

    @property
    def mean(self) -> Decimal:
        """The probability of approval to reckon with."""
        return ((1 + self.approved) / (2 + self.approved + self.declined)).quantize(PLACES)

    @property
    def deviation(self) -> Decimal:
        """The standard deviation of the posterior: how little is known."""
        mean = self.mean
        return (mean * (1 - mean) / (3 + self.approved + self.declined)).sqrt().quantize(PLACES)

    @property
    def low(self) -> Decimal:
        """Two deviations below the mean, at least 0."""
        return max(Decimal(0), self.mean - 2 * self.deviation)

    @property
    def high(self) -> Decimal:
        """Two deviations above the mean, at most 1."""
        return min(Decimal(1), self.mean + 2 * self.deviation)


NOTHING_KNOWN: Final = Belief()


def belief(outcomes: Iterable[Outcomes], today: date) -> Belief:
    """Return what is believed on a business day from the outcomes up to it; later ones are not looked at."""
    approved = declined = Decimal(0)
    with localcontext(prec=28):
        for one in outcomes:
            age = (today - one.day).days
            if age >= 0:
                weight = DECAY**age
                approved += weight * one.approved
                declined += weight * one.declined
    return Belief(approved.quantize(PLACES), declined.quantize(PLACES))
