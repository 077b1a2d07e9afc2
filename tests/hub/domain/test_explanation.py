"""Any line of any life is explained, and its own numbers give its amount again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given

from contracts.agreement import Base
from contracts.money import format_yuan
from hub.domain.explanation import agrees, explain
from hub.domain.sharing import Month, month_end
from tests.hub.domain.sharing.agreements import SPREAD, Book, books, monthly, opened, received, refunded


@given(books())
def test_every_line_is_explained(book: Book) -> None:
    for event, lines in book.events:
        for line in lines:
            original = next((other for other in book.lines if other.ref == line.mirrors), None)
            found = explain(book.agreement, line, lines, original)
            text = "\n".join(step.zh + step.en for step in found.steps)
            assert found.agrees
            assert format_yuan(line.amount_fen) in text
            assert str(event.loan_id) in text
            assert sum(posting.amount_fen for posting in found.postings) == 0


def test_the_words_of_one_line() -> None:
    book = opened(SPREAD)
    lines = book.play(received("r", 0, 20_000))
    found = explain(SPREAD, lines[0], lines, None)
    assert [step.en for step in found.steps] == [
        "Event: received r of loan_1 on 2026-01-15, term 1",
        "Base: interest 200.00 yuan; shared as bank 70.83 + guarantor 25.00 + platform 104.17",
        "Clause funder: Interest received first pays bank: opening principal x 8.5% x days/360,"
        " half up to the fen, as far as it goes.",
        "Numbers: 比例 rate 0.085; 余额 balance 10000.00; 天数 days 30/360; = 21250/3 分 fen;"
        " 取整 rounding half_up; 可分 left 200.00",
        "Result: bank owes bank 70.83 yuan (share)",
        "Entry: Dr Receivable from the party bank 70.83",
        "Entry: Cr Share of interest payable bank 70.83",
    ]


def test_what_is_taken_back_points_to_its_line() -> None:
    book = opened(SPREAD)
    posted = book.play(received("r", 0, 20_000))
    lines = book.play(refunded("x", "r", 0, 5_000))
    text = "\n".join(step.zh for step in explain(SPREAD, lines[0], lines, posted[0]).steps)
    assert posted[0].ref in text
    assert "70.83" in text


def test_numbers_that_do_not_give_the_amount_are_seen() -> None:
    book = opened(SPREAD)
    line = book.play(received("r", 0, 20_000))[0]
    assert agrees(line)
    assert not agrees(replace(line, amount_fen=line.amount_fen + 1))


def test_a_months_end_is_explained() -> None:
    tiers = {"from_fen": 0, "rate": "0.01"}
    clause = {"id": "volume", "kind": "volume_tiers", "payer": "bank", "receiver": "platform"}
    terms = monthly(SPREAD, {**clause, "measure": "disbursed", "mode": "whole", "tiers": [tiers]})
    (line,) = month_end(terms, "2026-01", Month(date(2026, 1, 31), {Base.DISBURSED: 12_345}), ())
    found = explain(terms, line, [line], None)
    assert found.agrees
    assert not agrees(replace(line, amount_fen=1))
    assert found.sentence is not None
