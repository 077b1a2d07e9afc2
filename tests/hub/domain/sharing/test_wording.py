"""Every clause has its words in both languages, with its numbers in them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given

from contracts.agreement import Agreement, Clause, MonthlyClause
from hub.domain.sharing.wording import lines, per_cent, render, sentence
from tests.hub.domain.sharing.agreements import agreement, agreements, cost, monthly, rest

BETWEEN = {"payer": "bank", "receiver": "platform"}
MONTHLY: list[dict[str, Any]] = [
    {
        "id": "volume",
        "kind": "volume_tiers",
        **BETWEEN,
        "measure": "disbursed",
        "mode": "whole",
        "tiers": [{"from_fen": 0, "rate": "0.010", "flat_fen": 500}, {"from_fen": 500, "rate": "0.012"}],
    },
    {
        "id": "quality",
        "kind": "quality_tiers",
        **BETWEEN,
        "tiers": [{"at_most": "0.02", "fraction": "0.3"}, {"fraction": "0.2"}],
    },
    {"id": "daily", "kind": "daily_balance", **BETWEEN, "rate": "0.03", "day_count": 365},
    {"id": "cpa", "kind": "per_application", **BETWEEN, "price_fen": 3_000},
    {
        "id": "bounds",
        "kind": "bounds",
        **BETWEEN,
        "of": ["cpa"],
        "floor_fen": 8_000_000,
        "cap_fen": 9_000_000,
    },
    {"id": "loss", "kind": "first_loss", **BETWEEN, "fraction": "0.05"},
    {"id": "review", "kind": "reserve_review", "of": "reserve"},
    {"id": "vat", "kind": "tax", **BETWEEN, "of": ["cpa"], "rate": "0.06", "inclusive": True},
    {"id": "vat_on_top", "kind": "tax", **BETWEEN, "of": ["cpa"], "rate": "0.06", "inclusive": False},
    {"id": "kept", "kind": "withholding", **BETWEEN, "of": ["cpa"], "rate": "0.2"},
]
RESERVE = {
    "id": "reserve",
    "kind": "risk_reserve",
    "payer": "platform",
    "holder": "vault",
    "fraction": "0.025",
}
SHARE = {"id": "part", "kind": "share_of_received", "party": "platform", "fraction": "0.3"}
UPFRONT = {"id": "front", "kind": "share_on_disbursement", **BETWEEN, "fraction": "0.012"}
WHOLE = monthly(
    agreement(
        cost("funder", "bank", "0.085"),
        {**SHARE, "least_fen": 2_500, "most_fen": 90_000},
        {**UPFRONT, "refund_window_days": 15},
        RESERVE,
        rest("platform"),
    ),
    *MONTHLY,
)


@pytest.mark.parametrize(
    ("clause", "numbers"),
    [
        ("capital", ["1"]),
        ("funder", ["8.5%", "360"]),
        ("part", ["30%", "25.00", "900.00"]),
        ("front", ["1.2%", "15"]),
        ("reserve", ["2.5%"]),
        ("rest_interest", []),
        ("volume", ["1%", "5.00", "1.2%"]),
        ("quality", ["30 ", "2%", "30%", "20%"]),
        ("daily", ["3%", "365"]),
        ("cpa", ["30.00"]),
        ("bounds", ["80000.00", "90000.00", "cpa"]),
        ("loss", ["5%"]),
        ("review", ["reserve"]),
        ("vat", ["6%", "cpa"]),
        ("vat_on_top", ["6%", "cpa"]),
        ("kept", ["20%", "cpa"]),
    ],
)
def test_a_clause_in_words(clause: str, numbers: list[str]) -> None:
    (said,) = [one for one in render(WHOLE) if one.clause == clause]
    for number in numbers:
        assert number in said.zh
        assert number in said.en
    assert said.zh.endswith("。")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said.zh)


def test_every_kind_of_clause_has_words() -> None:
    kinds = {type(clause) for clause in (*WHOLE.clauses, *WHOLE.monthly)}
    assert kinds == {*get_args(get_args(Clause)[0]), *get_args(get_args(MonthlyClause)[0])}


@given(agreements())
def test_any_agreement_can_be_read(terms: Agreement) -> None:
    text = "\n".join(lines(terms))
    for clause in terms.clauses:
        assert f"[{clause.id}]" in text
        assert sentence(terms, clause).en in text


def test_a_rate_as_people_write_it() -> None:
    assert [per_cent(Decimal(rate)) for rate in ("0.0850", "0.3", "1", "0.000667", "0")] == [
        "8.5%",
        "30%",
        "100%",
        "0.0667%",
        "0%",
    ]
