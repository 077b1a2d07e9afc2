"""What is owed, and what a part of it pays: to the fen, in the law's order, and never more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.messages import RepaymentKind
from hub.domain.owed import NothingOwed, Sum, all_owed, part_of, term_owed
from hub.domain.standing import Term, TermState

DAY = date(2026, 1, 5)
DUE = (date(2026, 2, 5), date(2026, 3, 5))
TERMS = [Term(1, DUE[0], 600_000, 18_000, 300), Term(2, DUE[1], 600_000, 9_000, 0)]
FEN = st.integers(0, 10**9)
PAID = Term(1, DUE[0], 600_000, 18_000, 300, 600_000, 18_000, 300, state=TermState.PAID)


@given(FEN, FEN, FEN, FEN, st.data())
def test_a_part_and_the_rest_are_the_whole(p: int, i: int, f: int, late: int, data: st.DataObject) -> None:
    whole = Sum(RepaymentKind.NORMAL, 1, p, i, f, late)
    if whole.total_fen == 0:
        return
    amount = data.draw(st.integers(1, whole.total_fen))
    part = part_of(whole, amount)
    assert part.total_fen == amount
    parts = [part.fee_fen, part.penalty_fen, part.interest_fen, part.principal_fen]
    wholes = [f, late, i, p]
    assert all(0 <= paid <= owed for paid, owed in zip(parts, wholes, strict=True))
    # Nothing of a later part is paid while an earlier one is not paid in full.
    short = next((n for n, (paid, owed) in enumerate(zip(parts, wholes, strict=True)) if paid < owed), 4)
    assert not any(parts[short + 1 :])
    assert (part.how is RepaymentKind.NORMAL) == (amount == whole.total_fen)


@pytest.mark.parametrize("amount", [0, -1, 618_301])
def test_what_is_no_part_is_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="no part"):
        part_of(term_owed(TERMS, 1, DAY), amount)


def test_a_term_is_owed_less_what_was_paid_of_it() -> None:
    begun = Term(1, DUE[0], 600_000, 18_000, 300, 100, 18_000, 300, state=TermState.PARTIAL)
    assert term_owed([begun, TERMS[1]], None, DUE[0]) == Sum(RepaymentKind.NORMAL, 1, 599_900, 0)
    assert term_owed(TERMS, 1, DUE[0] + timedelta(days=1)).how is RepaymentKind.OVERDUE
    assert term_owed([PAID, TERMS[1]], None, DUE[0]).period == 2


@pytest.mark.parametrize(
    ("terms", "period", "code"), [(TERMS, 3, "no_such_term"), ([PAID, TERMS[1]], 1, "term_paid")]
)
def test_nothing_is_owed(terms: list[Term], period: int, code: str) -> None:
    with pytest.raises(NothingOwed, match=code):
        term_owed(terms, period, DAY)


@pytest.mark.parametrize(("days", "interest"), [(0, 0), (1, 600), (10, 6_000), (30, 18_000)])
def test_all_that_is_left_is_the_principal_and_interest_by_days(days: int, interest: int) -> None:
    owed = all_owed(TERMS, 1_200_000, Decimal("0.18"), DAY, DAY + timedelta(days=days))
    assert owed == Sum(RepaymentKind.EARLY, None, 1_200_000, interest)


def test_interest_runs_from_the_last_due_day() -> None:
    owed = all_owed([PAID, TERMS[1]], 600_000, Decimal("0.18"), DAY, DUE[0] + timedelta(days=2))
    assert owed.interest_fen == 600


@pytest.mark.parametrize(("paid_fen", "interest"), [(1_000, 5_000), (6_000, 0), (18_000, 0)])
def test_interest_that_was_paid_ahead_is_not_paid_again(paid_fen: int, interest: int) -> None:
    begun = Term(1, DUE[0], 600_000, 18_000, 0, 0, paid_fen, state=TermState.PARTIAL)
    on = DAY + timedelta(days=10)
    assert all_owed([begun, TERMS[1]], 1_200_000, Decimal("0.18"), DAY, on).interest_fen == interest


@pytest.mark.parametrize(("left", "on", "code"), [(0, DAY, "settled"), (1_200_000, DUE[0], "overdue_first")])
def test_a_loan_is_not_settled_early(left: int, on: date, code: str) -> None:
    with pytest.raises(NothingOwed, match=code):
        all_owed(TERMS, left, Decimal("0.18"), DAY, on)


def test_what_was_forgiven_is_not_owed() -> None:
    free = replace(TERMS[0], waived_interest_fen=17_000, waived_fee_fen=300)
    assert term_owed([free, TERMS[1]], 1, DAY) == Sum(RepaymentKind.NORMAL, 1, 600_000, 1_000)
    over = replace(free, paid_interest_fen=18_000)  # paid first, forgiven after
    assert term_owed([over, TERMS[1]], 1, DAY).interest_fen == 0
    rate, on = Decimal("0.18"), DUE[0] - timedelta(days=10)
    full = all_owed(TERMS, 1_200_000, rate, DAY, on).interest_fen
    assert all_owed([free, TERMS[1]], 1_200_000, rate, DAY, on).interest_fen == max(full - 17_000, 0)
    later = [TERMS[0], replace(TERMS[1], waived_interest_fen=9_000)]
    assert all_owed(later, 1_200_000, rate, DAY, on).interest_fen == full
