"""A month is closed once, after it has ended, and its statements can be made again for ever."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from contracts.messages import RefundKind, RefundTold
from hub.flows import closing
from hub.flows.errors import MonthClosed, NotKnown, WrongState
from hub.store.tables import T
from tests.hub.flows.world import World


def test_only_a_month_that_has_ended_is_closed_and_only_once(world: World) -> None:
    world.loan(world.routed())
    with pytest.raises(WrongState):
        closing.close(world.context, "2026-01", who="ann")
    with pytest.raises(NotKnown):
        closing.close(world.context, "2026-13", who="ann")
    world.time = datetime(2026, 1, 31, 16, tzinfo=UTC)  # midnight in Shanghai
    closing.close(world.context, "2026-01", who="ann")
    with pytest.raises(MonthClosed):
        closing.close(world.context, "2026-01", who="ann")


def test_a_month_waits_for_its_messages(world: World) -> None:
    loan = world.loan(world.routed())
    world.call("alpha", "repayment", "m", world.repayment(loan, "R1", 1))
    world.time = datetime(2026, 3, 2, tzinfo=UTC)
    with pytest.raises(WrongState):
        closing.close(world.context, "2026-02", who="ann")
    world.worker.drain()
    assert closing.close(world.context, "2026-02", who="ann")


def test_statements_carry_every_fen_and_are_made_again_the_same(world: World) -> None:
    loan = world.loan(world.routed())
    for period in (1, 2):
        world.tell("alpha", "repayment", world.repayment(loan, f"R{period}", period))
    world.time = datetime(2026, 3, 2, tzinfo=UTC)
    heads = {h["party"]: h for h in closing.close(world.context, "2026-02", who="ann")}
    made = {party: closing.statement(world.context, head["id"]) for party, head in heads.items()}
    interest = next(t.interest_fen for t in world.rows(T.plan_term) if t.period == 1)
    shared = sum(line.own_fen for s in made.values() for line in s.lines if line.base == "interest")
    assert shared == interest
    assert sum(s.control.due_fen for s in made.values()) == 0
    assert made["platform"].control.due_fen == -made["alpha"].control.due_fen
    assert not [fen for (account, _), fen in world.books().items() if account == "receivable" and fen < 0]


def test_what_arrives_late_or_takes_back_goes_to_the_next_month_with_its_pointer(world: World) -> None:
    loan = world.loan(world.routed())
    world.tell("alpha", "repayment", world.repayment(loan, "R1", 1))
    world.time = datetime(2026, 3, 2, tzinfo=UTC)
    before = {h["party"]: h for h in closing.close(world.context, "2026-02", who="ann")}
    term = world.repayment(loan, "R1", 1)
    refund = RefundTold(
        event_id="f",
        loan_no=loan.loan_no,
        serial="F1",
        what=RefundKind.REPAYMENT,
        original_serial="R1",
        paid_on=term.paid_on,
        principal_fen=0,
        interest_fen=term.interest_fen,
    )
    world.tell("alpha", "refund", refund)
    assert closing.statement(world.context, before["platform"]["id"])  # the closed month is as it was
    world.time = datetime(2026, 4, 2, tzinfo=UTC)
    after = {h["party"]: h for h in closing.close(world.context, "2026-03", who="ann")}
    assert after["platform"]["total_fen"] == -before["platform"]["total_fen"]
    (line,) = closing.statement(world.context, after["platform"]["id"]).lines
    assert line.carried
    assert line.mirrors
    world.books()


def test_a_statement_whose_lines_were_touched_is_refused(world: World) -> None:
    world.loan(world.routed())
    world.time = datetime(2026, 2, 2, tzinfo=UTC)
    heads = closing.close(world.context, "2026-01", who="ann")
    with world.database.write() as tx:
        name = "statement_no_update" if world.database.sqlite else "statement_append_only ON statement"
        tx.execute(text(f"DROP TRIGGER {name}"))  # what somebody with all rights can do
        tx.execute(T.statement.update().values(sha256="0" * 64))
    with pytest.raises(closing.Altered):
        closing.statement(world.context, heads[0]["id"])
