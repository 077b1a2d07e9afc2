"""A statement goes its way by two persons, and what is in dispute is corrected in a new line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from contracts.messages import RefundKind, RefundTold
from hub.flows import closing, disputes, settling
from hub.flows.errors import NotKnown, WrongState
from hub.flows.rechecking import recheck
from hub.store import settled
from hub.store.audit import audit
from hub.store.tables import T
from tests.hub.flows.terms import agreement
from tests.hub.flows.world import World

MARCH = datetime(2026, 3, 2, 2, tzinfo=UTC)


def closed(world: World) -> dict[str, str]:
    """Close February over one repayment; returns the statements' ids by party."""
    loan = world.loan(world.routed())
    world.tell("alpha", "repayment", world.repayment(loan, "R1", 1))
    world.time = MARCH
    return {head["party"]: head["id"] for head in closing.close(world.context, "2026-02", who="ann")}


def share(world: World) -> Any:
    """The platform's share of the interest, which the lender owes it."""
    line = T.share_line.c
    return world.row(T.share_line, line.kind == "share", line.party == "platform")


def step(world: World, statement_id: str, event: str, who: str, why: str = "as agreed") -> None:
    settling.step(world.context, statement_id, event, who=who, why=why)


def state(world: World, statement_id: str) -> str:
    return str(world.row(T.settling, T.settling.c.statement_id == statement_id).state)


def test_every_step_is_an_event_in_the_chain_and_the_statement_stays_as_it_was(world: World) -> None:
    one = closed(world)["platform"]
    before = world.row(T.statement, T.statement.c.id == one)
    step(world, one, "reviewed", "ann", "a first look")
    step(world, one, "reviewed", "ann", "a first look")  # said twice
    step(world, one, "returned", "bob", "wait for the bank")
    step(world, one, "reviewed", "ann")
    step(world, one, "confirmed", "ann", "mail of the bank, 3 March")
    step(world, one, "approved", "bob")
    assert state(world, one) == "approved"
    history = settled.history(world.database, one)
    assert history is not None
    assert [(e["before"], e["after"], e["who"]) for e in history["events"]] == [
        ("draft", "reviewed", "ann"),
        ("reviewed", "draft", "bob"),
        ("draft", "reviewed", "ann"),
        ("reviewed", "confirmed", "ann"),
        ("confirmed", "approved", "bob"),
    ]
    assert history["events"][0]["detail"]["why"] == "a first look"
    assert world.row(T.statement, T.statement.c.id == one) == before
    assert audit(world.database)[0] == []
    with world.database.write() as tx:
        tx.execute(update(T.settling).values(state="draft"))
    assert any("is missing" in str(fault) for fault in audit(world.database)[0])


def test_the_reviewer_does_not_approve_and_no_step_is_left_out(world: World) -> None:
    one = closed(world)["platform"]
    for event in ("confirmed", "approved", "paid", "reconciled", "returned"):
        with pytest.raises(WrongState, match="the statement is draft"):
            step(world, one, event, "ann")
    step(world, one, "reviewed", "ann")
    step(world, one, "confirmed", "bob")
    with pytest.raises(WrongState, match="another person"):
        step(world, one, "approved", "ann")
    step(world, one, "approved", "bob")
    with pytest.raises(WrongState, match="approved"):
        step(world, one, "returned", "bob")
    with pytest.raises(NotKnown):
        step(world, "stm_9", "reviewed", "ann")


def test_an_agreed_dispute_is_a_line_of_the_next_month_that_points_to_the_original(world: World) -> None:
    ids = closed(world)
    original = share(world)
    step(world, ids["alpha"], "reviewed", "ann")
    owed = original.amount_fen - 34  # the lender says that it owes less, and reads it with a minus
    dispute = disputes.dispute(
        world.context, ids["alpha"], original.body["ref"], -owed, who="bank", reason="rate of the old version"
    )
    with pytest.raises(WrongState, match="is open"):
        disputes.dispute(world.context, ids["platform"], original.body["ref"], 1, who="bob", reason="other")
    for party in ids:  # the line stands on the statements of both
        if state(world, ids[party]) == "draft":
            step(world, ids[party], "reviewed", "ann")
        with pytest.raises(WrongState, match="1 disputes"):
            step(world, ids[party], "confirmed", "bank")
    with pytest.raises(WrongState, match="another person"):
        disputes.decide(world.context, dispute, "agreed", who="bank", why="ours")
    for _ in range(2):  # repeating it is harmless
        disputes.decide(world.context, dispute, "agreed", who="ann", why="they are right")
    with pytest.raises(WrongState, match="ann has decided"):
        disputes.decide(world.context, dispute, "rejected", who="bob", why="no")
    assert closing.statement(world.context, ids["alpha"]).control.lines  # the closed month is as it was
    made = world.row(T.share_line, T.share_line.c.kind == "correction")
    assert (made.month, made.mirrors, made.amount_fen) == ("2026-03", original.body["ref"], -34)
    step(world, ids["alpha"], "confirmed", "bank")
    world.time = datetime(2026, 4, 2, tzinfo=UTC)
    after = {h["party"]: h for h in closing.close(world.context, "2026-03", who="ann")}
    assert {party: head["total_fen"] for party, head in after.items()} == {"alpha": 34, "platform": -34}
    (line,) = closing.statement(world.context, after["platform"]["id"]).lines
    assert (line.mirrors, line.due_fen) == (original.body["ref"], -34)
    world.books()
    assert recheck(world.context, "2026-03").differences == ()  # what was agreed on is not reckoned again
    assert audit(world.database)[0] == []


