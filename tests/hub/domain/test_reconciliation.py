"""The vectors of bank matching hold, and everything of both sides is told, whatever its order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.money import portion, split
from hub.domain.reconciliation import (
    BankLine,
    Difference,
    Expected,
    Match,
    Tolerance,
    Why,
    amount_within,
    distance,
    reconcile,
    reference_equals,
    reference_within,
    time_within,
)
from tests.shared import shared_json

DAY = date(2026, 3, 5)


def vectors(*names: str) -> Any:
    """A part of the shared vectors of matching."""
    found = shared_json("vectors/reconciliation/matching.json")
    for name in names:
        found = found[name]
    assert found
    return found


def test_amounts() -> None:
    for row in vectors("amount_equals_with_drift", "rows"):
        external, internal, drift = (Decimal(row[name]) for name in ("external", "internal", "drift"))
        assert amount_within(external, internal, drift) is row["match"], row


def test_moments() -> None:
    for row in vectors("date_equals_with_drift_seconds", "rows"):
        difference = timedelta(microseconds=int(Decimal(row["delta_s"]) * 10**6))
        assert time_within(difference, timedelta(seconds=int(row["drift_s"]))) is row["match"], row


def test_references() -> None:
    for row in vectors("reference_equals"):
        assert reference_equals(row["external"], row["internal"]) is row["match"], row


def test_references_that_drift() -> None:
    for row in vectors("reference_contains_levenshtein"):
        assert reference_within(row["external"], row["internal"], row["drift_pct"]) is row["match"], row


def test_what_is_pinned_as_a_hazard_is_refused() -> None:
    assert not reference_within("1", "INV-1", 0)
    assert not reference_equals("", "")
    assert not reference_within("", "x", 0)
    assert not reference_within("pay_00012", "pay_0001", 0)
    for wrong in (
        {"percent": 100},
        {"amount": Decimal("0.06")},
        {"days": 32},
        {"amount": Decimal(-1)},
    ):
        with pytest.raises(ValueError, match="lies between 0 and"):
            Tolerance(**wrong)  # type: ignore[arg-type]


def test_distributions_sum_exactly() -> None:
    for row in vectors("distributions_sum_exact", "rows"):
        parts = distributed(row)
        assert sum(parts) == row["total"], row
        assert min(parts) >= 0, row


def distributed(row: Mapping[str, Any]) -> list[int]:
    """Percentages that make a whole go by the largest remainder; what is left is the last taker's."""
    total = row["total"]
    if all(isinstance(share, str) and share.endswith("%") for share in row["shares"]):
        return list(split(total, tuple(Decimal(share[:-1]) for share in row["shares"])))
    parts: list[int] = []
    for share in row["shares"]:
        if share == "left":
            parts.append(total - sum(parts))
        elif isinstance(share, dict):
            parts.append(share["minor"])
        elif share.endswith("%"):
            parts.append(portion(total, Decimal(share[:-1]) / 100))
        else:
            parts.append(int(Decimal(share) * row["precision"]))
    return parts


def test_one_fen_goes_to_the_first() -> None:
    one = vectors("one_minor_unit")
    assert list(split(one["total"], (Decimal(50), Decimal(50)))) == one["expected"]


def paid(number: str, fen: int = -10_000, on: date = DAY) -> Expected:
    return Expected(number, on, fen, number)


def seen(serial: str, reference: str, fen: int = -10_000, on: date = DAY) -> BankLine:
    return BankLine(serial, on, fen, "a bank", reference)


def test_amount_day_and_reference_must_all_fit() -> None:
    found = reconcile(
        [paid("pay_0001"), paid("pay_0002"), paid("pay_0003"), paid("pay_0004")],
        [
            seen("b1", "分润 PAY_0001", on=DAY + timedelta(3)),
            seen("b2", "pay_0002", fen=-10_001),
            seen("b3", "pay_0003", on=DAY + timedelta(4)),
            seen("b4", "something else"),
        ],
        Tolerance(),
    )
    assert found.matches == (Match("pay_0001", "b1", 0),)
    assert found.differences == (
        Difference(Why.AMOUNT, "pay_0002", "b2", -1),
        Difference(Why.DAY, "pay_0003", "b3", 0),
        Difference(Why.NOT_AT_BANK, "pay_0004", None, 10_000),
        Difference(Why.NOT_IN_BOOKS, None, "b4", -10_000),
    )


def test_what_might_be_either_is_neither() -> None:
    twice = reconcile([paid("pay_0001")], [seen("b1", "pay_0001"), seen("b2", "pay_0001")], Tolerance())
    assert (twice.matches, {(d.why, d.serial) for d in twice.differences}) == (
        (),
        {(Why.SEVERAL, "b1"), (Why.SEVERAL, "b2")},
    )
    shared = reconcile([paid("pay_0001"), paid("pay_0002")], [seen("b1", "pay_0001 pay_0002")], Tolerance())
    assert not shared.matches
    assert {d.why for d in shared.differences} == {Why.SEVERAL}


def test_a_difference_within_the_tolerance_is_told() -> None:
    (match,) = reconcile(
        [paid("pay_0001")], [seen("b1", "pay_0001", -10_100)], Tolerance(amount=Decimal("0.01"))
    ).matches
    assert match.difference_fen == -100


NUMBERS = st.sampled_from(["pay_0001", "pay_0002", "pay_0003", "pay_00012"])


@given(
    st.lists(st.tuples(NUMBERS, st.integers(-3, 3)), max_size=5, unique_by=lambda one: one[0]),
    st.lists(st.tuples(NUMBERS, st.integers(-3, 3), st.integers(-5, 5)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_everything_is_told_once_and_order_changes_nothing(
    books: list[tuple[str, int]], bank: list[tuple[str, int, int]], dice: Any
) -> None:
    expected = [paid(number, fen) for number, fen in books]
    lines = [
        seen(f"b{place}", number, fen, DAY + timedelta(days))
        for place, (number, fen, days) in enumerate(bank)
    ]
    found = reconcile(expected, lines, Tolerance())
    matched = [match.payment for match in found.matches]
    taken = [match.serial for match in found.matches]
    assert len(set(matched)) == len(matched)
    assert len(set(taken)) == len(taken)
    assert {d.payment for d in found.differences} - {None} == {one.id for one in expected} - set(matched)
    assert {d.serial for d in found.differences} - {None} == {line.serial for line in lines} - set(taken)
    dice.shuffle(expected)
    dice.shuffle(lines)
    again = reconcile(expected, lines, Tolerance())
    assert (again.matches, set(again.differences)) == (found.matches, set(found.differences))


@given(st.text("ab", max_size=6), st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_the_edit_distance_is_a_distance(one: str, two: str, three: str) -> None:
    assert distance(one, two) == distance(two, one)
    assert (distance(one, two) == 0) == (one == two)
    assert distance(one, three) <= distance(one, two) + distance(two, three)
    assert distance("kitten", "sitting") == 3
