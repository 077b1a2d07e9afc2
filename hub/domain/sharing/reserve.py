"""Risk reserves: placed at disbursement, drawn on by compensations, set against their target; in fen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from contracts.agreement import Agreement, Base, RiskReserve
from contracts.money import portion
from hub.domain.sharing.events import EventKind
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


def review_reserve(
    agreement: Agreement,
    clause: RiskReserve,
    outstanding_fen: int,
    balance_fen: int,
    *,
    serial: str,
    on: date,
) -> tuple[ShareLine, ...]:
    """Set a reserve against its target, the clause's fraction of the principal outstanding of all its loans.

    Returns the release to the payer of what is above target, or the top-up the payer owes, or nothing. The
    line's `loan_id` is the agreement's reference, as it concerns all loans; `serial` names the review.
    """
    target = portion(outstanding_fen, clause.fraction, clause.rounding)
    draft = Draft(agreement, agreement.reference, EventKind.REVIEWED, serial, on)
    basis = Basis(rate=str(clause.fraction), balance_fen=balance_fen, rounding=clause.rounding)
    above = balance_fen - target
    kind, to, by = (
        (LineKind.RESERVE_DRAWN, clause.payer, clause.holder)
        if above > 0
        else (LineKind.RESERVE_HELD, clause.holder, clause.payer)
    )
    draft.add(kind, clause.id, to, Base.DISBURSED, outstanding_fen, abs(above), basis, counterparty=by)
    return tuple(draft.lines)