def test_a_refund_takes_back_what_the_movement_gave_whatever_was_agreed_besides(world: World) -> None:
    loan = world.loan(world.routed())
    world.tell("alpha", "repayment", world.repayment(loan, "R1", 1))
    world.time = MARCH
    one = {h["party"]: h["id"] for h in closing.close(world.context, "2026-02", who="ann")}["platform"]
    original = share(world)
    dispute = disputes.dispute(world.context, one, original.body["ref"], 1, who="ann", reason="no reason")
    disputes.decide(world.context, dispute, "agreed", who="bob", why="so be it")
    term = world.repayment(loan, "R1", 1)
    world.tell(
        "alpha",
        "refund",
        RefundTold(
            event_id="f",
            loan_no=loan.loan_no,
            serial="F1",
            what=RefundKind.REPAYMENT,
            original_serial="R1",
            paid_on=term.paid_on,
            principal_fen=0,
            interest_fen=term.interest_fen,
        ),
    )
    line = T.share_line.c
    back = world.row(T.share_line, line.event_kind == "refunded", line.party == "platform")
    assert back.amount_fen == -original.amount_fen
    assert not world.parked()


def test_a_rejected_dispute_changes_nothing_and_may_be_raised_again(world: World) -> None:
    one = closed(world)["platform"]
    ref = share(world).body["ref"]
    first = disputes.dispute(world.context, one, ref, 1, who="ann", reason="too much")
    disputes.decide(world.context, first, "rejected", who="bob", why="it is right")
    assert not world.rows(T.share_line, T.share_line.c.kind == "correction")
    assert disputes.dispute(world.context, one, ref, 2, who="ann", reason="still too much") != first
    with pytest.raises(NotKnown):
        disputes.dispute(world.context, one, "loan_9:received:R9:1", 1, who="ann", reason="no such line")
    with pytest.raises(NotKnown):
        disputes.decide(world.context, "dis_9", "agreed", who="ann", why="no such dispute")
    kept = world.row(T.share_line, T.share_line.c.kind == "return").body["ref"]
    alpha = world.row(T.statement, T.statement.c.party == "alpha").id
    with pytest.raises(WrongState, match="leaves nothing owed"):
        disputes.dispute(world.context, alpha, kept, 1, who="ann", reason="ours anyway")


def test_silence_agrees_after_its_days_where_the_agreement_says_so(world: World) -> None:
    terms = agreement("alpha", silence_agrees_after_days=5)
    world.context.agreements[terms.id, terms.version] = terms  # type: ignore[index]
    ids = closed(world)
    ref = share(world).body["ref"]
    step(world, ids["platform"], "reviewed", "ann")
    dispute = disputes.dispute(world.context, ids["platform"], ref, 1, who="ann", reason="too much")
    world.time = MARCH + timedelta(5)
    assert settling.lapse(world.context) == 0  # the last day to answer
    world.time = MARCH + timedelta(6)
    assert settling.lapse(world.context) == 2
    assert settling.lapse(world.context) == 0
    decided = world.row(T.dispute, T.dispute.c.id == dispute)
    assert (decided.state, decided.decided_by) == ("agreed", settling.SILENCE)
    assert state(world, ids["platform"]) == "confirmed"
    assert state(world, ids["alpha"]) == "draft"  # nobody sent it
    assert audit(world.database)[0] == []


def test_silence_agrees_to_nothing_where_nothing_was_agreed(world: World) -> None:
    one = closed(world)["platform"]
    disputes.dispute(world.context, one, share(world).body["ref"], 1, who="ann", reason="too much")
    step(world, one, "reviewed", "ann")
    world.time = MARCH + timedelta(400)
    assert settling.lapse(world.context) == 0
    assert state(world, one) == "reviewed"


def test_the_amounts_of_a_statement_are_never_edited(world: World) -> None:
    closed(world)
    with pytest.raises(Exception, match="append-only"), world.database.write() as tx:
        tx.execute(text("UPDATE statement SET total_fen = 1"))


def test_the_end_of_a_day_lets_silence_agree(world: World) -> None:
    terms = agreement("alpha", silence_agrees_after_days=5)
    world.context.agreements[terms.id, terms.version] = terms  # type: ignore[index]
    world.worker.drain()  # the first look begins the count of days
    one = closed(world)["platform"]
    step(world, one, "reviewed", "ann")
    world.time = MARCH + timedelta(6)
    world.worker.drain()
    world.pass_time(seconds=6)
    assert state(world, one) == "confirmed"
