"""Double entry: every life of a loan balances, and a closed account stands at nil."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from hub.domain.ledger import (
    CHART,
    Entry,
    OutOfBalance,
    Posting,
    Side,
    post,
    post_month_end,
    trial_balance,
)
from hub.domain.sharing import (
    AFTER_COMPENSATION,
    Cancelled,
    Compensated,
    LineKind,
    Month,
    ShareLine,
    month_end,
    reserve_balance,
)
from tests.hub.domain.sharing.agreements import (
    DAY,
    LOAN,
    SPREAD,
    Book,
    agreement,
    books,
    monthly,
    opened,
    received,
    refunded,
    rest,
)


def entries(book: Book) -> list[Entry]:
    return [entry for event, lines in book.events for entry in post(book.agreement, event, lines)]


def balances(book: Book) -> dict[tuple[str, str], int]:
    rows = trial_balance(posting for entry in entries(book) for posting in entry.postings).rows
    return {(row.account.code, row.party): row.balance_fen for row in rows if row.balance_fen}


@given(books())
def test_every_life_of_a_loan_balances(book: Book) -> None:
    made = entries(book)
    assert all(sum(posting.amount_fen for posting in entry.postings) == 0 for entry in made)
    stand = balances(book)
    for party in book.agreement.by_party:
        put_in = _sum(book.lines, LineKind.CONTRIBUTION, party)
        back = _sum(book.lines, LineKind.RETURN, party)
        assert stand.get(("loan_principal", party), 0) == put_in - back
        assert stand.get(("capital", party), 0) == put_in - back
        claim = _sum(book.lines, LineKind.CLAIM, party) - _sum(book.lines, LineKind.RECOVERY, party)
        assert stand.get(("claim", party), 0) == claim
    held = reserve_balance("reserve", book.lines)
    assert stand.get(("reserve_held", "vault"), 0) == stand.get(("reserve_fund", "vault"), 0) == held


def _sum(lines: list[ShareLine], kind: LineKind, party: str) -> int:
    return sum(line.amount_fen for line in lines if line.kind is kind and line.party == party)


def test_a_repayment_as_it_is_posted() -> None:
    book = opened(SPREAD)
    lines = book.play(received("r", 50_000, 20_000))
    (entry,) = post(SPREAD, book.events[-1][0], lines)
    assert (entry.kind, entry.loan_id, entry.serial, entry.on) == ("received", LOAN, "r", DAY)
    assert entry.memo == "还款 Repayment example@1"
    assert {(posting.account, posting.party): posting.amount_fen for posting in entry.postings} == {
        ("receivable", "bank"): 70_000,
        ("payable_principal", "bank"): -50_000,
        ("capital", "bank"): 50_000,
        ("loan_principal", "bank"): -50_000,
        ("payable_interest", "bank"): -7_083,
        ("payable_interest", "guarantor"): -2_500,
        ("payable_interest", "platform"): -10_417,
    }


def test_a_full_refund_undoes_the_entry() -> None:
    book = opened(SPREAD)
    before = balances(book)
    book.play(received("r", 50_000, 20_000, fee_fen=30, penalty_fen=7))
    book.play(refunded("x", "r", 50_000, 20_000, fee_fen=30, penalty_fen=7))
    assert balances(book) == before
    book.play(Cancelled(LOAN, "c", 1_000_000, DAY))
    assert balances(book) == {}


def test_compensated_and_recovered() -> None:
    book = opened(SPREAD)
    book.play(Compensated(LOAN, "k", "guarantor", 1, 1_000_000, 20_000, 0, 1_000_000, 30, DAY))
    stand = balances(book)
    assert stand["claim", "guarantor"] == stand["compensation", "guarantor"] == 1_020_000
    assert ("loan_principal", "bank") not in stand
    book.play(received("r", 1_000_000, 20_000, kind=AFTER_COMPENSATION))
    stand = balances(book)
    assert ("claim", "guarantor") not in stand
    assert stand["payable_principal", "guarantor"] == 1_000_000


def test_a_reserve_review_is_posted() -> None:
    terms = agreement(
        {
            "id": "reserve",
            "kind": "risk_reserve",
            "payer": "platform",
            "holder": "vault",
            "fraction": "0.025",
        },
        rest("bank"),
    )
    reviewed = monthly(terms, {"id": "review", "kind": "reserve_review", "of": "reserve"})
    facts = Month(date(2026, 1, 31), outstanding_fen=800_000, reserves={"reserve": 23_000})
    (entry,) = post_month_end("2026-01", month_end(reviewed, "2026-01", facts, ()))
    assert (entry.kind, entry.loan_id, entry.serial) == ("month_end", None, "2026-01")
    assert {(posting.account, posting.party): posting.amount_fen for posting in entry.postings} == {
        ("receivable", "vault"): 3_000,
        ("payable_reserve", "platform"): -3_000,
        ("reserve_fund", "vault"): 3_000,
        ("reserve_held", "vault"): -3_000,
    }
    assert post_month_end("2026-01", ()) == ()


def test_nothing_shared_is_nothing_posted() -> None:
    assert post(SPREAD, received("r", 1), ()) == ()


def test_an_entry_is_whole() -> None:
    ok = (Posting("capital", "bank", -5), Posting("loan_principal", "bank", 5))
    assert Entry("x", LOAN, "", DAY, ok, "").postings == ok
    with pytest.raises(OutOfBalance, match="by 4 fen"):
        Entry("x", LOAN, "", DAY, (*ok, Posting("claim", "bank", 4)), "")
    with pytest.raises(ValueError, match="has postings"):
        Entry("x", LOAN, "", DAY, (), "")
    with pytest.raises(ValueError, match="chart"):
        Entry("x", LOAN, "", DAY, (Posting("pocket", "bank", 0),), "")


def test_a_trial_balance_keeps_columns_apart() -> None:
    trial = trial_balance(
        [
            Posting("capital", "bank", -7),
            Posting("capital", "bank", 2),
            Posting("loan_principal", "bank", 7),
            Posting("loan_principal", "bank", -2),
        ]
    )
    assert [(row.account.code, row.debit_fen, row.credit_fen, row.balance_fen) for row in trial.rows] == [
        ("loan_principal", 7, 2, 5),
        ("capital", 2, 7, 5),
    ]
    assert trial.debit_fen == trial.credit_fen == 9
    with pytest.raises(OutOfBalance, match="differ by 1"):
        trial_balance([Posting("capital", "bank", 1)])
    with pytest.raises(ValueError, match="chart"):
        trial_balance([Posting("pocket", "bank", 0)])


def test_the_chart_names_every_account_in_both_languages() -> None:
    for code, account in CHART.items():
        assert account.code == code
        assert account.zh
        assert account.en.isascii()
        assert account.side in Side
