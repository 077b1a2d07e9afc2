"""A loan through a depository: held, brought to the borrower's account step by step, checked every day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from connectors.port import Uncertain
from contracts.messages import (
    AccountOutcome,
    AccountTold,
    BalanceTold,
    OrderOutcome,
    OrderTold,
    RefundKind,
    RefundTold,
)
from hub.flows.inbound import take_file
from hub.store.tables import T
from tests.hub.flows.world import World

AMOUNT = 1_200_000
OURS, THEIRS = "100000000001", "62000001"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A hub whose lenders have the depository `safe` hold their money."""
    made = World(database_url, holders={"custody": "safe"})
    yield made
    made.database.close()


def last(world: World) -> Any:
    return max(world.rows(T.money_order), key=lambda order: order.seq)


def steps(world: World) -> list[tuple[str, str]]:
    found = sorted(world.rows(T.money_order), key=lambda order: order.seq)
    return [(order.kind, order.state) for order in found]


def done(world: World, outcome: OrderOutcome = OrderOutcome.DONE) -> None:
    order = last(world)
    world.tell(
        "safe",
        "order",
        OrderTold(
            event_id=f"o/{order.id}/{outcome}",
            subject=order.id,
            outcome=outcome,
            serial=f"S-{order.seq}" if outcome is OrderOutcome.DONE else None,
            amount_fen=order.amount_fen if outcome is OrderOutcome.DONE else None,
            done_on=date(2026, 1, 5),
        ),
    )


def opened(world: World, number: str = THEIRS) -> None:
    order = next(o for o in world.rows(T.money_order) if o.kind == "open_account")
    fields = {"event_id": "acc", "subject": order.id, "outcome": AccountOutcome.OPEN}
    world.tell("safe", "account", AccountTold(**fields, account_no=number))


def delivered(world: World) -> Any:
    loan = world.loan(world.routed())
    done(world)
    opened(world)
    done(world)
    done(world)
    return loan


def held(world: World) -> tuple[int, int]:
    books = world.books()
    return books.get(("custody", "safe"), 0), books.get(("undelivered", "alpha"), 0)


def unwind(world: World, loan: Any) -> None:
    told = {"event_id": "u", "loan_no": loan.loan_no, "serial": "U1", "paid_on": date(2026, 1, 8)}
    fact = RefundTold(**told, what=RefundKind.DISBURSEMENT, principal_fen=AMOUNT)
    world.tell(loan.partner, "refund", fact)


def test_the_money_is_held_and_brought_to_the_borrower_step_by_step(world: World) -> None:
    delivered(world)
    asked = [json.loads(request.body) for request in world.wires["safe"].sent]
    assert [one["kind"] for one in asked] == [
        "freeze_funds",
        "open_account",
        "freeze_funds",
        "transfer_funds",
    ]
    freeze, account, release, transfer = asked
    assert (freeze["action"], freeze["account_no"], freeze["amount_fen"]) == ("freeze", OURS, AMOUNT)
    assert account["name"] == "钱试"
    assert (release["action"], release["original"]) == ("release", freeze["subject"])
    assert (transfer["from_account"], transfer["to_account"]) == (OURS, THEIRS)
    assert steps(world) == [
        ("freeze_funds", "closed"),
        ("open_account", "closed"),
        ("release_funds", "closed"),
        ("transfer_funds", "done"),
    ]
    assert held(world) == (0, 0)
    assert world.parked() == []


def test_no_step_is_taken_before_the_one_before_is_proven(world: World) -> None:
    world.loan(world.routed())
    assert held(world) == (AMOUNT, -AMOUNT)
    world.pass_time(hours=1)
    assert [kind for kind, _ in steps(world)] == ["freeze_funds"]
    done(world)
    done(world)
    assert [kind for kind, _ in steps(world)] == ["freeze_funds", "open_account"]
    assert held(world) == (AMOUNT, -AMOUNT)


def test_an_account_nobody_told_of_is_asked_for_again_under_its_number(world: World) -> None:
    world.loan(world.routed())
    world.wires["safe"].then(Uncertain("timeout"))
    done(world)
    assert steps(world)[-1] == ("open_account", "uncertain")
    world.pass_time(minutes=1)
    first, second = [json.loads(r.body) for r in world.wires["safe"].sent if r.path == "/open_account"]
    assert first["subject"] == second["subject"]
    opened(world)
    opened(world)
    assert steps(world)[1] == ("open_account", "closed")
    opened(world, "62000002")
    assert "another number" in world.parked()[-1]


@pytest.mark.parametrize("before", [0, 2, 3])
def test_a_step_that_failed_is_for_a_person_and_the_money_stays_held(world: World, before: int) -> None:
    loan = world.loan(world.routed())
    for act in (done, opened, done)[:before]:
        act(world)
    done(world, OrderOutcome.FAILED)
    assert "failed" in world.parked()[0]
    assert held(world) == (AMOUNT, -AMOUNT)
    world.pass_time(days=1)
    assert steps(world)[-1][1] == "failed"
    unwind(world, loan)
    assert world.row(T.loan).state == "cancelled"
    assert world.books() == {}
    # What was frozen for it is let go of.
    lettings = [o for o in world.rows(T.money_order) if o.purpose.startswith("release:")]
    assert len(lettings) == (1 if before == 2 else 0)


def test_a_loan_is_not_unwound_in_the_middle_of_a_step(world: World) -> None:
    loan = world.loan(world.routed())
    unwind(world, loan)
    assert world.row(T.loan).state == "active"


def balance(total_fen: int, frozen_fen: int = 0, account_no: str = THEIRS, day: int = 5) -> bytes:
    fact = BalanceTold(
        event_id=f"b/{account_no}/{day}/{total_fen}",
        account_no=account_no,
        total_fen=total_fen,
        available_fen=total_fen - frozen_fen,
        frozen_fen=frozen_fen,
        day=date(2026, 1, day),
    )
    return fact.model_dump_json().encode()


def take(world: World, content: bytes) -> list[str]:
    take_file(world.context, "safe", "balance.txt", content)
    world.worker.drain()
    return world.parked()


def test_the_balances_of_a_day_are_those_of_our_books(world: World) -> None:
    delivered(world)
    assert take(world, balance(AMOUNT)) == []
    assert take(world, balance(0, day=4)) == []


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (balance(AMOUNT + 1), "the books say 1200000 and 0"),
        (balance(AMOUNT, 1), "1 of them frozen"),
        (balance(AMOUNT, day=4), "the books say 0"),
        (balance(1, account_no="999"), "did not have opened"),
    ],
)
def test_a_difference_is_for_a_person(world: World, content: bytes, word: str) -> None:
    delivered(world)
    assert word in take(world, content)[0]


def test_a_balance_that_an_open_order_may_explain_waits(world: World) -> None:
    world.loan(world.routed())
    done(world)
    opened(world)
    done(world)
    assert take(world, balance(AMOUNT)) == []
    done(world)
    world.pass_time(seconds=5)
    assert world.parked() == []
    assert world.rows(T.work, T.work.c.kind == "apply") == []
