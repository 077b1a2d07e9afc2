"""From a partner to the record: kept before it is acknowledged, applied once, parked when it contradicts."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from connectors.exchange import Folder
from connectors.port import Call
from contracts.messages import (
    AnyTold,
    CompensationTold,
    PlanTerm,
    PlanTold,
    RefundKind,
    RefundTold,
    RepaymentKind,
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


# The life of a loan


def test_a_loan_paid_as_planned_is_settled_and_every_fen_has_its_owner(world: World) -> None:
    application_id = world.routed()
    loan = world.loan(application_id)
    for period in range(1, 13):
        world.tell("alpha", "repayment", world.repayment(loan, f"R{period}", period))
    assert world.application(application_id).state == "settled"
    assert world.row(T.loan).outstanding_fen == 0
    books = world.books()
    assert ("loan_principal", "alpha") not in books
    interest = sum(t.interest_fen for t in world.rows(T.plan_term))
    shared = sum(-fen for (account, _), fen in books.items() if account == "payable_interest")
    assert shared == interest
    assert not world.parked()


def test_early_settlement_settles_at_once(world: World) -> None:
    application_id = world.routed()
    loan = world.loan(application_id)
    world.tell("alpha", "repayment", world.repayment(loan, "R1", 1))
    left = world.row(T.loan).outstanding_fen
    whole = world.repayment(loan, "R2", None, how=RepaymentKind.EARLY, principal_fen=left, interest_fen=5_000)
    world.tell("alpha", "repayment", whole)
    assert world.application(application_id).state == "settled"
    states = {t.state for t in world.rows(T.plan_term)}
    assert states == {"paid", "settled"}


def test_a_refund_reopens_a_settled_loan_and_mirrors_its_lines(world: World) -> None:
    application_id = world.routed()
    loan = world.loan(application_id)
    before = world.books()
    whole = world.repayment(
        loan, "R1", None, how=RepaymentKind.EARLY, principal_fen=1_200_000, interest_fen=18_000
    )
    world.tell("alpha", "repayment", whole)
    refund = RefundTold(
        event_id="f",
        loan_no=loan.loan_no,
        serial="F1",
        what=RefundKind.REPAYMENT,
        original_serial="R1",
        paid_on=date(2026, 2, 6),
        principal_fen=1_200_000,
        interest_fen=18_000,
    )
    world.tell("alpha", "refund", refund)
    assert world.application(application_id).state == "repaying"
    assert world.row(T.loan).outstanding_fen == 1_200_000
    assert world.books() == before


def test_a_compensated_term_is_the_guarantors_to_recover(world: World) -> None:
    application_id = world.routed()
    loan = world.loan(application_id)
    term = world.repayment(loan, "R1", 1)
    paid = CompensationTold(
        event_id="c",
        loan_no=loan.loan_no,
        serial="K1",
        period=1,
        paid_on=date(2026, 2, 20),
        principal_fen=term.principal_fen,
        interest_fen=term.interest_fen,
    )
    world.tell("alpha", "compensation", paid)
    assert world.row(T.loan).state == "compensated"
    assert world.row(T.loan).outstanding_fen == 1_200_000 - term.principal_fen
    recovered = world.repayment(loan, "R2", 1, how=RepaymentKind.AFTER_COMPENSATION, penalty_fen=300)
    world.tell("alpha", "repayment", recovered)
    assert world.row(T.loan).outstanding_fen == 1_200_000 - term.principal_fen
    again = world.repayment(loan, "R3", 1, how=RepaymentKind.AFTER_COMPENSATION)
    world.tell("alpha", "repayment", again)
    for _ in range(45):
        world.pass_time(minutes=2)
    assert world.parked() == ["what must come before it never came"]
    assert ("claim", "guard") not in world.books()


def test_a_recovery_that_comes_before_its_compensation_waits(world: World) -> None:
    loan = world.loan(world.routed())
    term = world.repayment(loan, "R1", 1)
    recovered = world.repayment(loan, "R2", 1, how=RepaymentKind.AFTER_COMPENSATION)
    world.tell("alpha", "repayment", recovered)
    assert not world.rows(T.money_event, T.money_event.c.serial == "R2")
    paid = CompensationTold(
        event_id="c",
        loan_no=loan.loan_no,
        serial="K1",
        period=1,
        paid_on=date(2026, 2, 20),
        principal_fen=term.principal_fen,
        interest_fen=term.interest_fen,
    )
    world.tell("alpha", "compensation", paid)
    world.pass_time(minutes=2)
    assert world.rows(T.money_event, T.money_event.c.serial == "R2")
    assert not world.parked()


def test_a_partners_plan_within_a_fen_is_taken_and_another_is_parked(world: World) -> None:
    loan = world.loan(world.routed())
    ours = sorted(world.rows(T.plan_term), key=lambda t: t.period)

    def told(shift: int, event_id: str) -> PlanTold:
        terms = [
            PlanTerm(
                period=t.period,
                due_on=t.due_on,
                principal_fen=t.principal_fen,
                interest_fen=t.interest_fen + shift,
            )
            for t in ours
        ]
        return PlanTold(event_id=event_id, loan_no=loan.loan_no, terms=tuple(terms))

    world.tell("alpha", "repayment", world.repayment(loan, "R1", 1))
    world.tell("alpha", "plan", told(1, "p1"))
    taken = sorted(world.rows(T.plan_term), key=lambda t: t.period)
    assert [t.interest_fen for t in taken] == [t.interest_fen + 1 for t in ours]
    assert taken[0].paid_principal_fen == ours[0].principal_fen
    world.tell("alpha", "plan", told(5, "p2"))
    assert len(world.parked()) == 1


def test_every_order_of_arrival_ends_in_the_same_state_and_books(tmp_path: Path) -> None:
    """Six facts of one loan in all 720 orders, each told twice: callbacks come as they like."""
    world = World(f"sqlite:///{tmp_path / 'orders.db'}")
    ends = set()
    for number, order in enumerate(permutations(range(6))):
        if number % 12:  # every twelfth order: the long form is in the fault tests
            continue
        application_id = world.routed(number + 1)
        world.drawn(application_id)
        disbursed = world.disbursed(application_id)
        facts = _six(str(disbursed.loan_no), world.approve(application_id), disbursed)
        for place in order:
            for _ in range(2):
                world.call("alpha", "any", f"m{number}-{place}", facts[place])
            world.worker.drain()
        for _ in range(4):
            world.pass_time(minutes=2)
        loan = world.row(T.loan, T.loan.c.application_id == application_id)
        terms = world.rows(T.plan_term, T.plan_term.c.loan_id == loan.id)
        ends.add((loan.state, loan.outstanding_fen, frozenset((t.period, *t[5:]) for t in terms)))
        assert world.application(application_id).state == "repaying"
    assert len(ends) == 1
    assert not world.parked()
    world.books()
    world.database.close()


def _six(loan_no: str, approved: AnyTold, disbursed: AnyTold) -> list[AnyTold]:
    """An approval, a disbursement, a term in two parts, a refund of one of them, and a compensation."""
    part = {"loan_no": loan_no, "how": RepaymentKind.PARTIAL, "period": 1, "paid_on": date(2026, 2, 5)}
    from contracts.messages import RepaymentTold

    return [
        approved,
        disbursed,
        RepaymentTold(event_id="a", serial="A", principal_fen=40_000, interest_fen=18_000, **part),
        RepaymentTold(event_id="b", serial="B", principal_fen=20_000, interest_fen=0, **part),
        RefundTold(
            event_id="c",
            loan_no=loan_no,
            serial="C",
            what=RefundKind.REPAYMENT,
            original_serial="A",
            paid_on=date(2026, 2, 6),
            principal_fen=10_000,
        ),
        CompensationTold(
            event_id="d",
            loan_no=loan_no,
            serial="D",
            period=2,
            paid_on=date(2026, 3, 20),
            principal_fen=92_000,
            interest_fen=17_000,
        ),
    ]


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
