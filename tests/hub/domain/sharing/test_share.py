"""Sharing conserves money: properties over random agreements and lives of loans, and what is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.agreement import RECEIVED, Agreement, Base
from contracts.money import divide
from hub.domain.sharing import (
    AFTER_COMPENSATION,
    Cancelled,
    CannotShare,
    Compensated,
    Disbursed,
    LineKind,
    MoneyEvent,
    Received,
    Refunded,
    ShareLine,
    share,
)
from tests.hub.domain.sharing.agreements import (
    DAY,
    LOAN,
    SPREAD,
    Book,
    agreement,
    agreements,
    books,
    opened,
    pot,
    received,
    refunded,
    rest,
)


@given(books())
def test_what_comes_in_is_what_is_shared(book: Book) -> None:
    for event, lines in book.events:
        if isinstance(event, Disbursed):
            assert (
                pot([line for line in lines if line.kind == "contribution"], Base.DISBURSED)
                == event.amount_fen
            )
        elif isinstance(event, Cancelled):
            assert (
                -pot([line for line in lines if line.kind == "contribution"], Base.DISBURSED)
                == event.amount_fen
            )
        else:
            sign = -1 if isinstance(event, Refunded) else 1
            fees = 0 if isinstance(event, Compensated) else event.fee_fen
            moved = (event.principal_fen, event.interest_fen, fees, event.penalty_fen)
            assert [sign * pot(lines, base) for base in RECEIVED] == list(moved)


@given(books())
def test_nothing_is_taken_from_anyone_but_by_a_mirror(book: Book) -> None:
    posted = {line.ref: line for line in book.lines}
    assert len(posted) == len(book.lines)
    for line in book.lines:
        assert line.amount_fen
        if line.mirrors is None:
            assert line.amount_fen > 0
    for ref, line in posted.items():
        back = -sum(other.amount_fen for other in book.lines if other.mirrors == ref)
        assert 0 <= back <= line.amount_fen or line.mirrors is not None


@given(books())
def test_no_funder_is_returned_more_than_it_put_in(book: Book) -> None:
    put_in, back = _capital(book.lines)
    assert sum(put_in.values()) >= sum(back.values())
    assert all(0 <= back.get(party, 0) <= amount for party, amount in put_in.items())


@given(books())
@settings(max_examples=50)
def test_what_remains_repaid_returns_each_funder_exactly_its_capital(book: Book) -> None:
    put_in, back = _capital(book.lines)
    left = sum(put_in.values()) - sum(back.values())
    if left:
        book.play(received("last", left))
    put_in, back = _capital(book.lines)
    assert {party: amount for party, amount in put_in.items() if amount} == {
        party: amount for party, amount in back.items() if amount
    }


@given(agreements(), st.lists(st.integers(1, 100_000), min_size=1, max_size=24))
def test_returned_capital_stays_near_its_exact_share(terms: Agreement, principals: list[int]) -> None:
    book = opened(terms, sum(principals))
    put_in, _ = _capital(book.lines)
    done = 0
    for number, principal in enumerate(principals):
        book.play(received(f"r{number}", principal))
        done += principal
        _, back = _capital(book.lines)
        for party, amount in put_in.items():
            assert abs(back.get(party, 0) - Fraction(amount * done, sum(principals))) <= 1


@given(books())
def test_taken_back_is_the_rounded_share_of_what_was_refunded(book: Book) -> None:
    posted = [line for line in book.lines if line.event == "received"]
    for base in RECEIVED:
        for serial in {line.serial for line in posted}:
            lines = [line for line in posted if line.serial == serial and line.base is base]
            back = [-sum(o.amount_fen for o in book.lines if o.mirrors == line.ref) for line in lines]
            paid, in_all = sum(line.amount_fen for line in lines), sum(back)
            exact = [divide(line.amount_fen * in_all, paid) for line in lines]
            off = sum(exact) - in_all
            assert sum(abs(a - b) for a, b in zip(back, exact, strict=True)) == abs(off)


@given(books())
def test_cost_first_takes_no_more_than_the_term_owes(book: Book) -> None:
    for clause in book.agreement.by_pot[Base.INTEREST]:
        if clause.kind == "cost_first":
            due = divide(
                int(clause.rate * 10_000) * 1_000_000 * 30, 10_000 * clause.day_count, clause.rounding
            )
            for period in (1, 2, None):
                took = sum(
                    line.amount_fen
                    for line in book.lines
                    if line.clause == clause.id and line.period == period
                )
                assert 0 <= took <= due


@given(books())
def test_the_same_history_gives_the_same_lines(book: Book) -> None:
    lines: list[ShareLine] = []
    for event, before in book.events:
        again = share(book.agreement, event, lines)
        assert again == before
        lines += again


@given(books())
def test_a_line_survives_storage(book: Book) -> None:
    stored = [json.loads(json.dumps(line.to_json())) for line in book.lines]
    assert [ShareLine.from_json(row) for row in stored] == book.lines


def test_a_line_from_storage_is_checked() -> None:
    row = opened(SPREAD).lines[0].to_json()
    for name, bad in (("amount_fen", True), ("amount_fen", "1"), ("period", "1"), ("basis", None)):
        with pytest.raises(TypeError):
            ShareLine.from_json({**row, name: bad})


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (Disbursed(LOAN, 5, DAY), "already_shared"),
        (received("r", 1), "already_shared"),
        (received("s", 950_001), "more_than_owed"),
        (received("s", 1, kind=AFTER_COMPENSATION), "not_compensated"),
        (Compensated(LOAN, "k", "stranger", 1, 1, 0, 0, 0, 0, DAY), "unknown_guarantor"),
        (refunded("x", "none", 1), "unknown_original"),
        (refunded("x", "r", 50_001), "more_than_paid"),
        (refunded("x", "r", 0, 0, fee_fen=1), "more_than_paid"),
        (Cancelled(LOAN, "c", 950_001, DAY), "more_than_owed"),
    ],
)
def test_what_contradicts_the_history_is_refused(event: MoneyEvent, code: str) -> None:
    book = opened(SPREAD)
    book.play(received("r", 50_000, 20_000))
    with pytest.raises(CannotShare) as caught:
        book.play(event)
    assert caught.value.code == code
    assert caught.value.code in str(caught.value)


def test_more_cannot_be_recovered_than_was_compensated() -> None:
    book = opened(SPREAD)
    book.play(Compensated(LOAN, "k", "guarantor", 1, 10, 0, 0, 0, 0, DAY))
    with pytest.raises(CannotShare, match="more_than_owed"):
        book.play(received("r", 11, kind=AFTER_COMPENSATION))


def test_a_loan_must_be_disbursed_first() -> None:
    with pytest.raises(CannotShare, match="not_disbursed"):
        Book(SPREAD).play(received("r", 1))


def test_todays_terms_do_not_reprice_a_loan() -> None:
    book = opened(SPREAD)
    book.agreement = SPREAD.model_copy(update={"version": 2})
    book.agreement.__dict__.pop("reference", None)
    with pytest.raises(CannotShare, match="other_agreement"):
        book.play(received("r", 1))


def test_another_loans_history_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="another loan"):
        share(SPREAD, Cancelled("loan_2", "c", 1, DAY), opened(SPREAD).lines)


@pytest.mark.parametrize("values", [{}, {"interest": -1}, {"principal": 1, "days": -1}])
def test_an_event_moves_something(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        received("r", **values)


def test_a_returned_reserve_goes_back_with_the_transfer() -> None:
    reserve = {
        "id": "reserve",
        "kind": "risk_reserve",
        "payer": "platform",
        "holder": "vault",
        "fraction": "0.025",
    }
    book = opened(agreement(reserve, rest("bank")))
    lines = book.play(Cancelled(LOAN, "c", 1_000_000, DAY + timedelta(days=400)))
    assert [(line.kind, line.amount_fen) for line in lines] == [
        (LineKind.CONTRIBUTION, -1_000_000),
        (LineKind.RESERVE_HELD, -25_000),
    ]


def _capital(lines: list[ShareLine]) -> tuple[dict[str, int], dict[str, int]]:
    put_in: dict[str, int] = {}
    back: dict[str, int] = {}
    for line in lines:
        if line.kind in (LineKind.CONTRIBUTION, LineKind.RETURN):
            side = put_in if line.kind is LineKind.CONTRIBUTION else back
            side[line.party] = side.get(line.party, 0) + line.amount_fen
    return put_in, back


def test_a_repayment_names_its_fields_once() -> None:
    assert Received.__slots__ == tuple(Received.__dataclass_fields__)
