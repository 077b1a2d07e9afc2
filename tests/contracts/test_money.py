"""Splitting, portions and yuan text: published vectors, and the properties that hold for every amount."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.money import (
    MAX_FEN,
    Fen,
    Number,
    Rate,
    RemainderRule,
    Rounding,
    SignedFen,
    divide,
    format_yuan,
    mirrored,
    parse_yuan,
    portion,
    ratio,
    split,
    split_apart,
)
from tests.shared import shared_json

BRICK_RULES = {
    "FloorToFirst": RemainderRule.FIRST_LISTED,
    "FloorToLargestRemainder": RemainderRule.LARGEST_REMAINDER,
    "FloorToLargestRatio": RemainderRule.LARGEST_WEIGHT,
}
LOOSE = {RemainderRule.RESIDUAL_PARTY, RemainderRule.SEQUENTIAL}
amounts = st.integers(min_value=-MAX_FEN, max_value=MAX_FEN)
weight_lists = st.lists(
    st.one_of(
        st.integers(0, 10**6), st.decimals(0, 10, places=6), st.fractions(0, 10, max_denominator=10**4)
    ),
    min_size=1,
    max_size=8,
).filter(any)


def weights_of(row: dict[str, Any], key: str = "ratios") -> list[Fraction]:
    return [Fraction(str(weight)) for weight in row[key]]


def test_published_allocations() -> None:
    vectors = shared_json("vectors/money/allocation.json")
    # On -5 by 7:3 that library rounds the negative amount its own way; ours mirrors the positive one.
    cases = [case for case in vectors["cases"] if case["amount"] >= 0]
    assert len(cases) == len(vectors["cases"]) - 1
    for case in cases:
        assert list(split(case["amount"], weights_of(case, "weights"))) == case["expected"], case
    for case in vectors["invalid"]:
        with pytest.raises(ValueError, match="weight"):
            split(case["amount"], case["weights"])


def test_weights_seen_in_the_wild() -> None:
    wild = shared_json("vectors/money/allocation.json")["wild_case"]
    for rule in RemainderRule:
        parts = split(wild["amount"], weights_of(wild, "weights"), rule)
        assert sum(parts) == wild["amount"]
        if rule not in LOOSE:
            assert max(parts[:7]) - min(parts[:7]) <= 1


def test_published_rules() -> None:
    vectors = shared_json("vectors/money/allocation_rules.json")
    rows = vectors["brick_money"]["rows"]
    for row in rows:
        unit = row.get("step", 1)
        weights = weights_of(row)
        if row["mode"] in BRICK_RULES:
            got = split(row["total"], weights, BRICK_RULES[row["mode"]], unit=unit)
        else:
            parts, rest = split_apart(row["total"], weights, unit=unit, blocks=row["mode"] == "BlockSeparate")
            got = (*parts, rest)
        assert list(got) == row["expected"], row
    for row in vectors["moneyphp"]["rows"]:
        if row["total"] >= 0:
            assert list(split(row["total"], weights_of(row))) == row["expected"], row
    for row in vectors["ruby_money"]["rows"]:
        assert list(split(row["total"], weights_of(row), RemainderRule.SEQUENTIAL)) == row["expected"], row


def test_disputed_allocations_follow_the_rule_named() -> None:
    disputes = shared_json("vectors/money/allocation_rules.json")["disputed_in_issue_threads"]
    for row in disputes:
        for key, rule in (
            ("first_gets_remainder", RemainderRule.FIRST_LISTED),
            ("old", RemainderRule.FIRST_LISTED),
            ("user_expected_largest_remainder", RemainderRule.LARGEST_REMAINDER),
        ):
            if key in row:
                assert list(split(row["total"], weights_of(row), rule)) == row[key], row
    assert split(250, (50, 45, 5)) == (125, 113, 12)


def test_published_portions() -> None:
    vectors = shared_json("vectors/money/numscript_allotments.json")
    for row in vectors["vectors"]:
        named = [Fraction(portion) for portion in row["portions"] if portion != "remaining"]
        weights = [*named, 1 - sum(named)] if "remaining" in row["portions"] else named
        assert list(split(row["total"], weights, RemainderRule.FIRST_LISTED)) == row["parts"], row


def test_hazards_of_others_do_not_happen_here() -> None:
    hazards = shared_json("vectors/money/hazards.json")
    for row in hazards["partial_refund_clawback"]:
        paid, share = row["payment"], row["partner_share"]
        taken = refunded = 0
        for refund in row["refunds"]:
            refunded += refund
            target = mirrored((share, paid - share), refunded, paid)[0]
            assert target == divide(share * refunded, paid)
            taken += target - taken
        assert taken == row["required_total"]
    for row in hazards["reversal_not_mirror"]:
        posted = split(row["total"], weights_of(row))
        assert list(posted) == row["forward"]
        assert [-part for part in mirrored(posted, row["total"], row["total"])] == row["required"]
    for row in hazards["zero_ratio_receives"]:
        for rule in RemainderRule:
            assert split(row["total"], weights_of(row), rule)[0] == 0


@given(amounts, weight_lists, st.sampled_from(RemainderRule))
def test_split_conserves(total: int, weights: list[Any], rule: RemainderRule) -> None:
    parts = split(total, weights, rule)
    whole = sum(Fraction(weight) for weight in weights)
    assert sum(parts) == total
    assert parts == tuple(-part for part in split(-total, weights, rule))
    for part, weight in zip(parts, weights, strict=True):
        limit = len(weights) if rule in LOOSE else 1
        assert abs(part - total * Fraction(weight) / whole) < limit
        assert weight or part == 0


@given(amounts, weight_lists, st.booleans())
def test_what_is_split_apart_and_its_rest_make_the_whole(
    total: int, weights: list[Any], blocks: bool
) -> None:
    parts, rest = split_apart(total, weights, blocks=blocks)
    assert sum(parts) + rest == total
    assert rest * total >= 0


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6), st.data())
def test_taking_back_is_bounded_and_complete(shares: list[int], data: st.DataObject) -> None:
    paid = sum(shares)
    taken_back = data.draw(st.integers(0, paid))
    targets = mirrored(shares, taken_back, paid)
    assert sum(targets) == taken_back
    assert all(0 <= target <= share for target, share in zip(targets, shares, strict=True))
    off = [i for i, share in enumerate(shares) if paid and targets[i] != divide(share * taken_back, paid)]
    if off:  # only what rounding left moved, and from the end
        assert all(
            shares[i] in (0, targets[i]) or targets[i] == 0 or i in off for i in range(off[0], len(shares))
        )
    assert mirrored(shares, paid, paid) == tuple(shares)


@pytest.mark.parametrize(
    ("shares", "back", "paid"), [((7, 3), 11, 10), ((7, 3), -1, 10), ((7, 2), 5, 10), ((11, -1), 5, 10)]
)
def test_more_than_was_paid_is_not_taken_back(shares: tuple[int, ...], back: int, paid: int) -> None:
    with pytest.raises(ValueError, match="taken back"):
        mirrored(shares, back, paid)


@pytest.mark.parametrize(
    ("numerator", "half_up", "half_even", "down", "up"),
    [
        (5, 3, 2, 2, 3),
        (7, 4, 4, 3, 4),
        (-5, -3, -2, -2, -3),
        (4, 2, 2, 2, 2),
        (0, 0, 0, 0, 0),
        (1, 1, 0, 0, 1),
    ],
)
def test_rounding(numerator: int, half_up: int, half_even: int, down: int, up: int) -> None:
    got = [divide(numerator, 2, rounding) for rounding in Rounding]
    assert got == [half_up, half_even, down, up]


def test_portion() -> None:
    assert portion(1_000_000, Decimal("0.012")) == 12_000
    assert portion(100, Fraction(1, 3), Rounding.UP) == 34
    assert portion(-100, Decimal("0.005")) == -1
    with pytest.raises(TypeError, match="float"):
        portion(100, 0.1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="positive"):
        divide(1, 0)
    with pytest.raises(TypeError, match="bool"):
        ratio(True)


def test_smallest_unit() -> None:
    with pytest.raises(ValueError, match="multiple"):
        split(101, (1, 1), unit=5)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("1234.5", 123450), ("-0.01", -1), ("7", 700), ("0.10", 10), ("12.340000", 1234), ("-0.00", 0)],
)
def test_yuan_text(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen
    assert parse_yuan(format_yuan(fen)) == fen


@pytest.mark.parametrize(
    "text",
    ["", ".5", "5.", "1,234.00", "1e3", "NaN", "Infinity", " 1", "1 ", "+1", "--1", "0.001", "１２", "1\n"],
)
def test_other_text_is_not_yuan(text: str) -> None:
    with pytest.raises(ValueError, match="yuan"):
        parse_yuan(text)


def test_too_much_yuan() -> None:
    assert parse_yuan("9999999999999.99") == MAX_FEN - 1
    with pytest.raises(ValueError, match="yuan"):
        parse_yuan("99999999999999")


@given(amounts)
def test_yuan_round_trip(fen: int) -> None:
    if abs(fen) < MAX_FEN:
        assert parse_yuan(format_yuan(fen)) == fen


@pytest.mark.parametrize("bad", [True, 1.0, "1", None, MAX_FEN + 1, -MAX_FEN - 1])
def test_an_amount_is_a_whole_number_in_bounds(bad: object) -> None:
    for adapter in (TypeAdapter[int](Fen), TypeAdapter[int](SignedFen)):
        with pytest.raises(ValidationError):
            adapter.validate_python(bad)


def test_amount_json() -> None:
    fen = TypeAdapter[int](Fen)
    assert fen.validate_json("12") == 12
    for text in ("1.0", "1e2", '"1"', "true", "-1", "NaN", "Infinity"):
        with pytest.raises(ValidationError):
            fen.validate_json(text)


@pytest.mark.parametrize("bad", [0.085, "1e-2", "NaN", True, "", " 0.1", None, Decimal("NaN"), "1."])
def test_a_number_is_a_decimal_text(bad: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[Decimal](Number).validate_python(bad)
    with pytest.raises(ValidationError):
        TypeAdapter[Decimal](Rate).validate_python(bad)


def test_rates() -> None:
    rate = TypeAdapter[Decimal](Rate)
    assert rate.validate_json('"0.0850"') == Decimal("0.085")
    for bad in ("8.5", "-0.1", 2):
        with pytest.raises(ValidationError, match=r"write 8\.5%"):
            rate.validate_python(bad)


def test_numbers() -> None:
    number = TypeAdapter[Decimal](Number)
    assert number.validate_python("12.5") == Decimal("12.5")
    assert number.validate_python(7) == 7
    assert number.dump_json(Decimal("0.70")) == b'"0.70"'
