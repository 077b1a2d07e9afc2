"""Two loans whose lenders pay and collect through others, over real HTTP, to books equal on every side."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox import Sandbox
from connectors.simulation.vault import FUNDED, State
from hub.config.load import money_folder
from hub.demo.borrowers import invented
from hub.demo.run import START, Scene, Wishes
from hub.demo.stage import SHANGHAI, Stage

DRAWN = {"harvest_trust": 3_000_087, "twin_finance": 1_000_087}
"""Amounts after which these borrowers repay nothing by themselves."""


class Play:
    """Two borrowers, one for each programme, and the time going on."""

    def __init__(self, scene: Scene) -> None:
        self.stage: Stage = scene.stage
        self.sandbox: Sandbox = scene.stage.sandbox
        self.doors = scene.doors
        self.posted = 0

    def at(self, day: date, hour: int, minute: int = 0) -> None:
        """Go on to a time of a day in Shanghai, unless it is past."""
        to = datetime.combine(day, time(hour, minute), SHANGHAI)
        if to > self.stage.now:
            self.stage.jump(to)

    def minutes(self, many: int) -> None:
        for _ in range(many):
            self.stage.jump(self.stage.now + timedelta(minutes=1))

    def post(self, application: str, what: str, **body: Any) -> Any:
        self.posted += 1
        key = f"{application}-{self.posted}"
        return self.doors.frontend.post(f"/v1/applications/{application}/{what}", body, key=key)

    def read(self, application: str, what: str = "") -> Any:
        return self.doors.frontend.get(f"/v1/applications/{application}{what}")

    def state(self, application: str) -> str:
        return str(self.read(application)["state"])

    def orders(self, application: str) -> list[Any]:
        return list(self.read(application, "/money-orders")["orders"])


def test_two_loans_live_through_a_channel_and_a_depository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOANHUB_DATABASE_URL", raising=False)
    monkeypatch.setenv("LOANHUB_CONFIG_DIR", str(money_folder()))
    with ExitStack() as ends:
        scene = Scene(Wishes(out=tmp_path / "run"), ends)
        play = Play(scene)
        channel, custody = _lent(play, "harvest_trust", 1), _lent(play, "twin_finance", 2)
        _paid_out(play, channel, custody)
        _settled_early(play, custody)
        _repaid_by_debit(play, channel)
        _everything_agrees(play, channel, custody)
    assert scene.premises.log.read_bytes().count(b'"level": "error"') == 0


def _lent(play: Play, partner: str, number: int) -> str:
    """An application that partner approves, signed where that is wanted, and drawn."""
    borrower = next(iter(invented(1, seed=number)))
    amount_fen = DRAWN[partner] // 10_000 * 10_000 + 10_000
    asked = {"product": "cash_loan", "amount_fen": amount_fen, "term_months": 3}
    asked |= {"method": "equal_instalment", "annual_rate": "0.1800", "purpose": "consumption"}
    receipt = play.doors.frontend.post(
        "/v1/applications", {**borrower.submission, **asked, "platform_no": f"M{number}"}, key=f"a{number}"
    )
    application = str(receipt["id"])
    play.minutes(3)
    assert (play.state(application), play.read(application)["attempts"][0]["partner"]) == (
        "approved",
        partner,
    )
    if partner == "harvest_trust":
        assert play.post(application, "debit-agreement")["state"] == "code_wanted"
        play.stage.settle()
        assert play.post(application, "debit-agreement", code="123456")["state"] == "confirming"
        play.stage.settle()
        assert play.post(application, "debit-agreement", code=None)["state"] == "signed"
    play.post(application, "drawdown", amount_fen=DRAWN[partner])
    play.stage.settle()
    return application


def _paid_out(play: Play, channel: str, custody: str) -> None:
    play.minutes(12)
    play.at(START.date() + timedelta(days=1), 3)
    play.minutes(2)
    kinds = {a: Counter((o["kind"], o["state"]) for o in play.orders(a)) for a in (channel, custody)}
    assert kinds[channel] == {("sign_debit", "done"): 1, ("pay_out", "done"): 1}
    assert kinds[custody] == {
        ("freeze_funds", "closed"): 1,
        ("open_account", "closed"): 1,
        ("release_funds", "closed"): 1,
        ("transfer_funds", "done"): 1,
    }
    for application in (channel, custody):
        assert play.state(application) == "repaying"


def _repaid_by_debit(play: Play, application: str) -> None:
    """Every term on its day: the channel debits at eight, the trust's file of the night after tells it."""
    for term in play.read(application, "/repayment-plan")["terms"]:
        day = date.fromisoformat(term["due_on"])
        play.at(day, 7, 59)
        play.minutes(8)
        play.at(day + timedelta(days=1), 3)
        play.minutes(2)
        # A debit that failed, as those of 99 fen do, is decided on anew the next day and fails again.
        paid = play.read(application, "/repayment-plan")["terms"][term["period"] - 1]
        assert paid["paid_principal_fen"] == term["principal_fen"], term
    assert play.state(application) == "settled"


def _settled_early(play: Play, application: str) -> None:
    """The lender collects itself and is asked to: a part of the first term, then all that is left."""
    play.at(START.date() + timedelta(days=10), 10)
    part = play.post(application, "repayment", how="partial", amount_fen=50_000)
    assert part["interest_fen"] + part["principal_fen"] == 50_000
    play.minutes(4)
    whole = play.post(application, "repayment", how="early")
    assert whole["principal_fen"] == DRAWN["twin_finance"] - part["principal_fen"]
    play.minutes(4)
    assert play.state(application) == "settled"


def _everything_agrees(play: Play, channel: str, custody: str) -> None:
    play.stage.jump(play.stage.now + timedelta(days=1))
    play.minutes(2)
    operator, finance = play.doors.operator, play.doors.finance
    assert list(operator.pages("/v1/operations/matters")) == []
    assert not any(operator.get("/v1/operations/backlog")["buried"].values())
    ours = {loan["loan_no"]: loan["outstanding_fen"] for loan in finance.pages("/v1/loans")}
    theirs = {line.loan_no: line.outstanding_fen for line in play.sandbox.books()}
    assert ours == theirs
    assert set(ours.values()) == {0}
    trial = finance.get("/v1/trial-balance")
    assert trial["difference_fen"] == 0
    balances = {row["account"]: row["balance_fen"] for row in trial["items"]}
    moved = {row["account"]: row["debit_fen"] for row in trial["items"] if row["party"] == "quick_pay"}
    assert [balances[name] for name in ("custody", "undelivered", "collected", "loan_principal")] == [0] * 4
    assert moved["custody"] >= 2 * DRAWN["harvest_trust"]
    # Order by order, to the fen, what the channel and the depository have in books of their own.
    mine = {
        o["id"]: o["done_fen"]
        for a in (channel, custody)
        for o in play.orders(a)
        if o["done_fen"] is not None
    }
    vaults = [play.sandbox.partner(name).vault for name in ("quick_pay", "rock_bank")]
    books = {
        order.subject: order.amount_fen
        for vault in vaults
        for order in vault.orders.values()
        if order.state is State.DONE
    }
    assert mine == books
    accounts = [a for a in vaults[1].accounts.values() if a.account_no != FUNDED]
    assert [(a.total_fen, a.frozen_fen) for a in accounts] == [(DRAWN["twin_finance"], 0)]
    assert vaults[1].accounts[FUNDED].frozen_fen == 0
