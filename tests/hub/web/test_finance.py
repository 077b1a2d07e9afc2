"""Finance's door over real books: settled by the month, explained to the fen, the same bytes for ever."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from hub.store.tables import T
from hub.web.access import Access, ApiKey, Scope
from hub.web.app import create_app
from hub.web.shapes import applications, books
from tests.hub.flows.world import World
from tests.hub.web.client import Caller, Said


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    yield made
    made.database.close()


@pytest.fixture
def shop(world: World) -> Caller:
    """Everybody's caller: the key's name owns what the world submits."""
    key = ApiKey("shop", sha256(b"k").digest(), frozenset(Scope))
    return Caller(create_app(world.context, Access([key])), "k")


def repaid(world: World, *periods: int) -> Any:
    loan = world.loan(world.routed())
    for period in periods:
        world.tell("alpha", "repayment", world.repayment(loan, f"R{period}", period))
    return loan


def closed(world: World, shop: Caller, month: str = "2026-02") -> Said:
    world.time = datetime(2026, 3, 2, tzinfo=UTC)
    return shop.post(f"/v1/months/{month}/close")


def test_the_books_balance_and_every_entry_sums_to_zero(world: World, shop: Caller) -> None:
    repaid(world, 1, 2)
    balance = books.TrialBalance.model_validate(shop.get("/v1/trial-balance").json())
    assert balance.difference_fen == 0
    assert balance.debit_fen == balance.credit_fen > 1_200_000
    assert {(item.account, item.party): item.balance_fen for item in balance.items if item.balance_fen} == (
        world.books()
    )
    assert all(item.zh and item.en != item.account for item in balance.items)
    seen, cursor = [], ""
    while cursor is not None:
        page = books.JournalPage.model_validate(shop.get(f"/v1/journal?limit=2{cursor}").json())
        seen += page.items
        cursor = None if page.next_cursor is None else f"&cursor={page.next_cursor}"
    assert all(sum(posting.amount_fen for posting in entry.postings) == 0 for entry in seen)
    assert all(entry.postings for entry in seen)
    assert [entry.seq for entry in seen] == sorted({entry.seq for entry in seen})
    assert len(seen) == len(world.rows(T.journal_entry))


def test_a_balance_up_to_a_month_leaves_out_what_came_later(world: World, shop: Caller) -> None:
    repaid(world, 1)
    january = shop.get("/v1/trial-balance?month=2026-01").json()
    assert january["difference_fen"] == 0
    assert january["debit_fen"] < shop.get("/v1/trial-balance").json()["debit_fen"]
    assert {entry["month"] for entry in shop.get("/v1/journal?month=2026-02").json()["items"]} == {"2026-02"}


def test_a_settlement_is_provisional_until_the_month_is_closed(world: World, shop: Caller) -> None:
    repaid(world, 1)
    before = books.SettlementView.model_validate(shop.get("/v1/settlements/2026-02").json())
    assert before.state == "open"
    assert sum(position.net_fen for position in before.positions) == 0
    assert any(position.net_fen for position in before.positions)
    heads = {head["party"]: head for head in closed(world, shop).json()["statements"]}
    after = books.SettlementView.model_validate(shop.get("/v1/settlements/2026-02").json())
    assert after == before.model_copy(update={"state": "closed"})
    assert {p.party: p.net_fen for p in after.positions} == {p: h["total_fen"] for p, h in heads.items()}
    for due in after.dues:
        assert due.amount_fen > 0
        assert heads[due.creditor]["total_fen"] > 0


def test_a_month_closes_once_after_it_has_ended(world: World, shop: Caller) -> None:
    repaid(world, 1)
    early = shop.post("/v1/months/2026-02/close")
    assert (early.status, early.code) == (409, "month_running")
    done = closed(world, shop)
    assert done.status == 200
    assert {head.party for head in books.Closed.model_validate(done.json()).statements} == {
        "alpha",
        "platform",
    }
    again = closed(world, shop)
    assert (again.status, again.code, again.fields) == (409, "month_closed", {"month"})
    assert shop.post("/v1/months/2026-13/close").status == 422
    months = {m.month: m for m in books.Months.model_validate(shop.get("/v1/months").json()).items}
    assert (months["2026-02"].state, months["2026-02"].statements) == ("closed", 2)
    assert (months["2026-01"].state, months["2026-01"].statements) == ("open", 0)
    assert list(months) == sorted(months, reverse=True)


def test_statements_come_as_json_csv_and_workbook(world: World, shop: Caller) -> None:
    repaid(world, 1)
    closed(world, shop)
    page = books.StatementPage.model_validate(shop.get("/v1/statements?month=2026-02&limit=1").json())
    (head,) = page.items
    rest = shop.get(f"/v1/statements?month=2026-02&cursor={page.next_cursor}").json()
    assert len(rest["items"]) == 1
    assert rest["next_cursor"] is None
    path = f"/v1/statements/{head.id}"
    view = books.StatementView.model_validate(shop.get(path).json())
    assert view.body["control"]["due_fen"] == view.total_fen == head.total_fen
    written = shop.get(f"{path}.csv")
    rows = list(csv.reader(io.StringIO(written.body.decode("utf-8-sig"))))
    assert len(rows) == head.lines + 4
    assert rows[-1][1] == head.sha256
    assert head.party in written.headers["content-disposition"]
    assert shop.get(path, Accept="text/csv").body == written.body
    workbook = shop.get(f"{path}.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(workbook.body)).worksheets[0]
    assert sheet.max_row == head.lines + 2
    assert shop.get(path, Accept=workbook.headers["content-type"]).body == workbook.body
    pdf = shop.get(f"{path}.pdf")
    assert pdf.body.startswith(b"%PDF-")
    assert shop.get(path, Accept="application/pdf").body == pdf.body
    assert shop.get(path, Accept="application/*;q=0.5").json()["id"] == head.id
    assert shop.get(path, Accept="image/png").code == "not_acceptable"


def test_only_the_party_asked_for(world: World, shop: Caller) -> None:
    repaid(world, 1)
    closed(world, shop)
    assert [s["party"] for s in shop.get("/v1/statements?party=alpha").json()["items"]] == ["alpha"]
    assert shop.get("/v1/statements?party=nobody").json()["items"] == []


@pytest.mark.parametrize("suffix", ["", ".csv", ".xlsx"])
def test_an_unknown_statement_is_a_404(world: World, shop: Caller, suffix: str) -> None:
    said = shop.get(f"/v1/statements/stm_none{suffix}")
    assert (said.status, said.code) == (404, "statement_unknown")


def test_a_statement_whose_lines_were_touched_is_not_handed_out(world: World, shop: Caller) -> None:
    if not world.database.sqlite:
        pytest.skip("one database is enough: what is tested is the answer")
    repaid(world, 1)
    closed(world, shop)
    identifier = shop.get("/v1/statements").json()["items"][0]["id"]
    with world.database.write() as tx:
        for (name,) in tx.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'share_line'")
        ).all():
            tx.execute(text(f'DROP TRIGGER "{name}"'))
        tx.execute(text("DELETE FROM share_line WHERE seq = (SELECT max(seq) FROM share_line)"))
    said = shop.get(f"/v1/statements/{identifier}.csv")
    assert (said.status, said.code) == (500, "statement_altered")


# The same world through the front end's door.


def test_a_loan_is_told_whole(world: World, shop: Caller) -> None:
    loan = repaid(world, 1)
    path = f"/v1/applications/{loan.application_id}"
    view = shop.get(path).json()
    assert (view["state"], view["loan"]["loan_no"]) == ("repaying", loan.loan_no)
    assert applications.LoanView.model_validate(view["loan"]).outstanding_fen < 1_200_000
    (attempt,) = [applications.AttemptView.model_validate(item) for item in view["attempts"]]
    assert (attempt.partner, attempt.state) == ("alpha", "funded")
    plan = applications.Plan.model_validate(shop.get(f"{path}/repayment-plan").json())
    assert sum(term.principal_fen for term in plan.terms) == 1_200_000
    assert [term.paid_principal_fen == term.principal_fen for term in plan.terms] == [True] + [False] * 11
    timeline = applications.Timeline.model_validate(shop.get(f"{path}/timeline").json())
    states = [event.after for event in timeline.events if event.machine == "application"]
    assert states == ["submitted", "reviewing", "approved", "drawing", "repaying"]
    decisions = applications.Decisions.model_validate(shop.get(f"{path}/routing-decision").json())
    assert decisions.latest is not None
    assert decisions.latest.chosen == "alpha_main"
    assert decisions.latest.decision["refusals"]


def test_a_drawdown_is_answered_the_same_again(world: World, shop: Caller) -> None:
    first, second = world.routed(1), world.routed(2)
    for identifier in (first, second):
        attempt = world.attempt(identifier)
        world.call(
            attempt.partner, "credit", f"m-{attempt.id}", world.approve(identifier, credit_no=attempt.id)
        )
    world.worker.drain()
    path = f"/v1/applications/{first}/drawdown"
    too_much = shop.post(path, {"amount_fen": 1_200_001}, Idempotency_Key="d")
    assert (too_much.status, too_much.code, too_much.fields) == (422, "over_limit", {"amount_fen"})
    said = shop.post(path, {"amount_fen": 1_200_000}, Idempotency_Key="d")
    assert said.status == 202
    assert applications.DrawdownReceipt.model_validate(said.json()).state == "drawing"
    read = applications.DrawdownView.model_validate(shop.get(path).json())
    assert (read.amount_fen, read.attempt_state, read.loan) == (1_200_000, "drawing", None)
    again = shop.post(path, {"amount_fen": 1_200_000}, Idempotency_Key="d")
    assert (again.status, again.json(), again.headers["idempotency-replayed"]) == (202, said.json(), "true")
    other = shop.post(f"/v1/applications/{second}/drawdown", {"amount_fen": 1_200_000}, Idempotency_Key="d")
    assert (other.status, other.code) == (409, "idempotency_key_reused")


def test_any_line_is_explained(world: World, shop: Caller) -> None:
    repaid(world, 1)
    for row in world.rows(T.share_line):
        said = shop.get(f"/v1/lines/{row.body['ref']}/explanation")
        found = books.ExplanationView.model_validate(said.json())
        assert found.agrees
        assert found.amount_fen == row.amount_fen
    assert shop.get("/v1/lines/nothing/explanation").status == 404
