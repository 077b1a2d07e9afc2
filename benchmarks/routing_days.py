"""Days for the routing benchmark: arrivals from a file or a seed, in many orders, and programmes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from contracts.programme import Programme, Quota, RepaymentMethod
from hub.domain.routing import RoutingCase

REGIONS = ("1101", "3101", "3205", "3301", "3702", "4201", "4401", "5101", "6101", "2101")
ORDERS: Mapping[str, Callable[[RoutingCase], Any]] = {
    "amount": lambda case: case.amount_fen,
    "amount_down": lambda case: -case.amount_fen,
    "term": lambda case: case.term_months,
    "term_down": lambda case: -case.term_months,
    "rate": lambda case: case.annual_rate,
    "rate_down": lambda case: -case.annual_rate,
}


def in_order(cases: Sequence[RoutingCase], order: str, random: Random) -> list[RoutingCase]:
    """Return the cases in another order: sorted, shuffled, in bursts of a term, or drifting to long ones."""
    ordered = list(cases)
    if order == "random":
        random.shuffle(ordered)
    elif order == "drift":
        longest = max(case.term_months for case in cases)
        ordered.sort(key=lambda case: case.term_months / longest + random.random() * 1.5)
    elif order == "bursts":
        kinds: dict[int, list[RoutingCase]] = {}
        for case in cases:
            kinds.setdefault(case.term_months, []).append(case)
        ordered = []
        while kinds:
            term = random.choice(sorted(kinds))
            size = random.randrange(5, 80)
            ordered += kinds[term][:size]
            kinds[term] = kinds[term][size:]
            if not kinds[term]:
                del kinds[term]
    elif order != "file":
        ordered.sort(key=ORDERS[order])
    return ordered


def arrivals(file: Path, product: str, random: Random) -> Iterator[RoutingCase]:
    """Yield the rows of a CSV as cases."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            if "loan_amount" in row:
                amount, rate = int(row["loan_amount"]) * 100, Decimal(row["interest_rate"]) / 100
            else:
                amount, rate = int(row["amount"]), Decimal(row["annual_rate"])
            yield RoutingCase(
                f"app_{number}",
                row.get("product") or product,
                amount,
                int(row["term"]),
                row.get("method") or "equal_instalment",  # type: ignore[arg-type]
                rate,
                int(row.get("age") or random.randrange(22, 56)),
                row.get("region") or random.choice(REGIONS) + "01",
            )


def invented(count: int, random: Random) -> Iterator[RoutingCase]:
    """Yield cases of a day like a platform's: many small and short, few large and long."""
    for number in range(count):
        amount = min(20_000_000, max(100_000, int(random.lognormvariate(13.5, 0.9)) // 10_000 * 10_000))
        yield RoutingCase(
            f"app_{number}",
            "cash",
            amount,
            random.choice((3, 6, 6, 12, 12, 12, 24, 36)),
            random.choice(("equal_instalment", "equal_instalment", "equal_principal")),  # type: ignore[arg-type]
            Decimal(random.randrange(600, 2400, 12)).scaleb(-4),
            random.randrange(22, 56),
            random.choice(REGIONS) + "01",
        )


def programmes(
    count: int, cases: Sequence[RoutingCase], load_factor: float, random: Random
) -> list[Programme]:
    """Return invented programmes whose daily quotas sum to `load_factor` times the amount of the cases."""
    parts = [random.gammavariate(3, 1) for _ in range(count)]
    demand = sum(case.amount_fen for case in cases) * load_factor
    most = max(case.amount_fen for case in cases)
    terms = sorted({case.term_months for case in cases})
    regions = random.sample(REGIONS, 5)
    return [
        Programme(
            id=f"programme_{at}",
            version=1,
            partner=f"partner_{at}",
            products=tuple(sorted({case.product for case in cases})),
            agreement="paper",
            effective_from=date(2026, 1, 1),
            amount_min_fen=random.choice((1, 1, 1, 300_000)),
            amount_max_fen=min(20_000_000, random.choice((most, most, max(2_000_000, most // 2)))),
            terms=tuple(terms if random.random() < 0.7 else terms[: max(1, len(terms) - 1)]),
            methods=tuple(RepaymentMethod),
            age_min=random.choice((18, 20, 22, 25)),
            age_max=random.choice((50, 55, 60, 65)),
            regions_denied=(random.choice(regions),) if random.random() < 0.4 else (),
            customer_rate_min=Decimal(0),
            customer_rate_max=Decimal("0.36"),
            funding_rate=Decimal(random.randrange(45, 120)).scaleb(-3),
            per_loan_fee_fen=random.choice((0, 0, 500, 2_000)),
            own_share=Decimal(1),
            quota=Quota(daily_fen=max(300_000, int(part / sum(parts) * demand))),
            priority=random.randrange(100),
        )
        for at, part in enumerate(parts)
    ]
