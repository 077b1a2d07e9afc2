"""How fast money is split, shared and posted, and that not one fen drifts over a million random amounts.

The floor is plain integer arithmetic that rounds each part on its own, which is what loses fen. `--json`
prints one object of figures; the exit code is 1 when anything drifted.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from contracts.agreement import Agreement
from contracts.money import RemainderRule, split
from hub.domain.ledger import post
from hub.domain.sharing import Disbursed, Received, ShareLine, share

DAY = date(2026, 1, 15)
TERMS = 12
TERM_FEN = 83_333
AGREEMENT = Agreement.model_validate(
    {
        "id": "spread",
        "version": 1,
        "effective_from": "2026-01-01",
        "partner": "bank",
        "parties": [
            {"id": party, "role": role, "name_zh": party, "name_en": party}
            for party, role in (
                ("bank", "funder"),
                ("trust", "funder"),
                ("guarantor", "guarantor"),
                ("platform", "platform"),
            )
        ],
        "capital": [{"party": "bank", "weight": 7}, {"party": "trust", "weight": 3}],
        "clauses": [
            {"id": "capital", "kind": "capital_split"},
            {"id": "cost", "kind": "cost_first", "party": "bank", "rate": "0.085", "day_count": 360},
            {"id": "guarantee", "kind": "cost_first", "party": "guarantor", "rate": "0.03", "day_count": 360},
            {"id": "rest", "kind": "residual", "party": "platform", "base": "interest"},
            {"id": "fees", "kind": "residual", "party": "guarantor", "base": "fee"},
            {"id": "penalties", "kind": "residual", "party": "bank", "base": "penalty"},
        ],
    }
)


def _timed(action: Callable[[], int]) -> tuple[int, float]:
    began = time.process_time()
    result = action()
    return result, time.process_time() - began


def _splits(amounts: Sequence[int], weights: Sequence[tuple[int, ...]], rule: RemainderRule) -> int:
    """Return the fen by which the parts miss the amounts."""
    return sum(
        abs(amount - sum(split(amount, parts, rule))) for amount, parts in zip(amounts, weights, strict=True)
    )


def _floor(amounts: Sequence[int], weights: Sequence[tuple[int, ...]]) -> int:
    drift = 0
    for amount, parts in zip(amounts, weights, strict=True):
        whole = sum(parts)
        drift += abs(amount - sum([amount * part // whole for part in parts]))
    return drift


def _lives(loans: int, random: Random) -> tuple[int, int]:
    """Share and post whole lives of loans; return the movements made and the fen that drifted."""
    drift = movements = 0
    for number in range(loans):
        loan = f"loan_{number}"
        amounts = [random.randrange(1, 2 * TERM_FEN) for _ in range(TERMS)]
        event: Disbursed | Received = Disbursed(loan, sum(amounts), DAY)
        lines: list[ShareLine] = list(share(AGREEMENT, event, ()))
        post(AGREEMENT, event, lines)
        for period, principal in enumerate(amounts, 1):
            interest = random.randrange(1, 30_000)
            event = Received(
                loan, f"r{period}", "normal", period, principal, interest, 0, 0, 1_000_000, 30, DAY
            )
            new = share(AGREEMENT, event, lines)
            entries = post(AGREEMENT, event, new)
            drift += abs(sum(line.amount_fen for line in new) - principal - interest)
            drift += abs(sum(posting.amount_fen for entry in entries for posting in entry.postings))
            lines += new
        movements += 1 + TERMS
        for party in ("bank", "trust"):
            drift += abs(
                sum(
                    line.amount_fen if line.kind == "contribution" else -line.amount_fen
                    for line in lines
                    if line.party == party and line.kind in ("contribution", "return")
                )
            )
    return movements, drift


def measure(rows: int, loans: int, seed: int) -> dict[str, float | int]:
    """Return the figures of one run: rates per second of processor time, drift in fen."""
    random = Random(seed)
    amounts = [random.randrange(10**9) for _ in range(rows)]
    weights = [tuple(random.randrange(1, 100) for _ in range(random.randrange(2, 6))) for _ in range(rows)]
    figures: dict[str, float | int] = {}
    lost, seconds = _timed(lambda: _floor(amounts, weights))
    figures |= {"floor_per_second": round(rows / seconds), "floor_drift_fen": lost}
    for rule in (RemainderRule.LARGEST_REMAINDER, RemainderRule.RESIDUAL_PARTY):
        lost, seconds = _timed(lambda rule=rule: _splits(amounts, weights, rule))  # type: ignore[misc]
        figures |= {f"split_{rule}_per_second": round(rows / seconds), f"split_{rule}_drift_fen": lost}
    began = time.process_time()
    movements, lost = _lives(loans, random)
    each = (time.process_time() - began) / movements
    return figures | {"share_and_post_microseconds": round(each * 1e6, 1), "share_and_post_drift_fen": lost}


def main() -> int:
    """Run, print, and say by the exit code whether a fen drifted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rows", type=int, default=1_000_000, help="amounts to split")
    parser.add_argument("--loans", type=int, default=10_000, help="whole lives of loans to share and post")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    figures = measure(args.rows, args.loans, args.seed)
    if args.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<45} {value:>14,}")
    return int(
        any(value for name, value in figures.items() if name.endswith("_drift_fen") and "floor" not in name)
    )


if __name__ == "__main__":
    sys.exit(main())
