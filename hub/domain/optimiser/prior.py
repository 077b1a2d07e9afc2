"""What the programmes' own terms let expect of a day nobody has seen.

Lenders agree quotas for the loans they await: a programme's daily quota is money expected among its amounts,
terms and methods. Spread evenly over them (amounts by their logarithm), all programmes together are a first
forecast. It knows nothing of the borrowers; those that have come stand for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import cycle
from typing import Final

from contracts.programme import Programme
from hub.domain.routing import RoutingCase

EXPECTED_USE: Final = Decimal("1.1")
"""Lenders' quotas together are about so many times the demand they are agreed for."""
_BELIED: Final = 4
_AMOUNTS: Final = 8
_EACH: Final = 3
_SPAN: Final = 64
_ANYWHERE: Final = "110101"


def expected_fen(programmes: Sequence[Programme], earlier_fen: int | None = None) -> int:
    """Return the money a day is expected to ask for: by the quotas, unless an earlier day belies them."""
    agreed = int(sum(programme.quota.daily_fen for programme in programmes) / EXPECTED_USE)
    if earlier_fen is None or abs(agreed - earlier_fen) * _BELIED < earlier_fen:
        return agreed
    return earlier_fen


def imagined(programmes: Sequence[Programme], seen: Sequence[RoutingCase]) -> list[tuple[RoutingCase, int]]:
    """Return cases with the money expected of each, in fen; borrowers and prices are those of the seen."""
    money: dict[tuple[int, int], Fraction] = {}
    grid = _grid(programmes)
    for programme in programmes:
        inside = [a for a in grid if programme.amount_min_fen <= a <= programme.amount_max_fen]
        inside = inside or [programme.amount_max_fen]
        each = Fraction(programme.quota.daily_fen, len(inside) * len(programme.terms))
        for amount in inside:
            for term in programme.terms:
                money[amount, term] = money.get((amount, term), Fraction(0)) + each
    like = cycle(seen or [_somebody(programme) for programme in programmes])
    cases = []
    for (amount, term), fen in sorted(money.items()):
        for _ in range(_EACH):
            case = replace(next(like), amount_fen=amount, term_months=term, excluded={}, history={})
            cases.append((case, round(fen / _EACH)))
    return cases


def _grid(programmes: Sequence[Programme]) -> list[int]:
    """Amounts in equal ratios, from the least to the most any programme lends, on steps all take."""
    most = max(programme.amount_max_fen for programme in programmes)
    least = max(min(programme.amount_min_fen for programme in programmes), most // _SPAN)
    step = max(programme.amount_step_fen for programme in programmes)
    ratio = (most / least) ** (1 / (_AMOUNTS - 1))
    return sorted({max(step, round(least * ratio**at) // step * step) for at in range(_AMOUNTS)})


def _somebody(programme: Programme) -> RoutingCase:
    return RoutingCase(
        application_id="imagined",
        product=programme.products[0],
        amount_fen=programme.amount_max_fen,
        term_months=programme.terms[0],
        method=programme.methods[0],
        annual_rate=(programme.customer_rate_min + programme.customer_rate_max) / 2,
        age=(programme.age_min + programme.age_max) // 2,
        region=(programme.regions_allowed or (_ANYWHERE,))[0].ljust(6, "0"),
    )
