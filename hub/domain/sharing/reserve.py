"""Risk reserves: placed at disbursement, drawn on by compensations; in fen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from contracts.agreement import Base, RiskReserve
from hub.domain.sharing.line import Basis, LineKind, ShareLine
from hub.domain.sharing.rules import Draft


def reserve_balance(clause: str, lines: Iterable[ShareLine]) -> int:
    """Return what the reserve of a clause holds after these lines."""
    balance = 0
    for line in lines:
        if line.clause == clause and line.kind is LineKind.RESERVE_HELD:
            balance += line.amount_fen
        elif line.clause == clause and line.kind is LineKind.RESERVE_DRAWN:
            balance -= line.amount_fen
    return balance


def draw(
    draft: Draft,
    guarantor: str,
    compensated_fen: int,
    history: Sequence[ShareLine],
    reserves: Mapping[str, int] | None,
) -> None:
    """Repay the guarantor out of the reserves, in the order of their clauses, as far as they go."""
    left = compensated_fen
    for clause in draft.agreement.by_pot[Base.DISBURSED]:
        if isinstance(clause, RiskReserve):
            held = reserve_balance(clause.id, history) if reserves is None else reserves.get(clause.id, 0)
            part = min(left, max(held, 0))
            draft.add(
                LineKind.RESERVE_DRAWN,
                clause.id,
                guarantor,
                Base.DISBURSED,
                compensated_fen,
                part,
                Basis(balance_fen=held, left_fen=left),
                counterparty=clause.holder,
            )
            left -= part
