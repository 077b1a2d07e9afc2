"""What was forgiven is not due, is told once, and moves no money."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from contracts.messages import WaiverTold
from hub.store.tables import T
from tests.hub.flows.world import World


def waiver(loan: Any, **changes: Any) -> WaiverTold:
    fields: dict[str, Any] = {
        "event_id": "waiver/W1",
        "loan_no": loan.loan_no,
        "serial": "W1",
        "period": 1,
        "waived_on": date(2026, 2, 4),
        "interest_fen": 18_000,
    }
    return WaiverTold(**{**fields, **changes})


def test_a_waiver_lowers_what_is_due_and_books_nothing(world: World) -> None:
    loan = world.loan(world.routed())
    before = world.books(), len(world.rows(T.share_line))
    world.tell("alpha", "waiver", waiver(loan, penalty_fen=7, borne_by="platform"))
    assert (world.books(), len(world.rows(T.share_line))) == before
    term = world.row(T.plan_term, T.plan_term.c.period == 1)
    assert (term.waived_interest_fen, term.waived_penalty_fen, term.paid_interest_fen) == (18_000, 7, 0)
    (event,) = world.rows(T.event, T.event.c.what == "waived")
    assert (event.detail["borne_by"], event.detail["interest_fen"]) == ("platform", 18_000)
    world.tell("alpha", "repayment", world.repayment(loan, "R1", 1, interest_fen=0))
    assert world.row(T.plan_term, T.plan_term.c.period == 1).state == "paid"


def test_a_waiver_told_twice_counts_once(world: World) -> None:
    loan = world.loan(world.routed())
    for _ in range(2):
        world.tell("alpha", "waiver", waiver(loan))
    assert world.row(T.plan_term, T.plan_term.c.period == 1).waived_interest_fen == 18_000
    assert len(world.rows(T.event, T.event.c.what == "waived")) == 1
    assert not world.parked()


def test_a_waiver_that_comes_before_its_loan_waits(world: World) -> None:
    application_id = world.routed()
    world.drawn(application_id)
    told = world.disbursed(application_id)
    world.tell("alpha", "waiver", waiver(told))
    world.tell("alpha", "drawdown", told)
    world.pass_time(seconds=5)
    assert not world.parked()
    assert world.row(T.plan_term, T.plan_term.c.period == 1).waived_interest_fen == 18_000


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"principal_fen": 1}, "principal was forgiven"),
        ({"interest_fen": 0}, "forgives nothing"),
        ({"interest_fen": 18_013}, "18013 fen of interest_fen are forgiven in all, and 18000 fen are due"),
        ({"fee_fen": 13}, "13 fen of fee_fen are forgiven in all, and 0 fen are due"),
        ({"period": 13}, "the plan has no period 13"),
        ({"borne_by": "nobody"}, "nobody bears it, and is no party to alpha_deal@1"),
    ],
)
def test_a_waiver_that_cannot_be_is_parked(world: World, changes: dict[str, Any], said: str) -> None:
    loan = world.loan(world.routed())
    world.tell("alpha", "waiver", waiver(loan, **changes))
    (reason,) = world.parked()
    assert said in reason
    assert not world.rows(T.money_event, T.money_event.c.kind == "waiver")


def test_another_story_under_the_same_serial_is_parked(world: World) -> None:
    loan = world.loan(world.routed())
    for fact in (waiver(loan), waiver(loan, interest_fen=17_999)):
        world.tell("alpha", "waiver", fact)
    assert world.parked() == ["the waiver W1 was booked with other amounts or another day"]
