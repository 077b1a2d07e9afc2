"""The figures of a run, reckoned from rows small enough to reckon by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hub.demo.checks import Check
from hub.demo.figures import Effort, funnel, gather, revenue, thousands
from hub.demo.funding import Average, Funding
from hub.demo.process import Usage, usage
from hub.demo.reads import Reads
from hub.demo.story import Mark, Told

EMPTY = Reads([], [], [], [], [], {}, {}, [], [])


def total(party: str, kind: str, base: str, fen: int) -> dict[str, object]:
    return {"party": party, "counterparty": "x", "kind": kind, "base": base, "lines": 1, "amount_fen": fen}


def test_revenue_is_shares_and_upfront_of_all_months_and_nothing_else() -> None:
    months = [
        {
            "totals": [
                total("platform", "share", "interest", 100),
                total("platform", "upfront", "disbursed", 7),
                total("bank", "return", "principal", 5000),
                total("reserve", "reserve_held", "disbursed", 25),
            ]
        },
        {"totals": [total("platform", "share", "interest", -30), total("bank", "share", "penalty", 4)]},
    ]
    found = {row.pop("party"): row for row in revenue(replace(EMPTY, settlements=months))}
    nothing = {"interest_fen": 0, "fee_fen": 0, "penalty_fen": 0, "disbursed_fen": 0}
    assert found == {
        "bank": {**nothing, "penalty_fen": 4, "total_fen": 4},
        "platform": {**nothing, "interest_fen": 70, "disbursed_fen": 7, "total_fen": 77},
        "x": {**nothing, "disbursed_fen": -7, "total_fen": -7},
    }


def test_the_funnel_tells_refused_at_the_door_from_declined_by_partners() -> None:
    rows = [
        {"state": "declined", "reasons": [{"code": "purpose_not_allowed"}]},
        {"state": "declined", "reasons": [{"code": "no_partner"}]},
        {"state": "repaying", "reasons": []},
    ]
    partners = [{"applications": 3, "approvals": 1}]
    told = funnel(replace(EMPTY, applications=rows, partners=partners, loans=[{}]))
    assert told == {
        "submitted": 3,
        "admitted": 2,
        "requests to partners": 3,
        "approvals": 1,
        "disbursed": 1,
        "now repaying": 1,
        "now declined": 2,
    }


def test_each_thousand_is_timed_in_proportion_within_a_day() -> None:
    days = [Mark(500, 5.0), Mark(1500, 15.0), Mark(2000, 40.0), Mark(2400, 50.0)]
    assert thousands(days) == [10.0, 30.0]
    assert thousands([Mark(999, 3.0)]) == []
    assert thousands([]) == []


def test_an_average_is_exact_until_it_is_written() -> None:
    average = Average()
    assert average.rate() is None
    average.add(100, Decimal("0.05"))
    average.add(200, Decimal("0.08"))
    assert average.rate() == "0.070000"
    average.add(1, Decimal("0.0333333"))
    assert average.rate() == "0.069878"


def test_the_whole_object_says_whether_everything_passed() -> None:
    effort = Effort(12.3456, 1.0, Usage(8.0, 150.04), None)
    funding = Funding("0.07", "0.08", None, {"bank": "0.07"})
    bad = Check("books", ("one fen is gone",))
    made = gather(EMPTY, Told(), funding, [Check("fine", ()), bad], effort, {"seed": 1})
    assert (made["seed"], made["passed"], made["pace"]["seconds"]) == (1, False, 12.35)
    assert made["checks"][1] == {"name": "books", "passed": False, "found": ["one fen is gone"]}
    assert made["machine"] == {
        "hub": {"cpu_seconds": 8.0, "peak_mb": 150.0},
        "demo": None,
        "cpu_seconds": 8.0,
        "peak_mb": 150.0,
    }


def test_a_process_knows_what_it_has_used() -> None:
    used = usage()
    assert used is not None
    assert 5 < used.peak_mb < 5000
    assert used.cpu_seconds > 0
