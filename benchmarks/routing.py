"""How close routing comes to the cheapest day there could have been, and how fast it decides.

    python benchmarks/routing.py --json --config DIR --arrivals CSV --seed N --order random

Programmes are those in effect of a configuration folder; without one, twenty invented by the seed with
quotas of `--load` times the day's demand. Arrivals are a CSV with loan_amount (yuan), term (months) and
interest_rate (percent), or amount (fen), term and annual_rate (a fraction); product, method, region and age
are optional. Without one, `--count` are drawn from the seed. The hub learns only from `--history`, a CSV of
an earlier day, and from arrivals before the one it decides. A CSV has no times: arrivals are taken to be
even over the day, so the clock tells what part of them has come.

The optimum is a proven lower bound: the linear program's dual in integers, which no assignment undercuts.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from contracts.programme import Programme, Quota, RepaymentMethod
from hub.config.load import load
from hub.domain import optimiser
from hub.domain.optimiser import NOT_ALLOWED, Limit, Loans
from hub.domain.routing import QuotaUse, Router, RoutingCase
from hub.domain.schedule import outstanding_fen_months

NOON = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)
OWN_RATE = Decimal("0.14")
GOALS = {
    "gap_percent": 1.0,
    "quotas_broken": 0,
    "replay_per_second": 10_000,
    "live_p99_ms": 2.0,
    "lp_seconds": 30.0,
}
REGIONS = ("1101", "3101", "3205", "3301", "3702", "4201", "4401", "5101", "6101", "2101")
ORDERS: Mapping[str, Callable[[RoutingCase], object]] = {
    "amount": lambda case: case.amount_fen,
    "amount_down": lambda case: -case.amount_fen,
    "term": lambda case: case.term_months,
    "term_down": lambda case: -case.term_months,
    "rate": lambda case: case.annual_rate,
    "rate_down": lambda case: -case.annual_rate,
}


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


@dataclass(frozen=True)
class Day:
    """Arrivals in order with what each costs everywhere, and the amounts each programme may take."""

    cases: list[RoutingCase]
    loans: Loans
    quotas: list[int]

    @property
    def limits(self) -> list[Limit]:
        """The quotas as limits of the linear program."""
        return [Limit(at, most=most) for at, most in enumerate(self.quotas)]


def priced(cases: list[RoutingCase], router: Router) -> Day:
    """Price every case at every programme that may fund it when no quota is used."""
    place = {(p.id, p.version): at for at, p in enumerate(router.programmes)}
    rows = []
    for case in cases:
        costs = [NOT_ALLOWED] * len(place)
        for candidate in router.decide(case, {}, now=NOON).candidates:
            costs[place[candidate.programme, candidate.version]] = candidate.cost.fen
        base = outstanding_fen_months(case.amount_fen, case.annual_rate, case.term_months, case.method)
        rows.append((case.amount_fen, costs, optimiser.own_funds_fen(base, OWN_RATE)))
    quotas = [
        min(x for x in (p.quota.daily_fen, p.quota.monthly_fen, p.quota.total_fen) if x is not None)
        for p in router.programmes
    ]
    return Day(cases, Loans.of(rows, len(place)), quotas)


@dataclass
class Outcome:
    """What a way of choosing cost, and how many quotas it broke."""

    fen: int
    broken: int
    refreshes: int = 0
    solving_seconds: float = 0.0


def bid(
    day: Day, router: Router, history: Loans | None, fixed: Mapping[str, Decimal] | None = None
) -> Outcome:
    """Play the day through the router with prices: made again and again, or fixed for the whole day."""
    ids = [programme.id for programme in router.programmes]
    place = {name: at for at, name in enumerate(ids)}
    used = [0] * len(ids)
    usage: dict[str, QuotaUse] = {}
    total, solves, spent, prices = 0, 0, 0.0, dict(fixed or {})
    count = len(day.cases)
    refresh = count if fixed is not None else 0 if history is not None else optimiser.bidding.FIRST_REFRESH
    for at, case in enumerate(day.cases):
        if at == refresh:
            began = time.process_time()
            limits = [Limit(i, most=most - used[i]) for i, most in enumerate(day.quotas)]
            so_far = Loans(
                *(
                    part[:at]
                    for part in (
                        day.loans.amount_fen,
                        day.loans.cost_fen,
                        day.loans.fallback_fen,
                        day.loans.millionths,
                    )
                )
            )
            prices = optimiser.reprice(history, so_far, count, limits, ids)
            refresh, solves = optimiser.next_refresh(at, count), solves + 1
            spent += time.process_time() - began
        choice = router.choose(case, usage, now=NOON, prices=prices)
        own = int(day.loans.fallback_fen[at])
        if choice is None or optimiser.own_funds_better(choice.cost_fen, choice.bid_fen, own):
            total += own
            continue
        total += choice.cost_fen
        i = place[choice.programme.id]
        used[i] += case.amount_fen
        usage[choice.programme.id] = QuotaUse(used[i], used[i], used[i])
    return Outcome(total, sum(u > q for u, q in zip(used, day.quotas, strict=True)), solves, spent)


def simple(day: Day, best: Callable[[int, list[int]], int]) -> Outcome:
    """Play the day with a plain rule: `best` picks among the programmes with room, own funds when none."""
    left, total = list(day.quotas), 0
    costs = day.loans.cost_fen.tolist()
    for at, case in enumerate(day.cases):
        fits = [i for i, c in enumerate(costs[at]) if c != NOT_ALLOWED and left[i] >= case.amount_fen]
        if not fits:
            total += int(day.loans.fallback_fen[at])
            continue
        i = best(at, fits)
        left[i] -= case.amount_fen
        total += costs[at][i]
    return Outcome(total, sum(x < 0 for x in left))


def table(day: Day, router: Router, history: Loans | None, random: Random) -> dict[str, float | int]:
    """Every way of choosing on the same arrivals, in fen and in percent above the optimum."""
    best = optimiser.solve(day.loans, day.limits)
    ids = [programme.id for programme in router.programmes]
    hindsight = {name: Decimal(p).scaleb(-6) for name, p in zip(ids, best.prices, strict=True)}
    costs, listed = day.loans.cost_fen, router.programmes
    ways = {
        "ours": bid(day, router, history),
        "greedy": simple(day, lambda at, fits: min(fits, key=lambda i: int(costs[at, i]))),
        "priority": simple(day, lambda _, fits: min(fits, key=lambda i: (listed[i].priority, listed[i].id))),
        "random": simple(day, lambda _, fits: random.choice(fits)),
        "static_hindsight": bid(day, router, None, hindsight),
    }
    figures: dict[str, float | int] = {
        "optimum_fen": best.bound_fen,
        "certificate_gap_millionths": best.gap_millionths,
    }
    for name, way in ways.items():
        figures[f"{name}_fen"] = way.fen
        figures[f"{name}_percent"] = round((way.fen / best.bound_fen - 1) * 100, 3)
    figures["gap_percent"] = figures["ours_percent"]
    figures["quotas_broken"] = ways["ours"].broken
    figures["refreshes"] = ways["ours"].refreshes
    figures["refresh_cpu_ms"] = round(ways["ours"].solving_seconds / max(1, ways["ours"].refreshes) * 1e3, 1)
    return figures


def speeds(cases: Sequence[RoutingCase], seed: int) -> dict[str, float]:
    """Decisions a second of processor time in replay at 20 and 200 programmes, and the whole record's p99."""
    figures: dict[str, float] = {}
    for count in (20, 200):
        router = Router(programmes(count, cases, 10, Random(seed)))
        prices = {p.id: Decimal("0.012345") for p in router.programmes}
        some = cases[:2_000]
        for case in some:
            router.choose(case, {}, now=NOON, prices=prices)
        began = time.process_time()
        for case in some:
            router.choose(case, {}, now=NOON, prices=prices)
        name = "replay_per_second" if count == 20 else f"replay_per_second_{count}"
        figures[name] = round(len(some) / (time.process_time() - began))
        taken = []
        for case in some:
            began = time.process_time()
            router.decide(case, {}, now=NOON, prices=prices)
            taken.append(time.process_time() - began)
        name = "live_p99_ms" if count == 20 else f"live_p99_ms_{count}"
        figures[name] = round(sorted(taken)[len(taken) * 99 // 100] * 1e3, 3)
    return figures


def lp_time(rows: int, seed: int) -> dict[str, float | int]:
    """Processor seconds to assign many loans to twenty programmes with prices and proof."""
    random = Random(seed)
    chooser = np.random.default_rng(seed)
    cases = list(invented(2_000, random))
    router = Router(programmes(20, cases, 1.1, random))
    some = priced(cases, router)
    of = chooser.integers(0, len(cases), rows)
    # Amounts differ by a little, so that no two rows are the same and exact rows are solved.
    stretch = chooser.integers(900, 1_100, rows)
    cost = some.loans.cost_fen[of]
    many = Loans(
        some.loans.amount_fen[of] * stretch // 1_000,
        np.where(cost == NOT_ALLOWED, cost, cost * stretch[:, None] // 1_000),
        some.loans.fallback_fen[of] * stretch // 1_000,
        some.loans.millionths[of],
    )
    limits = [replace(limit, most=(limit.most or 0) * rows // len(cases)) for limit in some.limits]
    wall, began = time.perf_counter(), time.process_time()
    found = optimiser.solve_large(many, limits)
    spent, wall = time.process_time() - began, time.perf_counter() - wall
    return {
        "lp_seconds": round(spent, 2),
        "lp_wall_seconds": round(wall, 2),
        "lp_gap_millionths": found.gap_millionths,
    }


def main() -> int:
    """Run, print, and say by the exit code whether every goal is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--config", type=Path, help="a configuration folder; its programmes in effect are used"
    )
    parser.add_argument("--arrivals", type=Path, help="CSV of the day's applications, in order of arrival")
    parser.add_argument("--history", type=Path, help="CSV of an earlier day, the only other thing known")
    parser.add_argument("--product", help="product of rows that name none")
    parser.add_argument("--count", type=int, default=5_000, help="applications to invent without --arrivals")
    parser.add_argument("--programmes", type=int, default=20, help="programmes to invent without --config")
    parser.add_argument("--load", type=float, default=1.1, help="their quotas as a multiple of demand")
    parser.add_argument("--order", choices=("file", "random", *ORDERS), default="file")
    parser.add_argument(
        "--speed", action=argparse.BooleanOptionalAction, default=True, help="also measure speed"
    )
    parser.add_argument("--lp-rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    # The solver's library greets on the standard output, where only the figures belong.
    sys.stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    random = Random(args.seed)
    product = args.product or ("imported_loan" if args.config else "cash")
    cases = list(arrivals(args.arrivals, product, random) if args.arrivals else invented(args.count, random))
    if args.order == "random":
        random.shuffle(cases)
    elif args.order != "file":
        cases.sort(key=ORDERS[args.order])  # type: ignore[arg-type]
    offered = (
        list(load(args.config).programmes)
        if args.config
        else programmes(args.programmes, cases, args.load, random)
    )
    router = Router([p for p in offered if p.effective_on(NOON.date())])
    earlier = priced(list(arrivals(args.history, product, random)), router).loans if args.history else None
    figures = table(priced(cases, router), router, earlier, random)
    if args.speed:
        figures |= speeds(cases, args.seed) | lp_time(args.lp_rows, args.seed)
    return report(figures, as_json=args.json)


def report(figures: Mapping[str, float | int], *, as_json: bool) -> int:
    """Print the figures against their goals; 1 when one is missed."""
    met = {
        name: figures[name] >= goal if name.endswith("per_second") else figures[name] <= goal
        for name, goal in GOALS.items()
        if name in figures
    }
    floors = {name: figures[f"{name}_fen"] for name in ("greedy", "priority", "random", "static_hindsight")}
    if as_json:
        print(
            json.dumps(
                {
                    "benchmark": "routing",
                    "python": platform.python_version(),
                    "machine": platform.machine(),
                    "figures": figures,
                    "floors": floors,
                    "goals": {name: GOALS[name] for name in met},
                    "met": met,
                }
            )
        )
    else:
        for name, value in figures.items():
            print(
                f"{name:<32}{value:>18,}" + (f"   goal {GOALS[name]}, met {met[name]}" if name in met else "")
            )
    return int(not all(met.values()))


if __name__ == "__main__":
    sys.exit(main())
