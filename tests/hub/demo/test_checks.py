"""Each check passes on books that agree, and finds the one thing that was doctored."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from connectors.sandbox import LoanLine
from hub.demo import checks
from hub.demo.reads import Reads

SENT = 3


def reads() -> Reads:
    """What both sides say when everything came right: one loan, one refusal, one approval nobody drew."""
    loan = {
        "application_id": "app_1",
        "partner": "bank",
        "loan_no": "L1",
        "draw_no": "draw_1",
        "principal_fen": 1000,
        "outstanding_fen": 700,
        "next_due_on": "2026-03-05",
    }
    return Reads(
        applications=[
            {"id": "app_1", "state": "repaying", "reasons": []},
            {"id": "app_2", "state": "declined", "reasons": [{"code": "no_partner"}]},
            {"id": "app_3", "state": "approved", "reasons": []},
        ],
        loans=[loan],
        partners=[],
        settlements=[
            {
                "month": "2026-01",
                "state": "closed",
                "positions": [{"net_fen": 5}, {"net_fen": -5}],
                "totals": [],
            }
        ],
        statements=[],
        trial_balance={
            "items": [
                {"account": "loan_principal", "debit_fen": 1000, "credit_fen": 300, "balance_fen": 700},
                {"account": "capital", "debit_fen": 300, "credit_fen": 1000, "balance_fen": -700},
            ],
            "debit_fen": 1300,
            "credit_fen": 1300,
            "difference_fen": 0,
        },
        backlog={"work": {"buried": 0, "later": 0}, "buried": {}},
        matters=[],
        theirs=[LoanLine("bank", "L1", "draw_1", 1000, 700)],
    )


def found(doctored: Reads) -> dict[str, tuple[str, ...]]:
    made = checks.check_all(doctored, undrawn={"app_3"}, sent=SENT)
    return {check.name: check.found for check in made if not check.passed}


def test_books_that_agree_pass() -> None:
    assert found(reads()) == {}


def _trial(change: Callable[[Any], None]) -> Callable[[Reads], Reads]:
    def doctor(honest: Reads) -> Reads:
        trial = deepcopy(dict(honest.trial_balance))
        change(trial)
        return replace(honest, trial_balance=trial)

    return doctor


def _field(name: str, index: int, **values: object) -> Callable[[Reads], Reads]:
    def doctor(honest: Reads) -> Reads:
        rows = [dict(row) for row in getattr(honest, name)]
        rows[index] |= values
        return replace(honest, **{name: rows})

    return doctor


def _theirs(*lines: LoanLine) -> Callable[[Reads], Reads]:
    return lambda honest: replace(honest, theirs=lines)


BOOKS = "books balance to the fen"
PRINCIPAL = "principal in the books is what the loans owe"
MONTHS = "every month's dues net to nothing"
PENDING = "every application is final or pending with a reason"
LEFT = "nothing waits for a person or is left undone"
SAME = "partners hold the loans the hub holds"
PARKED = {"partner": "bank", "kind": "parked", "about": "repayment", "reason": "the loan was cancelled"}


@pytest.mark.parametrize(
    ("doctor", "name", "words"),
    [
        (_trial(lambda t: t.update(debit_fen=1301, difference_fen=1)), BOOKS, "differ by 0.01 yuan"),
        (_trial(lambda t: t["items"][1].update(debit_fen=301)), BOOKS, "rows' debit_fen sum to 1301"),
        (_trial(lambda t: t.update(credit_fen=1299)), BOOKS, "not that of debits and credits"),
        (
            _trial(lambda t: t["items"][0].update(balance_fen=699)),
            PRINCIPAL,
            "6.99 yuan outstanding, the loans 7.00",
        ),
        (_field("settlements", 0, state="open"), MONTHS, "2026-01 is open"),
        (_field("settlements", 0, positions=[{"net_fen": 1}]), MONTHS, "sum to 1 fen"),
        (_field("applications", 0, state="reviewing"), PENDING, "app_1 is 'reviewing'"),
        (_field("applications", 0, state="drawing"), PENDING, "app_1 is 'drawing'"),
        (_field("applications", 2, id="app_4"), PENDING, "app_4 is 'approved'"),
        (_field("loans", 0, next_due_on=None), PENDING, "app_1 is 'repaying'"),
        (
            lambda r: replace(r, applications=r.applications[:2]),
            PENDING,
            "3 applications were sent, the hub has 2",
        ),
        (lambda r: replace(r, matters=[PARKED]), LEFT, "parked: bank repayment: the loan was cancelled"),
        (lambda r: replace(r, backlog={"work": {"later": 2}, "buried": {"send": 1}}), LEFT, "1 buried: send"),
        (lambda r: replace(r, backlog={"work": {"later": 2}, "buried": {}}), LEFT, "2 jobs wait: later"),
        (_theirs(), SAME, "the hub holds L1, which bank does not know"),
        (
            _theirs(LoanLine("bank", "L1", "draw_1", 1000, 700), LoanLine("bank", "L2", "draw_2", 5, 5)),
            SAME,
            "bank holds L2, which the hub does not know",
        ),
        (_theirs(LoanLine("bank", "L1", "draw_1", 1000, 701)), SAME, "outstanding is 700 here, 701 there"),
        (_theirs(LoanLine("bank", "L1", "draw_1", 999, 700)), SAME, "principal is 1000 here, 999 there"),
        (_theirs(LoanLine("bank", "L1", "draw_9", 1000, 700)), SAME, "request is draw_1 here, draw_9 there"),
        (_theirs(*[LoanLine("bank", "L1", "draw_1", 1000, 700)] * 2), SAME, "a loan number occurs twice"),
    ],
)
def test_what_was_doctored_is_found(doctor: Callable[[Reads], Reads], name: str, words: str) -> None:
    faults = found(doctor(reads()))
    assert name in faults
    assert any(words in fault for fault in faults[name]), faults


def test_many_findings_of_one_kind_are_counted() -> None:
    lines = [LoanLine("bank", f"M{n}", "draw", 1, 1) for n in range(20)]
    told = checks.same_loans([], lines)
    assert len(told) == checks.SHOWN + 1
    assert told[-1] == "and 15 more"


def test_pending_reasons_are_counted_and_the_unexplained_named() -> None:
    doctored = _field("applications", 0, state="reviewing")(reads())
    counted = {"unexplained": 1, "approved: the borrower has not drawn": 1}
    assert checks.pending(doctored, {"app_3"}) == counted
