"""The front end's door: submitted once, read by the owner alone, personal values masked."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from hub.store.tables import T
from hub.web.examples import SUBMISSION
from hub.web.shapes import applications as shapes
from tests.hub.web.client import FINANCE, Caller, Said
from tests.hub.web.conftest import Hub

APPLICATIONS = "/v1/applications"


def submission(number: str = "A-1", **changes: Any) -> dict[str, Any]:
    body = deepcopy(SUBMISSION) | {"platform_no": number}
    return body | changes


def submitted(caller: Caller, number: str = "A-1", **changes: Any) -> str:
    said = caller.post(APPLICATIONS, submission(number, **changes), Idempotency_Key=f"key-{number}")
    assert said.status == 201, said.body
    identifier: str = said.json()["id"]
    return identifier


def stored(hub: Hub, what: str = "application") -> int:
    with hub.context.database.read() as tx:
        count: int = tx.execute(select(func.count()).select_from(getattr(T, what))).scalar_one()
        return count


class TestSubmitting:
    def test_answers_with_the_id_and_state(self, both: Hub) -> None:
        said = both.caller().post(APPLICATIONS, submission(), Idempotency_Key="k")
        assert said.status == 201
        receipt = shapes.Receipt.model_validate(said.json())
        assert (receipt.state, receipt.reasons) == ("submitted", [])
        assert "idempotency-replayed" not in said.headers
        assert stored(both) == 1
        assert both.woken

    def test_the_same_key_and_words_return_the_first_answer(self, hub: Hub, frontend: Caller) -> None:
        first = frontend.post(APPLICATIONS, submission(), Idempotency_Key="k")
        reordered = json.dumps(dict(reversed(submission().items())), indent=2).encode()
        again = frontend.post(APPLICATIONS, reordered, Idempotency_Key="k")
        assert (again.status, again.json()) == (201, first.json())
        assert again.headers["idempotency-replayed"] == "true"
        assert stored(hub) == 1

    def test_the_same_key_with_other_words_conflicts(self, hub: Hub, frontend: Caller) -> None:
        frontend.post(APPLICATIONS, submission(), Idempotency_Key="k")
        other = frontend.post(APPLICATIONS, submission(amount_fen=1_300_000), Idempotency_Key="k")
        assert (other.status, other.code) == (409, "idempotency_key_reused")
        assert stored(hub) == 1

    def test_many_at_once_with_one_key_make_one(self, both: Hub) -> None:
        caller = both.caller()
        headers = {"Idempotency-Key": "k"}
        said = caller.together([("POST", APPLICATIONS, submission(), headers)] * 12)
        running = [one for one in said if one.status == 409]
        assert {one.status for one in said} <= {201, 409}
        assert {one.json()["id"] for one in said if one.status == 201}
        assert len({one.json()["id"] for one in said if one.status == 201}) == 1
        assert all((one.code, one.headers["retry-after"]) == ("still_running", "1") for one in running)
        assert stored(both) == 1

    def test_a_number_of_the_platform_names_one_application(self, frontend: Caller) -> None:
        submitted(frontend, "A-1")
        said = frontend.post(APPLICATIONS, submission("A-1"), Idempotency_Key="other")
        assert (said.status, said.code, said.fields) == (409, "platform_no_taken", {"platform_no"})

    def test_what_is_not_offered_is_declined_with_every_reason(self, frontend: Caller) -> None:
        said = frontend.post(APPLICATIONS, submission(term_months=7, consents=[]), Idempotency_Key="k")
        receipt = shapes.Receipt.model_validate(said.json())
        assert (said.status, receipt.state) == (201, "declined")
        assert {"term_not_offered", "consent_missing"} <= {reason.code for reason in receipt.reasons}

    @pytest.mark.parametrize("key", [None, "", "with blank", "x" * 129, "中".encode().decode("latin-1")])
    def test_the_key_is_required_and_plain(self, hub: Hub, frontend: Caller, key: str | None) -> None:
        headers = {} if key is None else {"Idempotency_Key": key}
        said = frontend.post(APPLICATIONS, submission(), **headers)
        assert (said.status, said.fields) == (400, {"Idempotency-Key"})
        assert stored(hub) == 0

    def test_an_unknown_product_is_the_fields_fault(self, frontend: Caller) -> None:
        said = frontend.post(APPLICATIONS, submission(product="gold"), Idempotency_Key="k")
        assert (said.status, said.fields) == (422, {"product"})


class TestReading:
    def test_personal_values_come_back_masked(self, both: Hub) -> None:
        caller = both.caller()
        said = caller.get(f"{APPLICATIONS}/{submitted(caller)}")
        view = shapes.ApplicationView.model_validate(said.json() | {"applicant": SUBMISSION["applicant"]})
        assert (view.state, view.annual_rate, view.attempts, view.loan) == ("submitted", "0.1800", [], None)
        applicant = said.json()["applicant"]
        for name in ("name", "id_number", "mobile", "bank_card", "address"):
            assert "*" in applicant[name]
            assert SUBMISSION["applicant"][name] not in said.body.decode()

    @pytest.mark.parametrize("part", ["", "/timeline", "/routing-decision", "/drawdown", "/repayment-plan"])
    def test_the_owner_alone_sees_it(self, hub: Hub, frontend: Caller, part: str) -> None:
        identifier = submitted(frontend)
        with hub.context.database.write() as tx:
            tx.execute(T.application.update().values(owner="somebody-else"))
        said = frontend.get(f"{APPLICATIONS}/{identifier}{part}")
        assert (said.status, said.code) == (404, "application_unknown")

    def test_drawing_on_anothers_application_finds_nothing(self, hub: Hub, frontend: Caller) -> None:
        identifier = submitted(frontend)
        with hub.context.database.write() as tx:
            tx.execute(T.application.update().values(owner="somebody-else"))
        said = frontend.post(
            f"{APPLICATIONS}/{identifier}/drawdown", {"amount_fen": 100}, Idempotency_Key="d"
        )
        assert (said.status, said.code) == (404, "application_unknown")

    def test_a_drawdown_before_approval_conflicts(self, frontend: Caller) -> None:
        identifier = submitted(frontend)
        said = frontend.post(
            f"{APPLICATIONS}/{identifier}/drawdown", {"amount_fen": 100}, Idempotency_Key="d"
        )
        assert (said.status, said.code) == (409, "not_approved")

    def test_the_timeline_tells_what_happened(self, frontend: Caller) -> None:
        identifier = submitted(frontend)
        timeline = shapes.Timeline.model_validate(
            frontend.get(f"{APPLICATIONS}/{identifier}/timeline").json()
        )
        assert [(event.what, event.after, event.source) for event in timeline.events] == [
            ("submitted", "submitted", "api")
        ]

    def test_before_routing_there_is_no_decision_and_no_plan(self, frontend: Caller) -> None:
        identifier = submitted(frontend)
        decisions = frontend.get(f"{APPLICATIONS}/{identifier}/routing-decision").json()
        assert decisions == {"application_id": identifier, "latest": None, "all": []}
        plan = frontend.get(f"{APPLICATIONS}/{identifier}/repayment-plan")
        assert (plan.status, plan.code) == (409, "not_disbursed")
        drawdown = frontend.get(f"{APPLICATIONS}/{identifier}/drawdown")
        assert (drawdown.status, drawdown.code) == (409, "not_drawn")

    def test_the_latest_decision_is_the_last_one(self, hub: Hub, frontend: Caller) -> None:
        identifier = submitted(frontend)
        rows = [
            {
                "application_id": identifier,
                "seq": seq,
                "chosen": chosen,
                "body": {"chosen": chosen},
                "decided_at": datetime(2026, 1, 5, seq, tzinfo=UTC),
            }
            for seq, chosen in ((1, "first"), (2, None))
        ]
        with hub.context.database.write() as tx:
            tx.execute(insert(T.routing_decision), rows)
        found = shapes.Decisions.model_validate(
            frontend.get(f"{APPLICATIONS}/{identifier}/routing-decision").json()
        )
        assert [one.chosen for one in found.all] == ["first", None]
        assert found.latest == found.all[1]


class TestListing:
    def test_pages_hold_everything_once_newest_first(self, both: Hub) -> None:
        caller = both.caller()
        made = [submitted(caller, f"A-{number}") for number in range(7)]
        seen, cursor = [], ""
        for _ in range(4):
            page = shapes.ApplicationPage.model_validate(caller.get(f"{APPLICATIONS}?limit=3{cursor}").json())
            seen += [item.id for item in page.items]
            if page.next_cursor is None:
                break
            cursor = f"&cursor={page.next_cursor}"
        assert seen == sorted(made, reverse=True)

    def test_only_the_state_asked_for(self, frontend: Caller) -> None:
        submitted(frontend, "A-1")
        declined = submitted(frontend, "A-2", term_months=7)
        found = frontend.get(f"{APPLICATIONS}?state=declined").json()["items"]
        assert [item["id"] for item in found] == [declined]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=1e2", "limit"),
            ("limit=%D9%A1", "limit"),
            ("limit=1_0", "limit"),
            ("state=gone", "state"),
            ("cursor=!", "cursor"),
            ("cursor=AAAA", "cursor"),
            ("cursor=A", "cursor"),
        ],
    )
    def test_senseless_questions_name_the_parameter(self, frontend: Caller, query: str, field: str) -> None:
        said = frontend.get(f"{APPLICATIONS}?{query}")
        assert (said.status, said.fields) == (422, {field})
        assert said.code


def calculated(caller: Caller, **changes: str) -> Said:
    asked = {
        "amount_fen": "1200000",
        "term_months": "12",
        "method": "equal_instalment",
        "annual_rate": "0.18",
    } | changes
    return caller.get("/v1/calculator?" + "&".join(f"{name}={value}" for name, value in asked.items()))


class TestCalculator:
    def test_the_plan_adds_up_and_its_cost_is_its_rate(self, frontend: Caller) -> None:
        quote = shapes.Quote.model_validate(calculated(frontend).json())
        assert sum(term.principal_fen for term in quote.terms) == quote.amount_fen == 1_200_000
        assert quote.first_instalment_fen == 110_016
        assert quote.total_fen == quote.amount_fen + quote.total_interest_fen
        assert quote.all_in_annual_cost_simple.startswith("0.1799")
        assert quote.all_in_annual_cost.startswith("0.195")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("amount_fen", "0"),
            ("amount_fen", "12.5"),
            ("amount_fen", "1e6"),
            ("amount_fen", "-5"),
            ("amount_fen", "9" * 5000),
            ("term_months", "0"),
            ("term_months", "361"),
            ("method", "balloon"),
            ("annual_rate", "1.5"),
            ("annual_rate", "NaN"),
            ("annual_rate", "18%25"),
            ("annual_rate", "1e-2"),
        ],
    )
    def test_senseless_questions_name_the_parameter(self, frontend: Caller, field: str, value: str) -> None:
        said = calculated(frontend, **{field: value})
        assert (said.status, said.fields) == (422, {field})
        assert said.code == "invalid_fields"

    def test_a_key_without_the_scope_is_told_so(self, hub: Hub) -> None:
        said = calculated(hub.caller(FINANCE))
        assert (said.status, said.code) == (403, "scope_missing")
