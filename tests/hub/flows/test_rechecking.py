"""A month reckoned again in sets agrees with its books to the fen, and a touched line is found."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from contracts.messages import BuyBackTold, CompensationTold, RefundKind, RefundTold
from hub.flows.rechecking import recheck
from tests.hub.flows.test_month_end import agree
from tests.hub.flows.world import World


def life(world: World) -> None:
    """Loans: repaid and given back in part; compensated; its disbursement returned; bought back."""
    agree(world)
    one, two, three, four = (world.loan(world.routed(number)) for number in (1, 2, 3, 4))
    first, second = world.repayment(one, "R1", 1), world.repayment(one, "R2", 2)
    half = first.interest_fen // 2
    world.tell("alpha", "repayment", first.model_copy(update={"interest_fen": half}))
    rest = {"serial": "R1b", "event_id": "b", "principal_fen": 0, "interest_fen": first.interest_fen - half}
    world.tell("alpha", "repayment", first.model_copy(update=rest))
    world.tell("alpha", "repayment", second)
    back = {"event_id": "f", "loan_no": one.loan_no, "serial": "F1", "original_serial": "R2"}
    money = {"paid_on": second.paid_on, "principal_fen": 5_000, "interest_fen": 100}
    world.tell("alpha", "refund", RefundTold.model_validate({**back, **money, "what": RefundKind.REPAYMENT}))
    term = world.repayment(two, "x", 1)
    paid = {"event_id": "c", "loan_no": two.loan_no, "serial": "C1", "period": 1, "paid_on": term.paid_on}
    money = {"principal_fen": term.principal_fen, "interest_fen": term.interest_fen}
    world.tell("alpha", "compensation", CompensationTold.model_validate({**paid, **money}))
    gone = {"event_id": "g", "loan_no": three.loan_no, "serial": "G1", "paid_on": date(2026, 1, 9)}
    money = {"what": RefundKind.DISBURSEMENT, "principal_fen": 1_200_000}
    world.tell("alpha", "refund", RefundTold.model_validate({**gone, **money}))
    sold = {"event_id": "s", "loan_no": four.loan_no, "serial": "S1", "paid_on": date(2026, 3, 9)}
    money = {"principal_fen": four.principal_fen, "interest_fen": 12_345, "penalty_fen": 7}
    world.tell("alpha", "buy_back", BuyBackTold.model_validate({**sold, **money}))


def test_every_kind_of_movement_agrees(world: World) -> None:
    life(world)
    assert world.parked() == []
    found = [recheck(world.context, month) for month in ("2026-01", "2026-02", "2026-03")]
    assert [one.differences for one in found] == [(), (), ()]
    assert sum(one.movements for one in found) == 4 + 4 + 1 + 1 + 1
    assert [one.passed_over for one in found] == [0, 0, 0]


def test_a_touched_line_is_found(world: World) -> None:
    life(world)
    with world.database.write() as tx:
        if tx.dialect.name == "postgresql":
            tx.execute(text("ALTER TABLE share_line DISABLE TRIGGER share_line_append_only"))
        else:
            tx.execute(text("DROP TRIGGER share_line_no_update"))
        tx.execute(
            text(
                "UPDATE share_line SET amount_fen = amount_fen + 1 WHERE seq ="
                " (SELECT min(seq) FROM share_line WHERE kind = 'share' AND month = '2026-02')"
            )
        )
    (found,) = recheck(world.context, "2026-02").differences
    assert found.booked_fen == found.again_fen + 1


def test_a_movement_of_before_is_passed_over(world: World) -> None:
    life(world)
    with world.database.write() as tx:
        if tx.dialect.name == "postgresql":
            tx.execute(text("ALTER TABLE money_event DISABLE TRIGGER money_event_append_only"))
        else:
            tx.execute(text("DROP TRIGGER money_event_no_update"))
        tx.execute(text("UPDATE money_event SET days = NULL WHERE serial = 'R2'"))
    assert [recheck(world.context, month).passed_over for month in ("2026-02", "2026-03")] == [0, 1]
