"""A loan's states follow its money, there and back."""

from __future__ import annotations

from datetime import date

from contracts.messages import CompensationTold, RefundKind, RefundTold, RepaymentKind
from hub.store.tables import T
from tests.hub.flows.world import World


def test_a_refund_reopens_a_compensated_loan_as_a_compensated_one(world: World) -> None:
    loan = world.loan(world.routed())
    first = world.repayment(loan, "R1", 1)
    paid = CompensationTold(
        event_id="c",
        loan_no=loan.loan_no,
        serial="K1",
        period=1,
        paid_on=date(2026, 2, 20),
        principal_fen=first.principal_fen,
        interest_fen=first.interest_fen,
    )
    rest = world.repayment(
        loan,
        "R2",
        None,
        how=RepaymentKind.EARLY,
        principal_fen=loan.principal_fen - first.principal_fen,
        interest_fen=0,
        paid_on=date(2026, 3, 1),
    )
    back = RefundTold(
        event_id="b",
        loan_no=loan.loan_no,
        serial="B1",
        what=RefundKind.REPAYMENT,
        original_serial="R2",
        paid_on=date(2026, 3, 2),
        principal_fen=rest.principal_fen,
    )
    states = []
    for kind, fact in (("compensation", paid), ("repayment", rest), ("refund", back)):
        world.tell("alpha", kind, fact)
        states.append((world.row(T.loan).state, world.application(loan.application_id).state))
    assert not world.parked()
    assert states == [("compensated", "repaying"), ("settled", "settled"), ("compensated", "repaying")]
