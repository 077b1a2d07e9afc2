"""The one question: given what was posted for a loan, who gets what of this movement of money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.agreement import RECEIVED, Agreement, Base, RiskReserve, ShareOnDisbursement
from contracts.money import portion, split
from hub.domain.sharing.events import (
    AFTER_COMPENSATION,
    Cancelled,
    Compensated,
    Disbursed,
    EventKind,
    MoneyEvent,
    Received,
    Refunded,
)
from hub.domain.sharing.line import Basis, LineKind, ShareLine
from hub.domain.sharing.mirror import take_back_disbursement, take_back_repayment
from hub.domain.sharing.reserve import draw
from hub.domain.sharing.rules import CannotShare, Draft, by_capital, return_capital, share_pot

COMPENSATION = "rule:compensation"
RECOVERY = "rule:recovery"
"""Stand in the place of a clause where the sharing follows from the event; no clause can have such an id."""

_KINDS: Mapping[type, EventKind] = {
    Disbursed: EventKind.DISBURSED,
    Received: EventKind.RECEIVED,
    Compensated: EventKind.COMPENSATED,
    Refunded: EventKind.REFUNDED,
    Cancelled: EventKind.CANCELLED,
}


def share(
    agreement: Agreement,
    event: MoneyEvent,
    history: Sequence[ShareLine],
    *,
    reserves: Mapping[str, int] | None = None,
) -> tuple[ShareLine, ...]:
    """Return the lines of an event, given all lines posted for the loan so far, in the order posted.

    `agreement` is the version the loan was disbursed under. For a repayment the lines of each pot sum to what
    was received; for a refund to what was given back, negative. `reserves` states what each risk reserve (by
    clause id) holds for all loans; without it a loan draws only on what it placed itself. Raises CannotShare
    when the event contradicts the history.
    """
    kind = _KINDS[type(event)]
    _fits(agreement, event, kind, history)
    draft = Draft(agreement, event.loan_id, kind, event.serial, event.on)
    if isinstance(event, Received):
        draft.period = event.period
        if event.kind == AFTER_COMPENSATION:
            _recovered(draft, event, history)
        else:
            _received(draft, event, history)
    elif isinstance(event, Disbursed):
        _disbursed(draft, event)
    elif isinstance(event, Compensated):
        draft.period = event.period
        _compensated(draft, event, history, reserves)
    elif isinstance(event, Refunded):
        take_back_repayment(draft, event, history)
    else:
        take_back_disbursement(draft, event, history)
    return tuple(draft.lines)


def _fits(agreement: Agreement, event: MoneyEvent, kind: EventKind, history: Sequence[ShareLine]) -> None:
    if not history:
        if kind is not EventKind.DISBURSED:
            raise CannotShare("not_disbursed", "money moved on a loan that has no disbursement")
        return
    if history[0].loan_id != event.loan_id:
        raise ValueError("the history is another loan's")
    if history[0].agreement != agreement.reference:
        raise CannotShare("other_agreement", f"the loan was disbursed under {history[0].agreement}")
    if kind is EventKind.DISBURSED:
        raise CannotShare("already_shared", "the loan has been disbursed before")
    serial = event.serial
    for line in history:
        if line.serial == serial and line.event is kind:
            raise CannotShare("already_shared", f"{kind} {serial} has been posted before")


def _disbursed(draft: Draft, event: Disbursed) -> None:
    agreement, amount = draft.agreement, event.amount_fen
    clause = agreement.capital_split
    for funder, part in zip(
        agreement.capital, split(amount, agreement.weights, clause.remainder), strict=True
    ):
        basis = Basis(rate=str(funder.weight), rounding=clause.remainder)
        draft.add(LineKind.CONTRIBUTION, clause.id, funder.party, Base.DISBURSED, amount, part, basis)
    for other in agreement.by_pot[Base.DISBURSED]:
        if isinstance(other, ShareOnDisbursement):
            kind, receiver = LineKind.UPFRONT, other.receiver
        elif isinstance(other, RiskReserve):
            kind, receiver = LineKind.RESERVE_HELD, other.holder
        else:
            continue
        part = portion(amount, other.fraction, other.rounding)
        basis = Basis(rate=str(other.fraction), rounding=other.rounding)
        draft.add(kind, other.id, receiver, Base.DISBURSED, amount, part, basis, counterparty=other.payer)


def _received(draft: Draft, event: Received, history: Sequence[ShareLine]) -> None:
    if event.principal_fen:
        return_capital(draft, event.principal_fen, history)
    if event.interest_fen:
        share_pot(draft, Base.INTEREST, event.interest_fen, event, history)
    if event.fee_fen:
        share_pot(draft, Base.FEE, event.fee_fen, event, history)
    if event.penalty_fen:
        share_pot(draft, Base.PENALTY, event.penalty_fen, event, history)


def _compensated(
    draft: Draft, event: Compensated, history: Sequence[ShareLine], reserves: Mapping[str, int] | None
) -> None:
    """The funders are made whole: principal as ever, interest and penalty by capital, others get nothing."""
    if event.guarantor not in draft.agreement.by_party:
        raise CannotShare(
            "unknown_guarantor", f"{event.guarantor} is no party to {draft.agreement.reference}"
        )
    pots = (
        (Base.PRINCIPAL, event.principal_fen),
        (Base.INTEREST, event.interest_fen),
        (Base.PENALTY, event.penalty_fen),
    )
    for base, amount in pots:
        if base is Base.PRINCIPAL and amount:
            return_capital(draft, amount, history)
        elif amount:
            by_capital(draft, COMPENSATION, base, amount)
    for base, amount in pots:
        draft.add(LineKind.CLAIM, COMPENSATION, event.guarantor, base, amount, amount)
    draw(draft, event.guarantor, sum(amount for _, amount in pots), history, reserves)


def _recovered(draft: Draft, event: Received, history: Sequence[ShareLine]) -> None:
    """All of it is the guarantor's: first what it paid, then what has accrued since."""
    guarantor = next((line.party for line in reversed(history) if line.kind is LineKind.CLAIM), None)
    if guarantor is None:
        raise CannotShare("not_compensated", "a recovery after compensation, but nothing was compensated")
    claims = dict.fromkeys(RECEIVED, 0)
    for line in history:
        if line.party == guarantor and line.kind is LineKind.CLAIM:
            claims[line.base] += line.amount_fen
        elif line.party == guarantor and line.kind is LineKind.RECOVERY:
            claims[line.base] -= line.amount_fen
    amounts = (event.principal_fen, event.interest_fen, event.fee_fen, event.penalty_fen)
    for base, amount in zip(RECEIVED, amounts, strict=True):
        met = min(amount, claims[base])
        if base is Base.PRINCIPAL and met < amount:
            raise CannotShare("more_than_owed", f"{amount} fen recovered, but {met} fen were compensated")
        basis = Basis(taken_fen=claims[base])
        draft.add(LineKind.RECOVERY, RECOVERY, guarantor, base, amount, met, basis)
        draft.add(LineKind.SHARE, RECOVERY, guarantor, base, amount, amount - met, basis)
