"""Statements: whole, signed from the party's side, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import dataclasses
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.money import parse_yuan
from contracts.statement import Statement, StatementLine
from hub.domain.settlement import close
from hub.domain.sharing import AFTER_COMPENSATION, Basis, Compensated, EventKind, LineKind
from hub.domain.statement import COLUMNS, WORDS, build, explain, harmless, to_csv
from tests.hub.domain.sharing.agreements import DAY, LOAN, SPREAD, Book, books, opened, received, refunded


def january() -> Book:
    book = opened(SPREAD)
    book.play(received("r", 50_000, 20_000))
    book.play(refunded("x", "r", 0, 10_000))
    return book


def statement(party: str, book: Book, period: str = "2026-01") -> Statement:
    return build(book.agreement.by_party[party], period, book.lines)


def rows_of(made: Statement) -> list[list[str]]:
    return list(csv.reader(io.StringIO(to_csv(made).decode("utf-8-sig"), newline="")))


def test_each_side_reads_the_same_line_with_its_own_sign() -> None:
    book = january()
    platform, bank = statement("platform", book), statement("bank", book)
    assert [(line.kind, line.own_fen, line.due_fen) for line in platform.lines] == [
        ("share", 10_417, 10_417),
        ("share", -5_208, -5_208),
    ]
    assert platform.lines[1].mirrors == platform.lines[0].ref
    assert platform.dues[0].model_dump() == {"counterparty": "bank", "due_fen": 5_209}
    assert (platform.receives_fen, platform.pays_fen) == (5_209, 0)
    assert (bank.receives_fen, bank.pays_fen) == (0, 5_209 + 1_250)
    kept = [line for line in bank.lines if line.kind == "share" and line.counterparty == "bank"]
    assert [(line.own_fen, line.due_fen) for line in kept] == [(7_083, 0), (-3_542, 0)]


def test_a_guarantor_sees_what_it_paid_and_got_back() -> None:
    book = opened(SPREAD)
    book.play(Compensated(LOAN, "k", "guarantor", 1, 80_000, 20_000, 0, 1_000_000, 30, DAY))
    book.play(received("r", 50_000, 0, kind=AFTER_COMPENSATION))
    totals = {(t.kind, t.base): (t.own_fen, t.due_fen) for t in statement("guarantor", book).totals}
    assert totals == {
        ("claim", "principal"): (80_000, 0),
        ("claim", "interest"): (20_000, 0),
        ("recovery", "principal"): (50_000, 50_000),
    }


@given(books())
def test_statements_agree_with_the_settlement_and_with_each_other(book: Book) -> None:
    settlement = close("2026-12", book.lines)
    made = [build(party, "2026-12", book.lines) for party in book.agreement.parties]
    assert sum(one.control.due_fen for one in made) == 0
    for one in made:
        nets = {position.party: position.net_fen for position in settlement.positions}
        assert one.control.due_fen == nets.get(one.party, 0) == one.receives_fen - one.pays_fen
        assert sum(total.lines for total in one.totals) == one.control.lines == len(one.lines)
        assert sum(total.own_fen for total in one.totals) == one.control.own_fen
        assert all(line.carried for line in one.lines)
        dues = {due.counterparty: due.due_fen for due in one.dues}
        for due in settlement.dues:
            if due.creditor == one.party:
                assert dues[due.debtor] == due.amount_fen
            if due.debtor == one.party:
                assert dues[due.creditor] == -due.amount_fen


@given(books())
def test_the_csv_holds_every_line_and_adds_up(book: Book) -> None:
    made = build(book.agreement.by_party["bank"], "2026-12", book.lines)
    heading, *lines, total, count, proof = rows_of(made)
    assert heading == [column.heading for column in COLUMNS]
    own, due = heading.index("本方份额(元) Own part (CNY)"), heading.index("应收付(元) Due (CNY)")
    assert [parse_yuan(row[own]) for row in lines] == [line.own_fen for line in made.lines]
    assert parse_yuan(total[own]) == sum(parse_yuan(row[own]) for row in lines)
    assert parse_yuan(total[due]) == sum(parse_yuan(row[due]) for row in lines)
    assert count == ["行数 Lines", str(len(lines))]
    assert proof == ["校验 SHA-256", made.control.sha256]


def test_the_csv_opens_in_chinese_spreadsheets() -> None:
    text = to_csv(statement("platform", january()))
    assert text.startswith(b"\xef\xbb\xbf" + "入账日 Date,借款编号 Loan,业务 Event".encode())
    assert "还款 received" in text.decode()
    assert "-52.08" in text.decode()


def test_the_hash_sees_any_change() -> None:
    book = january()
    first = statement("platform", book).control.sha256
    assert statement("platform", book).control.sha256 == first
    dropped = build(SPREAD.by_party["platform"], "2026-01", book.lines[:-1])
    swapped = build(SPREAD.by_party["platform"], "2026-01", book.lines[::-1])
    edited = [*book.lines[:-1], dataclasses.replace(book.lines[-1], serial="y")]
    seen = {
        first,
        dropped.control.sha256,
        swapped.control.sha256,
        build(SPREAD.by_party["platform"], "2026-01", edited).control.sha256,
    }
    assert len(seen) == 4
    moved = [dataclasses.replace(line, loan_id="loan_", serial=f"1{line.serial}") for line in book.lines]
    assert build(SPREAD.by_party["platform"], "2026-01", moved).control.sha256 not in seen


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", "  =1", "\u3000=1"],
)
def test_formulas_are_neutralised(text: str) -> None:
    assert harmless(text) == f"'{text}"
    book = opened(SPREAD)
    book.play(received(text, 0, 20_000))
    line = rows_of(statement("platform", book))[1]
    assert line[3] == f"'{text}"


@given(st.text())
def test_harmless_text_only_ever_gains_an_apostrophe(text: str) -> None:
    assert harmless(text) in (text, f"'{text}")
    assert harmless("loan_1") == "loan_1"
    assert harmless("") == ""


def test_commas_quotes_and_newlines_survive() -> None:
    book = opened(SPREAD)
    book.play(received('a,"b"\nc', 0, 20_000))
    assert rows_of(statement("platform", book))[1][3] == 'a,"b"\nc'


def test_a_basis_in_numbers() -> None:
    book = opened(SPREAD)
    lines = book.play(received("r", 0, 20_000))
    text = explain(lines[0].basis)
    assert text == (
        "比例 rate 0.085; 余额 balance 10000.00; 天数 days 30/360; = 21250/3 分 fen; "
        "取整 rounding half_up; 可分 left 200.00"
    )
    assert explain(Basis()) == ""
    assert "已计 taken 0.05" in explain(Basis(taken_fen=5))


def test_every_code_has_chinese_words() -> None:
    assert {*EventKind, *LineKind} <= set(WORDS)


def test_lines_of_the_month_are_not_carried() -> None:
    book = january()
    assert not any(line.carried for line in statement("bank", book).lines)
    assert all(line.carried for line in statement("bank", book, "2026-02").lines)


def test_a_statement_survives_json_and_refuses_what_it_does_not_know() -> None:
    made = statement("bank", january())
    assert Statement.model_validate_json(made.model_dump_json()) == made
    with pytest.raises(ValidationError):
        Statement.model_validate({**made.model_dump(), "colour": "red"})
    line = dataclasses.asdict(made.lines[0])
    for name, bad in (("own_fen", 1.5), ("due_fen", "1"), ("period", None)):
        if name != "period":
            with pytest.raises(ValidationError):
                StatementLine(**{**line, name: bad})
    assert StatementLine(**{**line, "on": date(2026, 1, 1)}).on == date(2026, 1, 1)
