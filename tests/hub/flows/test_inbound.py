"""From a partner to the record: kept before it is acknowledged, applied once, parked when it contradicts."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from connectors.exchange import Folder
from connectors.port import Answer, Call, Heard
from contracts.messages import (
    AnyTold,
    RefundKind,
    RefundTold,
    Unclear,
)
from hub.flows import inbound
from hub.flows.context import Desk
from hub.flows.errors import NotKnown
from hub.store.tables import T
from tests.hub.flows.world import World


def test_a_forged_callback_is_refused_and_leaves_nothing(world: World) -> None:
    application_id = world.routed()
    body = world.approve(application_id).model_dump_json().encode()
    assert world.raw_call("alpha", "credit", body, signature="bad") == "refused"
    world.worker.drain()
    assert world.application(application_id).state == "reviewing"
    assert not world.rows(T.message, T.message.c.direction == "in")


def test_what_breaks_the_verification_is_refused(world: World) -> None:
    assert world.raw_call("alpha", "credit", b"\xff not json") == "refused"
    assert not world.rows(T.message)


def test_what_cannot_be_kept_is_asked_for_again(world: World) -> None:
    application_id = world.routed()
    fact = world.approve(application_id)
    with world.database.write() as tx:
        tx.execute(text("ALTER TABLE work RENAME TO away"))
    assert world.call("alpha", "credit", "m", fact) == "busy"
    with world.database.write() as tx:
        tx.execute(text("ALTER TABLE away RENAME TO work"))
    assert world.call("alpha", "credit", "m", fact) == "received"
    world.worker.drain()
    assert world.application(application_id).state == "approved"


def test_an_unknown_partner_is_not_known(world: World) -> None:
    with pytest.raises(NotKnown):
        inbound.receive(world.context, "nobody", "credit", Call("POST", "/", {}, b""))


def test_a_callback_is_kept_before_it_is_acknowledged_and_applied_after(world: World) -> None:
    application_id = world.routed()
    assert world.call("alpha", "credit", "m1", world.approve(application_id)) == "received"
    assert world.application(application_id).state == "reviewing"
    kept = world.row(T.message, T.message.c.source == "callback")
    raw = world.context.vault.raw(kept.sealed, kept.id)
    assert b'"id": "m1"' in raw
    assert b"approved" not in kept.sealed
    world.worker.drain()
    assert world.application(application_id).state == "approved"


def test_a_callback_is_verified_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept and what the acknowledgement names are one reading, and nothing unverified is either."""
    connector = world.context.desks["alpha"].connector
    read, heard, named = connector.read_callback, [], []

    def reading(kind: str, call: Call, *, now: datetime) -> Heard:
        heard.append(read(kind, call, now=now))
        return heard[-1]

    def acknowledging(*args: object, heard: Heard | None = None, **more: object) -> Answer:
        named.append(heard)
        return Answer(200, {}, b"")

    monkeypatch.setattr(connector, "read_callback", reading)
    monkeypatch.setattr(connector, "acknowledge", acknowledging)
    application_id = world.routed()
    world.call("alpha", "credit", "m1", world.approve(application_id))
    assert named == heard
    assert world.row(T.message, T.message.c.source == "callback").number == "callback:credit:m1"
    world.raw_call("alpha", "credit", b"{}", signature="bad")
    world.raw_call("alpha", "credit", b"rubbish")
    assert named[1:] == [None, None]


def test_a_repeated_callback_is_acknowledged_and_applied_once(world: World) -> None:
    loan = world.loan(world.routed())
    fact = world.repayment(loan, "R1", 1)
    for nonce in ("n1", "n2", "n3"):
        assert world.call("alpha", "repayment", "m-R1", fact, nonce=nonce) == "received"
    world.tell("alpha", "repayment", fact)  # the same fact under another message number
    assert len(world.rows(T.money_event, T.money_event.c.serial == "R1")) == 1
    assert not world.parked()


def test_a_nonce_serves_one_message_for_ever(world: World) -> None:
    loan = world.loan(world.routed())
    assert world.call("alpha", "repayment", "a", world.repayment(loan, "R1", 1), nonce="n") == "received"
    assert world.call("alpha", "repayment", "b", world.repayment(loan, "R2", 2), nonce="n") == "refused"
    world.worker.drain()
    assert not world.rows(T.money_event, T.money_event.c.serial == "R2")


def test_the_same_number_with_another_content_is_kept_parked_and_not_applied(world: World) -> None:
    loan = world.loan(world.routed())
    world.call("alpha", "repayment", "m", world.repayment(loan, "R1", 1))
    world.call("alpha", "repayment", "m", world.repayment(loan, "R2", 2))
    world.worker.drain()
    assert world.parked() == ["the same message number came before with another content"]
    assert not world.rows(T.money_event, T.money_event.c.serial == "R2")
    assert len(world.rows(T.message, T.message.c.kind == "repayment")) == 2


def test_an_unreadable_callback_is_kept_and_parked_once(world: World) -> None:
    for _ in range(2):
        assert world.raw_call("alpha", "credit", b"rubbish") == "received"
    assert world.parked() == ["rubbish"]


