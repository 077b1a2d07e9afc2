"""Closing a month: netting, carrying, and entries that leave nothing open."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given

from hub.domain.ledger import post, trial_balance
from hub.domain.settlement import Due, close, month_bounds, month_days, month_of, pay
from hub.domain.sharing import LineKind
from tests.hub.domain.sharing.agreements import DAY, SPREAD, Book, books, opened, received, refunded

FEBRUARY = date(2026, 2, 10)


def test_a_month_of_repayments() -> None:
    book = opened(SPREAD)
    book.play(received("r", 50_000, 20_000))
    book.play(received("s", 50_000, 10_000, fee_fen=900, period=2))
    settlement = close("2026-01", book.lines)
    assert settlement.dues == (
        Due("bank", "guarantor", 2_500 + 2_500 + 900),
        Due("bank", "platform", 10_417 + 417),
    )
    assert {position.party: position.net_fen for position in settlement.positions} == {
        "bank": -16_734,
        "guarantor": 5_900,
        "platform": 10_834,
    }
    assert settlement.carried == ()
    assert settlement.count == len(book.lines)
    (entry,) = settlement.entries
    assert (entry.kind, entry.loan_id, entry.on) == ("settlement_closed", None, date(2026, 1, 31))


def test_a_refund_of_a_settled_month_is_carried_into_the_next_and_turns_the_debt_round() -> None:
    book = opened(SPREAD)
    book.play(received("r", 0, 20_000))
    january = list(book.lines)
    book.play(refunded("x", "r", 0, 20_000, on=FEBRUARY))
    february = book.lines[len(january) :]
    assert close("2026-01", january).dues == (
        Due("bank", "guarantor", 2_500),
        Due("bank", "platform", 10_417),
    )
    assert close("2026-02", february).dues == (
        Due("guarantor", "bank", 2_500),
        Due("platform", "bank", 10_417),
    )
    assert {line.mirrors for line in february} <= {line.ref for line in january}


def test_a_late_line_is_carried_and_a_later_one_refused() -> None:
    book = opened(SPREAD)
    book.play(received("r", 0, 20_000))
    late = close("2026-02", book.lines)
    assert late.carried == tuple(line.ref for line in book.lines)
    assert late.entries[0].on == date(2026, 2, 28)
    with pytest.raises(ValueError, match="its own month"):
        close("2025-12", book.lines)


def test_paying_a_due_clears_it() -> None:
    book = opened(SPREAD)
    book.play(received("r", 0, 20_000))
    settlement = close("2026-01", book.lines)
    made = [entry for event, lines in book.events for entry in post(SPREAD, event, lines)]
    made += settlement.entries
    made += [pay(settlement, due, on=FEBRUARY, memo="paid") for due in settlement.dues]
    stand = {
        (row.account.code, row.party): row.balance_fen
        for row in trial_balance(posting for entry in made for posting in entry.postings).rows
    }
    assert not any(balance for (account, _), balance in stand.items() if account == "settlement")
    assert stand["paid", "platform"] == -10_417
    assert stand["paid", "bank"] == 12_917
    with pytest.raises(ValueError, match="owes"):
        pay(settlement, Due("bank", "platform", 1), on=FEBRUARY, memo="")


def test_an_empty_month() -> None:
    settlement = close("2026-01", ())
    assert (settlement.count, settlement.dues, settlement.positions, settlement.entries) == (0, (), (), ())


@given(books())
def test_a_closed_month_leaves_nothing_open(book: Book) -> None:
    settlement = close("2026-12", book.lines)
    assert sum(position.net_fen for position in settlement.positions) == 0
    for position in settlement.positions:
        dues = sum(due.amount_fen for due in settlement.dues if due.creditor == position.party)
        dues -= sum(due.amount_fen for due in settlement.dues if due.debtor == position.party)
        assert dues == position.net_fen
        owed = sum(line.owed_fen for line in book.lines if line.party == position.party)
        owes = sum(line.owed_fen for line in book.lines if line.counterparty == position.party)
        assert position.net_fen == owed - owes
    assert all(due.amount_fen > 0 for due in settlement.dues)
    made = [entry for event, lines in book.events for entry in post(book.agreement, event, lines)]
    made += settlement.entries
    for row in trial_balance(posting for entry in made for posting in entry.postings).rows:
        if row.account.code == "settlement":
            net = {position.party: position.net_fen for position in settlement.positions}
            assert row.balance_fen == -net[row.party]
        elif row.account.code == "receivable" or row.account.code.startswith("payable"):
            assert row.balance_fen == 0


@given(books())
def test_the_order_of_lines_does_not_matter(book: Book) -> None:
    forward, backward = close("2026-12", book.lines), close("2026-12", reversed(book.lines))
    assert forward.dues == backward.dues
    assert forward.totals == backward.totals
    assert sum(total.lines for total in forward.totals) == len(book.lines)
    contributed = sum(t.amount_fen for t in forward.totals if t.kind is LineKind.CONTRIBUTION)
    assert contributed == sum(line.amount_fen for line in book.lines if line.kind is LineKind.CONTRIBUTION)


def test_business_months_are_shanghais() -> None:
    assert month_of(DAY) == "2026-01"
    assert month_days("2026-12") == (date(2026, 12, 1), date(2027, 1, 1))
    assert month_bounds("2026-02") == (
        datetime(2026, 1, 31, 16, tzinfo=UTC),
        datetime(2026, 2, 28, 16, tzinfo=UTC),
    )


@pytest.mark.parametrize("period", ["2026-13", "2026-00", "202601", "2026-1", "1999-01", "2026-01\n", ""])
def test_a_period_is_a_month(period: str) -> None:
    with pytest.raises(ValueError, match="2026-01"):
        month_days(period)
