"""The worked examples of profit sharing, to the fen: joint capital, cost first, shares, reserve, reversal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from contracts.agreement import Base
from hub.domain.sharing import (
    AFTER_COMPENSATION,
    Cancelled,
    Compensated,
    Disbursed,
    LineKind,
    Month,
    month_end,
    reserve_balance,
    revenue,
)
from tests.hub.domain.sharing.agreements import (
    DAY,
    LOAN,
    SPREAD,
    Book,
    agreement,
    cost,
    monthly,
    opened,
    received,
    refunded,
    rest,
)
from tests.shared import shared_json

JOINT = agreement(
    {"id": "more", "kind": "share_of_received", "party": "platform", "fraction": "0.30", "base": "penalty"},
    rest("bank"),
    capital=(("bank", "0.7"), ("trust", "0.3")),
)
UPFRONT = agreement(
    {
        "id": "upfront",
        "kind": "share_on_disbursement",
        "payer": "bank",
        "receiver": "platform",
        "fraction": "0.012",
        "refund_window_days": 15,
    },
    rest("bank"),
)
RESERVE = agreement(
    {"id": "reserve", "kind": "risk_reserve", "payer": "platform", "holder": "vault", "fraction": "0.025"},
    rest("bank"),
)


def joint_interest() -> Book:
    terms = agreement(rest("bank"), capital=(("bank", 7), ("trust", 3))).model_dump(mode="json")
    terms["clauses"] = [
        {"id": "capital", "kind": "capital_split", "also": ["interest"]},
        *(
            clause
            for clause in terms["clauses"]
            if clause["base" if "base" in clause else "id"] in ("fee", "penalty")
        ),
    ]
    return opened(type(JOINT).model_validate(terms), 1_000_001)


def test_s1_joint_capital() -> None:
    book = joint_interest()
    assert [(line.party, line.amount_fen) for line in book.lines] == [("bank", 700_001), ("trust", 300_000)]
    assert book.got(received("i", 0, 20_001)) == [("bank", 14_001), ("trust", 6_000)]


def test_s1_twelve_terms_return_each_funder_its_capital() -> None:
    book = opened(JOINT, 1_000_001)
    parts = [
        book.got(received(f"r{term}", 83_333 if term < 12 else 83_338, period=term)) for term in range(1, 13)
    ]
    bank = [amount for term in parts for party, amount in term if party == "bank"]
    assert sorted(bank) == [58_333] * 10 + [58_334, 58_337]
    assert bank[-1] == 58_337
    assert sum(bank) == 700_001
    assert sum(amount for term in parts for party, amount in term if party == "trust") == 300_000


def test_s2_share_on_disbursement() -> None:
    book = opened(UPFRONT)
    assert [(line.party, line.counterparty, line.owed_fen) for line in book.lines] == [
        ("bank", "bank", 0),
        ("platform", "bank", 12_000),
    ]
    assert book.got(Cancelled(LOAN, "c", 1_000_000, DAY + timedelta(days=15))) == [
        ("bank", -1_000_000),
        ("platform", -12_000),
    ]
    assert revenue(book.lines) == {"platform": 0, "bank": 0}


def test_s2_partly_returned_in_the_window_then_wholly_after_it() -> None:
    book = opened(UPFRONT)
    assert book.got(Cancelled(LOAN, "c", 333_333, DAY)) == [("bank", -333_333), ("platform", -4_000)]
    assert book.got(Cancelled(LOAN, "d", 666_667, DAY + timedelta(days=16))) == [("bank", -666_667)]


@pytest.mark.parametrize(("day_count", "due"), [(360, 2_500), (365, 2_466)])
def test_s3_rate_on_the_balance(day_count: int, due: int) -> None:
    book = opened(agreement(cost("fee", "platform", "0.03", day_count), rest("bank")))
    assert book.got(received("r", 0, 20_000))[0] == ("platform", due)


def test_s4_cost_first() -> None:
    book = opened(SPREAD)
    assert book.got(received("r", 0, 20_000)) == [("bank", 7_083), ("guarantor", 2_500), ("platform", 10_417)]
    funder = book.lines[-3]
    assert (funder.clause, funder.base, funder.base_fen) == ("funder", Base.INTEREST, 20_000)
    basis = funder.basis
    assert (basis.rate, basis.balance_fen, basis.days, basis.day_count) == ("0.085", 1_000_000, 30, 360)
    assert (basis.rounding, basis.taken_fen, basis.left_fen) == ("half_up", 0, 20_000)
    top, bottom = (int(part) for part in str(basis.exact).split("/"))
    assert top * 6 == 42_500 * bottom  # 7083.33 fen


def test_s5_share_of_interest_received() -> None:
    back = {"id": "back", "kind": "share_of_received", "party": "platform", "fraction": "0.3"}
    book = opened(agreement(back, rest("bank")))
    assert book.got(received("r", 0, 20_000)) == [("platform", 6_000), ("bank", 14_000)]
    assert book.got(received("unpaid", 100)) == [("bank", 100)]


def test_a_share_of_each_payment_within_bounds() -> None:
    for row in shared_json("vectors/money/hazards.json")["min_and_percent"][0]["rows"]:
        share = {"id": "back", "kind": "share_of_received", "party": "platform", "fraction": "0.2"}
        book = opened(agreement({**share, "least_fen": 2_500, "most_fen": 9_000}, rest("bank")))
        due = min(round(Decimal(row.get("expect", row.get("expect_raw")))), 9_000)
        assert dict(book.got(received("r", 0, row["base"])))["platform"] == due


def test_s10_a_term_paid_in_parts() -> None:
    book = opened(SPREAD)
    assert book.got(received("a", 0, 5_000)) == [("bank", 5_000)]
    assert book.got(received("b", 0, 10_000)) == [("bank", 2_083), ("guarantor", 2_500), ("platform", 5_417)]
    assert book.got(received("c", 0, 5_000)) == [("platform", 5_000)]
    assert book.got(received("next", 0, 5_000, period=2)) == [("bank", 5_000)]


def test_s10_at_once() -> None:
    assert opened(SPREAD).got(received("a", 0, 15_000)) == [
        ("bank", 7_083),
        ("guarantor", 2_500),
        ("platform", 5_417),
    ]


def test_s11_reserve() -> None:
    book = opened(RESERVE, 1_000_000_000)
    assert reserve_balance("reserve", book.lines) == 25_000_000
    lines = book.play(Compensated(LOAN, "k", "guarantor", 3, 1_200_000, 34_567, 0, 0, 0, DAY))
    assert [(line.kind, line.party, line.counterparty, line.amount_fen) for line in lines] == [
        (LineKind.RETURN, "bank", "bank", 1_200_000),
        (LineKind.SHARE, "bank", "bank", 34_567),
        (LineKind.CLAIM, "guarantor", "bank", 1_200_000),
        (LineKind.CLAIM, "guarantor", "bank", 34_567),
        (LineKind.RESERVE_DRAWN, "guarantor", "vault", 1_234_567),
    ]
    assert reserve_balance("reserve", book.lines) == 23_765_433
    terms = monthly(RESERVE, {"id": "review", "kind": "reserve_review", "of": "reserve"})
    facts = Month(date(2026, 1, 31), outstanding_fen=800_000_000, reserves={"reserve": 23_765_433})
    (release,) = month_end(terms, "2026-01", facts, ())
    assert (release.party, release.counterparty, release.amount_fen) == ("platform", "vault", 3_765_433)
    assert reserve_balance("reserve", [*book.lines, release]) == 20_000_000
    (topup,) = month_end(terms, "2026-01", replace(facts, reserves={"reserve": 19_000_000}), ())
    assert (topup.party, topup.counterparty, topup.amount_fen) == ("vault", "platform", 1_000_000)
    assert month_end(terms, "2026-01", replace(facts, reserves={"reserve": 20_000_000}), ()) == ()


def test_s11_a_pooled_reserve_serves_any_loan() -> None:
    compensated = Compensated(LOAN, "k", "guarantor", 3, 500_000, 0, 0, 0, 0, DAY)
    own = opened(RESERVE).play(compensated)
    assert own[-1].amount_fen == 25_000  # what this loan placed
    pooled = opened(RESERVE).play(compensated, reserves={"reserve": 10_000_000})
    assert pooled[-1].amount_fen == 500_000
    empty = opened(RESERVE).play(compensated, reserves={})
    assert empty[-1].kind is LineKind.CLAIM


def test_s13_reversal_mirrors_the_posted_lines() -> None:
    book = opened(SPREAD)
    posted = book.play(received("r", 0, 20_000))
    back = book.play(refunded("x", "r", 0, 20_000, on=DAY + timedelta(days=40)))
    assert [(line.party, line.amount_fen) for line in back] == [
        ("bank", -7_083),
        ("guarantor", -2_500),
        ("platform", -10_417),
    ]
    assert [line.mirrors for line in back] == [line.ref for line in posted]
    assert [line.period for line in back] == [1, 1, 1]
    # The term is unpaid again: paid anew, the costs come first anew.
    assert book.got(received("s", 0, 20_000)) == [("bank", 7_083), ("guarantor", 2_500), ("platform", 10_417)]


def test_s13_in_parts() -> None:
    book = opened(
        agreement(
            {"id": "back", "kind": "share_of_received", "party": "platform", "fraction": "0.915"},
            rest("bank"),
        )
    )
    book.play(received("r", 0, 1_000))
    back = [dict(book.got(refunded(f"x{n}", "r", 0, part))) for n, part in enumerate((333, 333, 334))]
    assert [part["platform"] for part in back] == [-305, -304, -306]
    assert [sum(part.values()) for part in back] == [-333, -333, -334]


def test_a_compensated_loan_repays_its_guarantor() -> None:
    book = opened(SPREAD)
    book.play(Compensated(LOAN, "k", "guarantor", 1, 80_000, 20_000, 0, 1_000_000, 30, DAY))
    lines = book.play(received("r", 50_000, 25_000, penalty_fen=300, kind=AFTER_COMPENSATION))
    assert [(line.kind, line.party, line.base, line.amount_fen) for line in lines] == [
        (LineKind.RECOVERY, "guarantor", Base.PRINCIPAL, 50_000),
        (LineKind.RECOVERY, "guarantor", Base.INTEREST, 20_000),
        (LineKind.SHARE, "guarantor", Base.INTEREST, 5_000),
        (LineKind.SHARE, "guarantor", Base.PENALTY, 300),
    ]
    assert book.got(refunded("x", "r", 50_000, 0)) == [("guarantor", -50_000)]
    assert book.got(received("t", 80_000, 0, kind=AFTER_COMPENSATION)) == [("guarantor", 80_000)]
    # The terms that were not compensated go on as before.
    assert book.got(received("u", 0, 20_000, period=2))[0] == ("bank", 7_083)


def test_disbursement_lines_are_the_same_whenever_computed() -> None:
    event = Disbursed(LOAN, 1_000_001, DAY)
    assert Book(JOINT).play(event) == Book(JOINT).play(event)


def test_hazards_of_others_do_not_happen_here() -> None:
    hazards = shared_json("vectors/money/hazards.json")
    for row in hazards["double_clawback"]:
        fraction = f"{row['split_pct']}e-2"
        back = {"id": "back", "kind": "share_of_received", "party": "platform"}
        book = opened(agreement({**back, "fraction": str(Decimal(fraction))}, rest("bank")))
        book.play(received("kept", 0, row["succeeded"] - row["refunded"]))
        assert (
            dict(book.got(received("given", 0, row["refunded"])))["platform"]
            == row["already_paid_for_refunded"]
        )
        book.play(refunded("x", "given", 0, row["refunded"]))
        assert revenue(book.lines)["platform"] == row["required_net"]
    for row in hazards["retroactive_repricing"]:
        if "sales" in row:
            # The platform had no share when it was sold; a later version that gives it one changes nothing.
            amount = row["sales"][0]["amount"]
            book = opened(agreement(rest("bank")))
            assert book.got(received("r", 0, amount)) == [("bank", row["required_owed"])]
            assert book.got(refunded("x", "r", 0, amount)) == [("bank", -row["required_owed"])]
