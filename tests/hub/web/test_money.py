"""The front end signs, repays and sees what became of the money, through the real door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from contracts.messages import AgreementOutcome, AgreementTold, OrderOutcome, OrderTold
from hub.store.tables import T
from hub.web.access import Access, ApiKey, Scope
from hub.web.app import create_app
from hub.web.shapes import money
from tests.hub.flows.world import World, say
from tests.hub.web.client import Caller


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url, holders={"collected_by": "pay", "disbursed_by": "pay"})
    yield made
    made.database.close()


@pytest.fixture
def shop(world: World) -> Caller:
    key = ApiKey("shop", sha256(b"k").digest(), frozenset(Scope))
    return Caller(create_app(world.context, Access([key])), "k")


def _signed(request: Any) -> Any:
    subject = json.loads(request.body)["subject"]
    told = {"outcome": AgreementOutcome.SIGNED, "agreement_no": "XY1"}
    return say(AgreementTold(event_id="signed", subject=subject, **told))


def test_a_borrower_signs_draws_and_repays(world: World, shop: Caller) -> None:
    application = world.routed()
    attempt = world.attempt(application)
    world.tell(attempt.partner, "credit", world.approve(application))
    path = f"/v1/applications/{application}"
    drawdown = {"amount_fen": 1_200_000, "merchant": "M1"}
    early = shop.post(f"{path}/drawdown", drawdown, Idempotency_Key="d")
    assert (early.status, early.code) == (409, "debit_unsigned")
    said = shop.post(f"{path}/debit-agreement", {}, Idempotency_Key="s1")
    assert money.SigningReceipt.model_validate(said.json()).state == "code_wanted"
    world.worker.drain()
    world.wires["pay"].reactions.append(_signed)
    body = {"code": "123456"}
    said = shop.post(f"{path}/debit-agreement", body, Idempotency_Key="s2")
    again = shop.post(f"{path}/debit-agreement", body, Idempotency_Key="s2")
    assert (said.json()["state"], again.headers["idempotency-replayed"]) == ("confirming", "true")
    world.worker.drain()
    assert shop.post(f"{path}/drawdown", drawdown, Idempotency_Key="d").status == 202
    world.worker.drain()
    none = shop.post(f"{path}/repayment", {"how": "early"}, Idempotency_Key="r0")
    assert (none.status, none.code) == (409, "not_repaying")
    world.tell(attempt.partner, "drawdown", world.disbursed(application))
    soon = shop.post(f"{path}/repayment", {"how": "early"}, Idempotency_Key="r1")
    assert (soon.status, soon.code) == (409, "not_delivered")
    (payout,) = world.rows(T.money_order, T.money_order.c.kind == "pay_out")
    done = {"outcome": OrderOutcome.DONE, "serial": "S1", "amount_fen": 1_200_000}
    world.tell("pay", "order", OrderTold(event_id="paid", subject=payout.id, **done))
    said = shop.post(f"{path}/repayment", {"how": "early"}, Idempotency_Key="r1")
    receipt = money.RepaymentReceipt.model_validate(said.json())
    assert (said.status, receipt.principal_fen, receipt.period) == (202, 1_200_000, None)
    busy = shop.post(f"{path}/repayment", {"how": "normal"}, Idempotency_Key="r2")
    assert (busy.status, busy.code) == (409, "repayment_under_way")
    listed = money.MoneyOrders.model_validate(shop.get(f"{path}/money-orders").json())
    states = {order.kind.value: order.state.value for order in listed.orders}
    assert states == {"sign_debit": "done", "pay_out": "done", "debit": "written"}
    assert receipt.order in {order.id for order in listed.orders}
    assert shop.get("/v1/applications/app_nobodys/money-orders").status == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("repayment", {"how": "partial"}),
        ("repayment", {"how": "normal", "amount_fen": 1}),
        ("repayment", {"how": "early", "period": 1}),
        ("repayment", {"how": "after_compensation"}),
        ("debit-agreement", {"code": "12"}),
    ],
)
def test_what_makes_no_sense_is_refused(shop: Caller, path: str, body: dict[str, object]) -> None:
    said = shop.post(f"/v1/applications/app_1/{path}", body, Idempotency_Key="k")
    assert said.status == 422
