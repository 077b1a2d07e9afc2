"""Finance's door to settling: steps and disputes over HTTP, by two keys, refused with words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from hub.store.tables import T
from hub.web.access import Access, ApiKey, Scope
from hub.web.app import create_app
from hub.web.shapes.settling import Payments, StandingView
from tests.hub.flows.world import World
from tests.hub.web.client import Caller

WHY = {"why": "compared with the bank"}


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    yield made
    made.database.close()


def callers(world: World) -> tuple[Caller, Caller, Caller]:
    """Two of finance, and one who is not."""
    named = (("ann", Scope.FINANCE), ("bob", Scope.FINANCE), ("shop", Scope.FRONTEND))
    keys = [ApiKey(name, sha256(name.encode()).digest(), frozenset({scope})) for name, scope in named]
    app = create_app(world.context, Access(keys))
    ann, bob, shop = (Caller(app, name) for name, _ in named)
    return ann, bob, shop


def test_a_statement_is_settled_by_two_keys_and_a_line_disputed(world: World) -> None:
    loan = world.loan(world.routed())
    world.tell("alpha", "repayment", world.repayment(loan, "R1", 1))
    world.time = datetime(2026, 3, 2, tzinfo=UTC)
    ann, bob, shop = callers(world)
    heads = ann.post("/v1/months/2026-02/close").json()["statements"]
    path = next(f"/v1/statements/{head['id']}" for head in heads if head["party"] == "platform")
    assert shop.get(f"{path}/standing").status == shop.post(f"{path}/steps/review", WHY).status == 403
    assert ann.post(f"{path}/steps/review", {"why": "x"}).fields == {"why"}
    assert ann.post(f"{path}/steps/pay", WHY).status == 422
    line = T.share_line.c
    ref = world.row(T.share_line, line.kind == "share", line.party == "platform").body["ref"]
    claim = {"line": ref, "claimed_fen": 100, "reason": "rate of the old version"}
    raised = StandingView.model_validate(ann.post(f"{path}/disputes", claim).json())
    (dispute,) = raised.disputes
    again = bob.post(f"{path}/disputes", claim)
    assert (again.status, again.code, again.fields) == (409, "line_disputed", {"line"})
    assert bob.post(f"{path}/disputes/{dispute.id}/agree", WHY).status == 200
    seen = StandingView.model_validate(ann.get(f"{path}/standing").json())
    assert [(d.state, d.decided_by) for d in seen.disputes] == [("agreed", "finance:bob")]
    assert ann.post(f"{path}/steps/review", WHY).json()["state"] == "reviewed"
    assert ann.post(f"{path}/steps/confirm", WHY).json()["state"] == "confirmed"
    refused = ann.post(f"{path}/steps/approve", WHY)
    assert (refused.status, refused.code) == (409, "same_person")
    done = StandingView.model_validate(bob.post(f"{path}/steps/approve", WHY).json())
    assert (done.state, done.reviewed_by, done.changed_by) == ("approved", "finance:ann", "finance:bob")
    assert [change.what for change in done.events] == [
        "raised",
        "agreed",
        "reviewed",
        "confirmed",
        "approved",
    ]
    assert ann.get("/v1/statements/stm_9/standing").code == "statement_unknown"
    other = next(f"/v1/statements/{head['id']}" for head in heads if head["party"] == "alpha")
    for step, caller in (("review", ann), ("confirm", ann), ("approve", bob)):
        assert caller.post(f"{other}/steps/{step}", WHY).status == 200
    (payment,) = Payments.model_validate(bob.post("/v1/months/2026-02/payments").json()).items
    assert (payment.state, payment.instructed_by) == ("instructed", "finance:bob")
    assert payment.id in bob.get("/v1/months/2026-02/payments.csv").body.decode("utf-8-sig")
    paid = f"/v1/months/2026-02/payments/{payment.id}/paid"
    assert bob.post(paid, {"on": "2026-03-09", "why": "receipt 17"}).fields == {"on"}
    assert bob.post(paid, {"on": "2026-03-02", "why": "receipt 17"}).json()["items"][0]["state"] == "paid"
    assert bob.get("/v1/months/2026-02/payments").json()["items"][0]["paid_on"] == "2026-03-02"
    assert payment.id not in bob.get("/v1/months/2026-02/payments.csv").body.decode("utf-8-sig")
    assert bob.get(f"{path}/standing").json()["state"] == "paid"
