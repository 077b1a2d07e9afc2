"""Taking back: refunds and returned transfers mirror the posted lines, never today's terms."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.agreement import RECEIVED, ShareOnDisbursement
from contracts.money import divide, mirrored
from hub.domain.sharing.events import Cancelled, EventKind, Refunded
from hub.domain.sharing.line import LineKind, ShareLine
from hub.domain.sharing.rules import CannotShare, Draft


def take_back_repayment(draft: Draft, event: Refunded, history: Sequence[ShareLine]) -> None:
    """Mirror the lines of a repayment, pot by pot, in proportion to what is now refunded of it in all."""
    posted = [
        line for line in history if line.event is EventKind.RECEIVED and line.serial == event.original_serial
    ]
    if not posted:
        raise CannotShare("unknown_original", f"repayment {event.original_serial} has not been posted")
    taken = _taken_back(history)
    amounts = (event.principal_fen, event.interest_fen, event.fee_fen, event.penalty_fen)
    for base, amount in zip(RECEIVED, amounts, strict=True):
        if amount:
            _mirror_pot(draft, [line for line in posted if line.base is base], amount, taken)


def take_back_disbursement(draft: Draft, event: Cancelled, history: Sequence[ShareLine]) -> None:
    """Mirror capital and reserve in proportion to what came back, and shares still within their window."""
    owed = sum(
        line.amount_fen if line.kind is LineKind.CONTRIBUTION else -line.amount_fen
        for line in history
        if line.kind in (LineKind.CONTRIBUTION, LineKind.RETURN)
    )
    if event.amount_fen > owed:
        raise CannotShare("more_than_owed", f"{event.amount_fen} fen came back, but {owed} fen are owed")
    posted = [line for line in history if line.event is EventKind.DISBURSED]
    capital = [line for line in posted if line.kind is LineKind.CONTRIBUTION]
    paid = sum(line.amount_fen for line in capital)
    taken = _taken_back(history)
    in_all = event.amount_fen + sum(taken.get(line.ref, 0) for line in capital)
    _mirror_pot(draft, capital, event.amount_fen, taken)
    windows = {
        clause.id: clause.refund_window_days
        for clause in draft.agreement.clauses
        if isinstance(clause, ShareOnDisbursement)
    }
    for line in posted:
        if line.kind is LineKind.UPFRONT and (event.on - line.on).days > windows[line.clause]:
            continue  # the window has passed: the receiver keeps its share
        if line.kind in (LineKind.UPFRONT, LineKind.RESERVE_HELD):
            target = divide(line.amount_fen * in_all, paid)
            draft.mirror(line, target - taken.get(line.ref, 0))


def _taken_back(history: Sequence[ShareLine]) -> dict[str, int]:
    """How much of each line has been taken back so far, by its ref."""
    taken: dict[str, int] = {}
    for line in history:
        if line.mirrors is not None:
            taken[line.mirrors] = taken.get(line.mirrors, 0) - line.amount_fen
    return taken


def _mirror_pot(draft: Draft, lines: list[ShareLine], amount_fen: int, taken: dict[str, int]) -> None:
    """Take `amount_fen` back from the lines that share a pot; they give exactly that between them."""
    shares = [line.amount_fen for line in lines]
    before = [taken.get(line.ref, 0) for line in lines]
    paid, in_all = sum(shares), sum(before) + amount_fen
    if in_all > paid:
        raise CannotShare("more_than_paid", f"{in_all} fen refunded in all, but {paid} fen were paid")
    for line, target, was in zip(lines, mirrored(shares, in_all, paid), before, strict=True):
        draft.mirror(line, target - was)
