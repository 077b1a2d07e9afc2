"""What a partner forgave the borrower (减免, 免息): less is due, and no money moves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from contracts.messages import WaiverTold
from hub.domain.standing import Movement, Term
from hub.flows import movements
from hub.flows.context import Cause, Context, record
from hub.flows.loans import PLAN_TOLERANCE_FEN
from hub.flows.parking import Contradiction
from hub.store import rows


def waived(context: Context, tx: Connection, partner: str, fact: WaiverTold, cause: Cause) -> None:
    """Lower what is due of a term, or of the whole loan. Nothing is shared and nothing is booked.

    Raises NotYet for a loan that is not known, Contradiction for a waiver that cannot be.
    """
    loan = movements.loan_of(tx, partner, fact.loan_no)
    amounts = movements.amounts_of(fact)
    if movements.known(tx, loan.id, "waiver", fact.serial, amounts, fact.waived_on):
        return
    movements.refuse_cancelled(loan)
    terms = rows.terms(tx, loan.id)
    moved = rows.movements(tx, loan.id)
    moved.append(
        Movement("waiver", fact.serial, fact.period, 0, fact.interest_fen, fact.fee_fen, fact.penalty_fen)
    )
    _refuse_absurd(context, loan, fact, terms, [m for m in moved if m.kind == "waiver"])
    after = movements.reckon(terms, moved)
    values: dict[str, Any] = {**amounts, "period": fact.period}
    movements.note(context, tx, loan.id, "waiver", fact.serial, values, cause, fact.waived_on)
    movements.write_standing(tx, loan, terms, after)
    detail = {"serial": fact.serial, "borne_by": fact.borne_by, **values}
    del detail["principal_fen"]
    record(tx, loan.application_id, "loan", loan.id, "waived", loan.state, loan.state, cause, detail)


def _refuse_absurd(
    context: Context, loan: Any, fact: WaiverTold, terms: list[Term], waivers: list[Movement]
) -> None:
    """Compare with the plan alone, which no order of arrival changes."""
    if fact.principal_fen:
        raise Contradiction("principal was forgiven: that is the funder's loss, and agreed with him by hand")
    if not (fact.interest_fen or fact.fee_fen or fact.penalty_fen):
        raise Contradiction(f"the waiver {fact.serial} forgives nothing")
    agreement = context.agreements[loan.agreement, loan.agreement_version]
    if fact.borne_by is not None and fact.borne_by not in agreement.by_party:
        raise Contradiction(f"{fact.borne_by} bears it, and is no party to {agreement.reference}")
    if fact.period is not None and all(t.period != fact.period for t in terms):
        raise Contradiction(f"the plan has no period {fact.period}")
    of = terms if fact.period is None else [t for t in terms if t.period == fact.period]
    counted = [m for m in waivers if fact.period in (None, m.period)]
    for name in ("interest_fen", "fee_fen"):
        due = sum(getattr(t, name) for t in of)
        forgiven = sum(getattr(m, name) for m in counted)
        # Until the partner's plan is told, it may differ from ours by a fen a term.
        if forgiven > due + PLAN_TOLERANCE_FEN * len(terms):
            raise Contradiction(f"{forgiven} fen of {name} are forgiven in all, and {due} fen are due")
