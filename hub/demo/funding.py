"""What funding cost, against always the first partner and against a blind choice, by amount."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from contracts.programme import Programme
from hub.demo.draws import Draws
from hub.demo.reads import Row
from hub.domain.routing import Candidate, Decision, at_random, first_configured

_PLACES = Decimal("0.000001")


@dataclass
class Average:
    """A rate averaged over amounts of principal, exactly."""

    weight_fen: int = 0
    sum: Fraction = field(default_factory=Fraction)

    def add(self, fen: int, rate: Decimal) -> None:
        """Count an amount at a rate a year."""
        self.weight_fen += fen
        self.sum += Fraction(rate) * fen

    def rate(self) -> str | None:
        """The average as a fraction of one a year, in text, half up to six places; None of nothing."""
        if not self.weight_fen:
            return None
        exact = self.sum / self.weight_fen
        value = Decimal(exact.numerator) / Decimal(exact.denominator)
        return f"{value.quantize(_PLACES, ROUND_HALF_UP):f}"


@dataclass(frozen=True)
class Funding:
    """Rates a year of the loans that were made, by how their partner was chosen, and by partner."""

    routed: str | None
    first: str | None
    random: str | None
    by_partner: Mapping[str, str | None]


def compare(loans: Sequence[Row], decisions: Iterable[Row], order: Sequence[Programme], seed: int) -> Funding:
    """Reckon the stored decision behind each loan again, as each other way of choosing would have had it.

    `order` is that of the configuration. Decisions that led to no loan are passed over.
    """
    behind = {(loan["application_id"], loan["attempt"]): loan for loan in loans}
    routed, first, blind = Average(), Average(), Average()
    partners: dict[str, Average] = defaultdict(Average)
    for row in decisions:
        loan = behind.get((row["application_id"], row["seq"]))
        if loan is None:
            continue
        decision = Decision.from_json(row["decision"])
        draws = Draws("blind", seed, row["application_id"], row["seq"])
        fen = loan["principal_fen"]
        _count(routed, fen, decision.candidates[0])
        _count(first, fen, first_configured(decision, order))
        _count(blind, fen, at_random(decision, draws.below))
        _count(partners[loan["partner"]], fen, decision.candidates[0])
    return Funding(
        routed.rate(),
        first.rate(),
        blind.rate(),
        {partner: average.rate() for partner, average in sorted(partners.items())},
    )


def _count(average: Average, fen: int, candidate: Candidate | None) -> None:
    if candidate is not None:
        average.add(fen, candidate.cost.annual_rate)
