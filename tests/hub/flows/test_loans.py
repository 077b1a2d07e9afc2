"""The life of a loan as its partner tells it, in any order, and every fen of it in the books."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from pathlib import Path

from contracts.messages import (
    AnyTold,
    CompensationTold,
    PlanTerm,
    PlanTold,
    RefundKind,
    RefundTold,
    RepaymentKind,
    RepaymentTold,
)
from hub.store.tables import T
from tests.hub.flows.world import World


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
