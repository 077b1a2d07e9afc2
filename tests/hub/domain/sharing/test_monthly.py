"""The worked examples of clauses that work on a month, to the fen, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.agreement import Base, Tier, TierMode
from hub.domain.ledger import post_month_end
from hub.domain.sharing import (
    AFTER_COMPENSATION,
    Cancelled,
    Cohort,
    Compensated,
    LineKind,
    Month,
    ShareLine,
    month_end,
    revenue,
    taken_back,
    tally,
)
from hub.domain.sharing.monthly import volume_charge
from tests.hub.domain.sharing.agreements import (
    DAY,
    LOAN,
    SPREAD,
    agreement,
    monthly,
    opened,
    received,
    refunded,
    rest,
)
from tests.shared import shared_json

END = date(2026, 1, 31)
PLAIN = agreement(rest("bank"))
BETWEEN = {"payer": "bank", "receiver": "platform"}
TIERS = [
    {"from_fen": 0, "rate": "0.010"},
    {"from_fen": 500_000_000, "rate": "0.012"},
    {"from_fen": 1_000_000_000, "rate": "0.015"},
]


def tiers(mode: str, rows: Sequence[dict[str, Any]] = TIERS) -> dict[str, Any]:
    return {
        "id": "volume",
        "kind": "volume_tiers",
        **BETWEEN,
        "measure": "disbursed",
        "mode": mode,
        "tiers": rows,
    }


def ended(*clauses: dict[str, Any], history: Sequence[ShareLine] = (), **facts: Any) -> tuple[ShareLine, ...]:
    return month_end(monthly(PLAIN, *clauses), "2026-01", Month(END, **facts), history)


def amounts(lines: Sequence[ShareLine]) -> list[tuple[str, str, str, int]]:
    return [(line.kind, line.party, line.counterparty, line.amount_fen) for line in lines]


@pytest.mark.parametrize(
    ("mode", "rows", "volume", "due"),
    [
        ("marginal", TIERS, 1_200_000_000, 14_000_000),  # S6a
        ("whole", TIERS, 1_200_000_000, 18_000_000),  # S6b
        (
            "marginal",
            [{"from_fen": 0, "rate": "0.006"}, {"from_fen": 500_000_000, "rate": "0.0072"}],
            800_000_000,
            5_160_000,
        ),  # S6c
        ("whole", TIERS, 499_999_999, 5_000_000),
        ("whole", TIERS, 500_000_000, 6_000_000),  # a tier begins at its bound
        ("marginal", TIERS, 500_000_000, 5_000_000),
        ("marginal", TIERS, 0, 0),
    ],
)
def test_s6_tiers(mode: str, rows: Sequence[dict[str, Any]], volume: int, due: int) -> None:
    lines = ended(tiers(mode, rows), measured={Base.DISBURSED: volume})
    assert sum(line.amount_fen for line in lines) == due
    for line in lines:
        assert (line.kind, line.party, line.counterparty) == (LineKind.MONTHLY, "platform", "bank")
        assert (line.base, line.base_fen, line.serial) == (Base.DISBURSED, volume, "2026-01")


@pytest.mark.parametrize(
    ("overdue", "due"), [(2_000_000, 30_000_000), (2_400_000, 25_000_000), (3_000_001, 20_000_000)]
)
def test_s7_quality(overdue: int, due: int) -> None:
    clause = {
        "id": "quality",
        "kind": "quality_tiers",
        **BETWEEN,
        "tiers": [
            {"at_most": "0.02", "fraction": "0.30"},
            {"at_most": "0.03", "fraction": "0.25"},
            {"fraction": "0.20"},
        ],
    }
    (line,) = ended(
        clause, measured={Base.INTEREST: 100_000_000}, outstanding_fen=100_000_000, overdue={30: overdue}
    )
    assert line.amount_fen == due
    assert ended(clause, measured={Base.INTEREST: 100})[0].amount_fen == 30  # nothing is out, nothing overdue


@pytest.mark.parametrize(
    ("volume", "top_up"), [(600_000_000, 2_000_000), (1_000_000_000, 0), (1_800_000_000, -3_000_000)]
)
def test_s8_floor_and_cap(volume: int, top_up: int) -> None:
    flat = [{"from_fen": 0, "rate": "0.01"}]
    bounds = {"id": "bounds", "kind": "bounds", **BETWEEN, "of": ["volume"]}
    lines = ended(
        tiers("marginal", flat),
        {**bounds, "floor_fen": 8_000_000, "cap_fen": 15_000_000},
        measured={Base.DISBURSED: volume},
    )
    assert lines[0].amount_fen == volume // 100
    assert [line.amount_fen for line in lines[1:]] == [top_up][: abs(top_up)]
    assert all(line.kind is LineKind.TOP_UP for line in lines[1:])


@pytest.mark.parametrize(("valid", "due"), [(1_000, 3_000_000), (988, 2_964_000)])
def test_s9_per_application(valid: int, due: int) -> None:
    clause = {"id": "cpa", "kind": "per_application", **BETWEEN, "price_fen": 3_000}
    (line,) = ended(clause, applications=valid)
    assert (line.amount_fen, line.basis.count) == (due, valid)


@pytest.mark.parametrize(("day_count", "due"), [(360, 2_500), (365, 2_466)])
def test_s3_daily_balance(day_count: int, due: int) -> None:
    clause = {"id": "daily", "kind": "daily_balance", **BETWEEN, "rate": "0.03", "day_count": day_count}
    (line,) = ended(clause, balance_fen_days=30 * 1_000_000)
    assert line.amount_fen == due


def test_s12_first_loss() -> None:
    clause = {
        "id": "loss",
        "kind": "first_loss",
        "payer": "platform",
        "receiver": "guarantor",
        "fraction": "0.05",
    }
    cohorts = {"2025-11": Cohort(1_000_000_000, 62_000_000)}
    first = ended(clause, cohorts=cohorts)
    assert amounts(first) == [(LineKind.FIRST_LOSS, "guarantor", "platform", 50_000_000)]
    assert ended(clause, cohorts=cohorts, history=first) == ()  # borne already
    # What is recovered below the limit goes back to who bore it.
    recovered = {"2025-11": Cohort(1_000_000_000, 42_000_000), "2025-12": Cohort(100, 1)}
    assert [line.amount_fen for line in ended(clause, cohorts=recovered, history=first)] == [-8_000_000, 1]


@pytest.mark.parametrize(
    ("inclusive", "kind", "tax", "owed"),
    [(True, LineKind.TAX_WITHIN, 340, 0), (False, LineKind.TAX, 360, 360)],
)
def test_s14_tax(inclusive: bool, kind: LineKind, tax: int, owed: int) -> None:
    given_clause = {"id": "cpa", "kind": "per_application", **BETWEEN, "price_fen": 6_000}
    clause = {"id": "vat", "kind": "tax", **BETWEEN, "of": ["cpa"], "rate": "0.06", "inclusive": inclusive}
    line = ended(given_clause, clause, applications=1)[-1]
    assert (line.kind, line.amount_fen, line.owed_fen) == (kind, tax, owed)
    assert revenue(ended(given_clause, clause, applications=1)) == {"platform": 6_000, "bank": -6_000}


def test_tax_withheld_lessens_what_is_owed() -> None:
    given_clause = {"id": "cpa", "kind": "per_application", **BETWEEN, "price_fen": 6_000}
    clause = {"id": "kept", "kind": "withholding", **BETWEEN, "of": ["cpa"], "rate": "0.2"}
    lines = ended(given_clause, clause, applications=1)
    assert [line.owed_fen for line in lines] == [6_000, -1_200]


def test_tax_follows_what_movements_gave_and_took_back() -> None:
    tax = {"id": "vat", "kind": "tax", **BETWEEN, "of": ["rest_interest"], "rate": "0.06", "inclusive": True}
    terms = monthly(SPREAD, tax)
    facts = Month(
        END,
        given={("rest_interest", "platform"): 6_000},
        given_back={("rest_interest", "platform"): -3_000},
    )
    (line,) = month_end(terms, "2026-01", facts, ())
    assert (line.base_fen, line.amount_fen) == (3_000, 170)


def test_what_is_taken_back_of_an_earlier_month_takes_back_its_clause() -> None:
    clause = tiers("whole")
    january = ended(clause, measured={Base.DISBURSED: 600_000_000})
    terms = monthly(PLAIN, clause)
    back = 0
    history = list(january)
    for month, in_all in (("2026-02", 100_000_001), ("2026-03", 100_000_001), ("2026-04", 600_000_000)):
        facts = Month(END, taken_back={("2026-01", Base.DISBURSED): in_all})
        lines = month_end(terms, month, facts, history)
        assert all(line.mirrors == january[0].ref for line in lines)
        back -= sum(line.amount_fen for line in lines)
        # By the line that was posted, 1.2 %, although what is left would have reached only the first tier.
        assert back == round(Fraction(7_200_000 * in_all, 600_000_000))
        history += lines
    assert back == january[0].amount_fen


def test_a_floor_does_not_make_good_what_is_taken_back() -> None:
    flat, bounds = tiers("marginal", [{"from_fen": 0, "rate": "0.01"}]), {"id": "bounds", "kind": "bounds"}
    clauses = (flat, {**bounds, **BETWEEN, "of": ["volume"], "floor_fen": 1_000})
    january = ended(*clauses, measured={Base.DISBURSED: 200_000})
    facts = Month(END, measured={Base.DISBURSED: 50_000}, taken_back={("2026-01", Base.DISBURSED): 200_000})
    lines = month_end(monthly(PLAIN, *clauses), "2026-02", facts, january)
    assert [line.amount_fen for line in lines] == [-2_000, 500, 500]


def test_the_measures_of_a_month() -> None:
    book = opened(SPREAD)  # 10,000.00 on the 15th
    book.play(received("r", 100_000, 20_000, on=date(2026, 1, 20)))
    book.play(refunded("x", "r", 0, 5_000, on=date(2026, 1, 25)))
    counted = tally(book.lines, END)
    assert counted.measured == {Base.DISBURSED: 1_000_000, Base.INTEREST: 15_000}
    assert counted.balance_fen_days == 1_000_000 * 17 - 100_000 * 12
    assert counted.principal_fen == 900_000
    assert sum(counted.given.values()) == 1_000_000 + 100_000 + 15_000
    played = len(book.lines)
    book.play(refunded("y", "r", 100_000, 15_000, on=date(2026, 2, 3)))
    book.play(Cancelled(LOAN, "c", 1_000_000, date(2026, 2, 4)))
    later = tally(book.lines[played:], date(2026, 2, 28))
    assert later.measured == {}
    back = taken_back(("2026-01", line) for line in book.lines[played:])
    assert back == {("2026-01", Base.DISBURSED): 1_000_000, ("2026-01", Base.INTEREST): 15_000}
    assert later.principal_fen == -900_000
    assert later.given_back["rest_interest", "platform"] < 0


def test_what_the_guarantor_pays_is_not_received_from_borrowers() -> None:
    book = opened(SPREAD)
    book.play(Compensated(LOAN, "k", "guarantor", 1, 80_000, 20_000, 0, 1_000_000, 30, DAY))
    book.play(received("r", 80_000, 25_000, kind=AFTER_COMPENSATION))
    counted = tally(book.lines, END)
    assert counted.measured == {Base.DISBURSED: 1_000_000, Base.INTEREST: 5_000}


def test_a_movement_that_comes_late_makes_good_the_days_before() -> None:
    book = opened(PLAIN)
    counted = tally(book.lines, date(2026, 2, 28))
    assert counted.balance_fen_days == 1_000_000 * (17 + 28)


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    bounds = sorted(draw(st.sets(st.integers(1, 10**9), max_size=4)))
    rates = st.integers(0, 300).map(lambda bips: f"0.{bips:04d}")
    return [{"from_fen": bound, "rate": draw(rates)} for bound in (0, *bounds)]


@given(rows(), st.integers(0, 2 * 10**9), st.integers(0, 10**9))
def test_marginal_tiers_grow_without_a_jump(table: list[dict[str, Any]], volume: int, more: int) -> None:
    parts = [Tier.model_validate(row) for row in table]
    low, _ = volume_charge(volume, parts, TierMode.MARGINAL)
    high, _ = volume_charge(volume + more, parts, TierMode.MARGINAL)
    rates = [Fraction(part.rate) for part in parts]
    assert more * min(rates) <= high - low <= more * max(rates)
    assert min(rates) * volume <= low <= max(rates) * volume


@given(st.integers(0, 10**10), rows(), st.integers(0, 10**8), st.integers(0, 10**8))
def test_a_months_end_conserves_money(
    volume: int, table: list[dict[str, Any]], floor: int, room: int
) -> None:
    bounds: dict[str, Any] = {
        "id": "bounds",
        "kind": "bounds",
        **BETWEEN,
        "of": ["volume"],
        "floor_fen": floor,
    }
    bounds["cap_fen"] = floor + room
    lines = ended(tiers("marginal", table), bounds, measured={Base.DISBURSED: volume})
    assert floor <= sum(line.amount_fen for line in lines) <= floor + room
    assert sum(revenue(lines).values()) == 0
    for entry in post_month_end("2026-01", lines):
        assert sum(posting.amount_fen for posting in entry.postings) == 0
    assert [ShareLine.from_json(line.to_json()) for line in lines] == list(lines)


def test_tiers_of_others() -> None:
    published = shared_json("vectors/money/tiers.json")

    def cents(text: str) -> int:
        return int(Decimal(text) * 100)

    table = published["graduated_percentage_marginal"]
    parts = [
        Tier(
            # "11-20" of whole numbers is what lies above 10 and up to 20.
            from_fen=0 if row["from"] == 0 else (row["from"] - 1) * 100,
            rate=Decimal(row["rate_pct"]) / 100,
            flat_fen=cents(row["flat"]),
        )
        for row in table["ranges"]
    ]
    for case in table["cases"]:
        exact, _ = volume_charge(cents(case["units"]), parts, TierMode.MARGINAL)
        assert exact == cents(case["amount"]), case


def test_refused_terms() -> None:
    def refusal(*clauses: dict[str, Any]) -> str:
        with pytest.raises(ValueError, match="validation error") as refused:
            monthly(PLAIN, *clauses)
        return str(refused.value)

    cpa = {"id": "cpa", "kind": "per_application", **BETWEEN, "price_fen": 1}
    assert "begins at 0" in refusal(tiers("whole", [{"from_fen": 5, "rate": "0.1"}]))
    assert "tiers[1].from_fen" in refusal(tiers("whole", [TIERS[0], TIERS[0]]))
    assert "monthly[1]: cpa is listed twice" in refusal(cpa, cpa)
    assert "monthly[0]: capital is listed twice" in refusal({**cpa, "id": "capital"})
    assert "no clause nothing is listed before it" in refusal(
        {"id": "bounds", "kind": "bounds", **BETWEEN, "of": ["nothing"], "floor_fen": 1}
    )
    assert "guarantor receives nothing by cpa" in refusal(
        cpa,
        {"id": "bounds", "kind": "bounds", **BETWEEN, "receiver": "guarantor", "of": ["cpa"], "cap_fen": 1},
    )
    assert "monthly[0]: payer and receiver are the same" in refusal({**cpa, "payer": "platform"})
    assert "金规" in refusal({**tiers("whole"), "measure": "fee"})
    assert "cap_fen: lies below" in refusal(
        cpa, {"id": "bounds", "kind": "bounds", **BETWEEN, "of": ["cpa"], "floor_fen": 2, "cap_fen": 1}
    )
    assert "which reserve_review cannot look at" in refusal(
        cpa, {"id": "review", "kind": "reserve_review", "of": "cpa"}
    )
