"""Other ways to choose are reckoned from the stored record of the decision, and weighed by what was lent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from contracts.programme import RepaymentMethod
from hub.config.load import load, sandbox_folder
from hub.demo.funding import compare
from hub.domain.routing import Decision, RoutingCase, route

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
PROGRAMMES = load(sandbox_folder()).programmes


def decided(amount_fen: int) -> Decision:
    case = RoutingCase(
        application_id="app",
        product="cash_loan",
        amount_fen=amount_fen,
        term_months=12,
        method=RepaymentMethod.EQUAL_INSTALMENT,
        annual_rate=Decimal("0.1800"),
        age=35,
        region="310115",
    )
    return route(case, PROGRAMMES, {}, now=NOW)


def stored(application_id: str, seq: int, decision: Decision) -> dict[str, Any]:
    return {"application_id": application_id, "seq": seq, "decision": decision.to_json()}


def loan(application_id: str, attempt: int, fen: int) -> dict[str, Any]:
    return {"application_id": application_id, "attempt": attempt, "principal_fen": fen, "partner": "p"}


def test_each_loan_is_weighed_against_what_others_would_have_cost() -> None:
    decision = decided(2_000_000)
    assert len(decision.candidates) > 2
    rates = {c.programme: c.cost.annual_rate for c in decision.candidates}
    first = next(p.id for p in PROGRAMMES if p.id in rates)
    rows = [stored("app_1", 1, decision), stored("app_1", 2, decision), stored("app_2", 1, decision)]
    found = compare([loan("app_1", 2, 2_000_000)], rows, PROGRAMMES, seed=1)
    assert found.routed == f"{min(rates.values()):f}"
    assert found.first == f"{rates[first]:f}"
    assert found.random in {f"{rate:f}" for rate in rates.values()}
    assert found.by_partner == {"p": found.routed}


def test_a_blind_choice_is_blind_but_repeats() -> None:
    decision = decided(2_000_000)
    rows = [stored(f"app_{n}", 1, decision) for n in range(60)]
    loans = [loan(f"app_{n}", 1, 1000) for n in range(60)]
    once, again = (compare(loans, rows, PROGRAMMES, seed=1) for _ in range(2))
    assert once == again
    assert once.routed is not None
    assert once.random is not None
    assert Decimal(once.random) > Decimal(once.routed)
    assert compare(loans, rows, PROGRAMMES, seed=2).random != once.random


def test_without_loans_there_is_nothing_to_compare() -> None:
    found = compare([], [stored("app_1", 1, decided(2_000_000))], PROGRAMMES, seed=1)
    assert (found.routed, found.first, found.random, found.by_partner) == (None, None, None, {})
