"""The shape of a row: one movement of money, and what had been posted before it.

Amounts are whole fen in 64 bits. `principal_fen` holds the amount of a disbursement or of its return; `days`
is for how long interest ran, or how long after the disbursement it was returned. State columns are by clause
or by funder, in the agreement's order, and those of the lines a movement takes back by output.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from contracts.agreement import RECEIVED, Agreement, CostFirst, RiskReserve


class RowKind(StrEnum):
    """What a row is; each kind has expressions of its own."""

    DISBURSED = "disbursed"
    RECEIVED = "received"
    COMPENSATED = "compensated"
    RECOVERED = "recovered"  # repaid by the borrower after the guarantor had paid
    REFUNDED = "refunded"  # of what was received
    RECOVERY_REFUNDED = "recovery_refunded"
    CANCELLED = "cancelled"


AMOUNTS: Final = ("principal_fen", "interest_fen", "fee_fen", "penalty_fen")
MOVED: Final = (*AMOUNTS, "opening_fen", "days")
TAKES_BACK: Final = {
    RowKind.REFUNDED: RowKind.RECEIVED,
    RowKind.RECOVERY_REFUNDED: RowKind.RECOVERED,
    RowKind.CANCELLED: RowKind.DISBURSED,
}
"""Of which kind the row is that a row takes back."""


def state_names(agreement: Agreement) -> Iterator[str]:
    """Yield the state columns an agreement needs, without those of lines taken back."""
    for place in range(len(agreement.capital)):
        yield f"put_{place}"
        yield f"back_{place}"
    for clause in agreement.clauses:
        if isinstance(clause, CostFirst):
            yield f"taken_{clause.id}"
        elif isinstance(clause, RiskReserve):
            yield f"held_{clause.id}"
    for base in RECEIVED:
        yield f"claim_{base}"
