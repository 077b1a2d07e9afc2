"""One of several router processes on one database: takes and gives back at random, tells what it holds.

`python -m tests.hub.store.router_process URL SEED` prints one JSON object.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection

from contracts.programme import Programme, Quota
from contracts.quota import Measure, Period, QuotaRule
from contracts.vocabulary import RepaymentMethod
from hub.store import quota
from hub.store.quota import Loan
from hub.store.session import Database

TRIES: Final = 40
DAY: Final = date(2026, 1, 30)
NOW: Final = datetime(2026, 1, 30, 4, tzinfo=UTC)
LIMITS: Final = Quota(
    daily_fen=1_000_000,
    rules=(
        QuotaRule(code="loans", period=Period.DAY, measure=Measure.COUNT, plan=30),
        QuotaRule(code="soft", period=Period.MONTH, plan=400_000, strict=False),
    ),
)

OFFER: Final = Programme(
    id="alpha",
    version=1,
    partner="alpha_bank",
    products=("cash",),
    agreement="paper",
    effective_from=DAY,
    amount_min_fen=1,
    amount_max_fen=5_000_000,
    terms=(12,),
    methods=(RepaymentMethod.EQUAL_INSTALMENT,),
    age_min=22,
    age_max=55,
    customer_rate_min=Decimal("0.05"),
    customer_rate_max=Decimal("0.24"),
    funding_rate=Decimal("0.06"),
    own_share=Decimal(1),
    quota=LIMITS,
)


def main(url: str, seed: int) -> dict[str, int]:
    """Try some loans, giving some back on the way."""
    chance, database = random.Random(seed), Database(url)
    held: dict[str, int] = {}
    refused = 0
    for at in range(TRIES):
        key, fen = f"att_{seed}_{at}", chance.randrange(10_000, 90_000)

        def decide(tx: Connection, key: str = key, fen: int = fen) -> bool:
            taken = quota.reserve(tx, key, OFFER, Loan(fen, 12, "320506", "cash"), day=DAY, now=NOW)
            if not taken:
                tx.rollback()
            return taken

        if database.run(decide, repeatable=True):
            held[key] = fen
        else:
            refused += 1
        if held and chance.random() < 0.3:
            back = chance.choice(sorted(held))
            del held[back]
            with database.write() as tx:
                quota.release(tx, back, now=NOW)
    database.close()
    return {"tried": TRIES, "refused": refused, "held": len(held), "held_fen": sum(held.values())}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
