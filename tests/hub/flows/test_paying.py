"""What is approved is instructed once, posted when paid, and reconciled when the bank shows it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hub.domain.payment_files import BANK
from hub.domain.reconciliation import Tolerance, Why
from hub.flows import paying, settling
from hub.flows.errors import NotKnown, WrongState
from hub.store import settled
from hub.store.audit import audit
from hub.store.tables import T
from tests.hub.flows.test_settling import MARCH, closed, state
from tests.hub.flows.world import World

ON = date(2026, 3, 2)


def approved(world: World, *parties: str) -> dict[str, str]:
    """Close February and approve the statements of these parties."""
    ids = closed(world)
    for party in parties:
        for event, who in (("reviewed", "ann"), ("confirmed", "ann"), ("approved", "bob")):
            settling.step(world.context, ids[party], event, who=who, why="as agreed")
    return ids


def bank(*rows: str) -> bytes:
    return "\n".join([",".join(BANK), *rows]).encode()


def test_a_due_is_paid_once_both_its_statements_are_approved(world: World) -> None:
    closed_ids = approved(world, "platform")
    assert paying.instruct(world.context, "2026-02", who="bob") == []
    for event, who in (("reviewed", "ann"), ("confirmed", "ann"), ("approved", "bob")):
        settling.step(world.context, closed_ids["alpha"], event, who=who, why="as agreed")
    (one,) = paying.instruct(world.context, "2026-02", who="bob")
    assert paying.instruct(world.context, "2026-02", who="ann") == [one]
    statement = world.row(T.statement, T.statement.c.party == "platform")
    assert (one.debtor, one.creditor, one.amount_fen) == ("alpha", "platform", statement.total_fen)
    assert f",{one.amount_fen}," in paying.instruction(world.context, "2026-02").decode("utf-8-sig")


def test_nothing_is_instructed_before_approval(world: World) -> None:
    closed(world)
    with pytest.raises(WrongState, match="no statement of 2026-02 is approved"):
        paying.instruct(world.context, "2026-02", who="bob")
    with pytest.raises(NotKnown):
        paying.pay(world.context, "pay_9", on=ON, who="bob", why="receipt 17")


def test_paid_is_posted_and_the_bank_settles_it(world: World) -> None:
    ids = approved(world, "alpha", "platform")
    (one,) = paying.instruct(world.context, "2026-02", who="bob")
    before = world.books()
    assert before["settlement", "platform"] == -one.amount_fen
    with pytest.raises(WrongState, match="has not come yet"):
        paying.pay(world.context, one.id, on=ON + timedelta(1), who="bob", why="receipt 17")
    for _ in range(2):  # repeating it is harmless
        paying.pay(world.context, one.id, on=ON, who="bob", why="receipt 17")
    with pytest.raises(WrongState, match="the payment is paid"):
        paying.pay(world.context, one.id, on=ON, who="ann", why="receipt 17")
    books = world.books()
    assert ("settlement", "platform") not in books
    assert (books["paid", "platform"], books["paid", "alpha"]) == (-one.amount_fen, one.amount_fen)
    entry = world.row(T.journal_entry, T.journal_entry.c.kind == "settlement_paid")
    assert (entry.month, entry.booked_on, entry.serial) == ("2026-03", ON, one.id)
    assert {state(world, id) for id in ids.values()} == {"paid"}
    yuan = f"{one.amount_fen / 100:.2f}"
    found = paying.take_bank_statement(
        world.context, "platform", bank(f"2026-03-03,S1,{yuan},alpha,{one.id}"), Tolerance(), who="ann"
    )
    assert ([m.payment for m in found.matches], found.differences) == ([one.id], ())
    assert {state(world, id) for id in ids.values()} == {"reconciled"}
    assert audit(world.database)[0] == []
    history = settled.history(world.database, ids["alpha"])
    assert history is not None
    assert [event["what"] for event in history["events"]][-2:] == ["paid", "reconciled"]


def test_differences_are_listed_and_nothing_is_matched_silently(world: World) -> None:
    ids = approved(world, "alpha", "platform")
    (one,) = paying.instruct(world.context, "2026-02", who="bob")
    paying.pay(world.context, one.id, on=ON, who="bob", why="receipt 17")
    yuan = f"{(one.amount_fen - 1) / 100:.2f}"
    file = bank(f"2026-03-03,S1,{yuan},alpha,{one.id}", "2026-03-03,S2,1.00,shop,rent")
    for _ in range(2):  # the file again takes no line twice
        found = paying.take_bank_statement(world.context, "platform", file, Tolerance(), who="ann")
        assert not found.matches
        assert [(d.why, d.serial, d.amount_fen) for d in found.differences] == [
            (Why.AMOUNT, "S1", -1),
            (Why.NOT_IN_BOOKS, "S2", 100),
        ]
    assert len(world.rows(T.bank_entry)) == 2
    assert {state(world, id) for id in ids.values()} == {"paid"}
    with pytest.raises(WrongState, match="came before with other words"):
        paying.take_bank_statement(
            world.context, "platform", bank("2026-03-03,S2,2.00,shop,rent"), Tolerance(), who="ann"
        )


def test_a_statement_that_leaves_nothing_due_needs_no_payment(world: World) -> None:
    world.loan(world.routed())
    from hub.flows import closing

    world.time = MARCH
    (head,) = closing.close(world.context, "2026-01", who="ann")
    for event, who in (("reviewed", "ann"), ("confirmed", "ann"), ("approved", "bob")):
        settling.step(world.context, head["id"], event, who=who, why="as agreed")
    assert paying.instruct(world.context, "2026-01", who="bob") == []
    assert state(world, head["id"]) == "reconciled"