def test_a_meaning_we_do_not_know_changes_nothing_and_calls_a_person(world: World) -> None:
    application_id = world.routed()
    subject = world.attempt(application_id).id
    world.tell("alpha", "credit", Unclear(event_id="u", subject=subject, code="9999", message="?"))
    assert world.application(application_id).state == "reviewing"
    assert "9999" in world.parked()[0]


def _contradictions(world: World, application_id: str) -> dict[str, AnyTold]:
    return {
        "amount": world.disbursed(application_id, amount_fen=1_199_999),
        "unknown drawdown": world.disbursed(application_id, subject="drw_unknown"),
    }


@pytest.mark.parametrize("case", ["amount", "unknown drawdown"])
def test_a_disbursement_that_differs_from_what_was_drawn_is_parked(world: World, case: str) -> None:
    application_id = world.routed()
    world.drawn(application_id)
    world.tell("alpha", "drawdown", _contradictions(world, application_id)[case])
    assert len(world.parked()) == 1
    assert world.application(application_id).state == "drawing"
    assert not world.rows(T.loan)


def test_another_partners_word_on_our_loan_is_parked(world: World) -> None:
    application_id = world.routed()
    world.drawn(application_id)
    world.tell("beta", "drawdown", world.disbursed(application_id))
    assert len(world.parked()) == 1
    assert not world.rows(T.loan)


def test_an_approval_at_another_rate_is_parked(world: World) -> None:
    application_id = world.routed()
    world.tell("alpha", "credit", world.approve(application_id, annual_rate="0.2000"))
    assert "0.2000" in world.parked()[0]
    assert world.application(application_id).state == "reviewing"


def test_a_second_story_about_an_approval_is_parked(world: World) -> None:
    application_id = world.routed()
    world.tell("alpha", "credit", world.approve(application_id))
    world.tell("alpha", "credit", world.approve(application_id, credit_no="C9"))
    world.tell("alpha", "credit", world.decline(application_id))
    assert len(world.parked()) == 2
    assert world.application(application_id).state == "approved"


def test_a_repayment_booked_with_other_amounts_or_too_much_is_parked(world: World) -> None:
    loan = world.loan(world.routed())
    world.tell("alpha", "repayment", world.repayment(loan, "R1", 1))
    world.tell("alpha", "repayment", world.repayment(loan, "R1", 1, interest_fen=1))
    world.tell("alpha", "repayment", world.repayment(loan, "R2", 2, principal_fen=1_200_000))
    assert len(world.parked()) == 2
    world.books()


def test_an_early_fact_waits_for_its_turn(world: World) -> None:
    application_id = world.routed()
    world.drawn(application_id)
    told = world.disbursed(application_id)
    early = RefundTold(
        event_id="x",
        loan_no=str(told.loan_no),
        serial="X",
        what=RefundKind.DISBURSEMENT,
        paid_on=date(2026, 1, 6),
        principal_fen=1_200_000,
    )
    world.tell("alpha", "refund", early)
    assert not world.parked()
    world.tell("alpha", "drawdown", told)
    world.pass_time(minutes=2)
    assert world.application(application_id).state == "cancelled"


def test_a_fact_whose_turn_never_comes_is_parked(world: World) -> None:
    lost = RefundTold(
        event_id="x",
        loan_no="L-none",
        serial="X",
        what=RefundKind.DISBURSEMENT,
        paid_on=date(2026, 1, 6),
        principal_fen=1,
    )
    world.tell("alpha", "refund", lost)
    for _ in range(45):
        world.pass_time(minutes=2)
    assert world.parked() == ["what must come before it never came"]
    assert not world.rows(T.work)


# Daily files


def _with_folder(world: World, root: Path) -> Folder:
    desk = world.context.desks["alpha"]
    folder = Folder(root, ".ok")
    world.context.desks["alpha"] = Desk(desk.partner, desk.connector, desk.transport, folder)  # type: ignore[index]
    return folder


def test_a_daily_file_is_a_third_source_of_the_same_facts(world: World, tmp_path: Path) -> None:
    folder = _with_folder(world, tmp_path / "in")
    loan = world.loan(world.routed())
    lines = [world.repayment(loan, f"R{p}", p) for p in (1, 2)]
    world.tell("alpha", "repayment", lines[0])
    content = b"\n".join(line.model_dump_json().encode() for line in lines)
    folder.place("repay_20260305.txt", content)
    world.worker.drain()
    assert len(world.rows(T.money_event, T.money_event.c.kind == "repayment")) == 1  # no marker yet
    folder.place("repay_20260305.txt.ok", b"")
    world.worker.drain()
    assert len(world.rows(T.money_event, T.money_event.c.kind == "repayment")) == 2
    assert folder.complete() == []
    assert not world.parked()


def test_the_same_file_is_taken_once_and_an_unreadable_one_is_parked(world: World, tmp_path: Path) -> None:
    _with_folder(world, tmp_path / "in")
    loan = world.loan(world.routed())
    content = world.repayment(loan, "R1", 1).model_dump_json().encode()
    assert inbound.take_file(world.context, "alpha", "a.txt", content)
    assert not inbound.take_file(world.context, "alpha", "a.txt", content)
    assert inbound.take_file(world.context, "alpha", "b.txt", b"rubbish")
    world.worker.drain()
    assert world.parked() == ["rubbish"]
    assert len(world.rows(T.money_event, T.money_event.c.serial == "R1")) == 1
