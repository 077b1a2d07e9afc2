"""Integer fen: strict types, exact portions, and splitting by a named rule that never loses one.

No float comes near money: a rate is a Decimal or a Fraction, a weight an int, a Decimal or a Fraction.
Every rule is symmetric about zero, so a negative amount is split as its positive one, negated. A reversal
nevertheless mirrors the posted lines (`mirrored`) instead of splitting again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

Exact = int | Decimal | Fraction
"""A number without rounding error of its own."""

MAX_FEN = 10**15
"""Largest amount in one field: ten trillion yuan, still exact as a double in a spreadsheet."""

Fen = Annotated[int, Field(strict=True, ge=0, le=MAX_FEN)]
"""An amount in fen, zero or more. Refuses bool, float and text."""

SignedFen = Annotated[int, Field(strict=True, ge=-MAX_FEN, le=MAX_FEN)]
"""An amount in fen that may be negative."""

_DECIMAL = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,13})(?:\.(?P<part>[0-9]{1,10}))?")


def _decimal_text(value: object) -> object:
    """Let exact decimals and decimal text through; refuse what has been a binary float on its way."""
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    raise PydanticCustomError("decimal_text", 'must be a decimal written as text, for example "0.0850"')


def _fraction_of_one(value: Decimal) -> Decimal:
    if not 0 <= value <= 1:
        raise PydanticCustomError("rate_range", 'is a fraction between 0 and 1: write 8.5% as "0.085"')
    return value


Number = Annotated[Decimal, BeforeValidator(_decimal_text)]
"""A Decimal read from text (JSON, YAML); never from a float."""

Rate = Annotated[Decimal, BeforeValidator(_decimal_text), AfterValidator(_fraction_of_one)]
"""A rate or share as a fraction between 0 and 1, at most 10 decimals: 8.5% a year is Decimal("0.085")."""


class RemainderRule(StrEnum):
    """Who gets the fen that do not divide. A party of weight zero never does."""

    LARGEST_REMAINDER = "largest_remainder"  # one each by largest lost fraction, the earlier listed on a tie
    FIRST_LISTED = "first_listed"  # one each in the order listed, whatever was lost
    LARGEST_WEIGHT = "largest_weight"  # one each by largest weight, the earlier listed on a tie
    RESIDUAL_PARTY = "residual_party"  # all of it to the last listed party that has a weight
    SEQUENTIAL = "sequential"  # from the last listed, each its share of what is left, rounded down


class Rounding(StrEnum):
    """How one exact amount becomes whole fen, by magnitude: -0.5 rounds as 0.5 does, negated."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


def parse_yuan(text: str) -> int:
    """Return the fen in a plain decimal amount of yuan such as "1234.5" or "-0.01".

    Zeros beyond the second decimal are accepted, other digits there raise ValueError, as does anything that
    is not digits with at most one point: grouping commas, exponents, blanks, full-width digits.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError("an amount in yuan is digits with at most one point, for example 1234.56")
    decimals = (match["part"] or "").rstrip("0")
    if len(decimals) > 2:
        raise ValueError("an amount in yuan has at most two decimals; a part of a fen cannot be paid")
    fen = int(match["whole"]) * 100 + int(decimals.ljust(2, "0"))
    if fen > MAX_FEN:
        raise ValueError(f"an amount is at most {MAX_FEN} fen")
    return -fen if match["sign"] else fen


def format_yuan(fen: int) -> str:
    """Return fen as yuan with two decimals and no grouping: -7083 is "-70.83"."""
    yuan, cents = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan}.{cents:02d}"


@lru_cache(maxsize=4096, typed=True)
def ratio(number: Exact) -> tuple[int, int]:
    """Return a number as numerator and denominator in lowest terms. Raises TypeError on a float or bool."""
    if isinstance(number, bool) or not isinstance(number, int | Decimal | Fraction):
        raise TypeError(f"a rate or weight is an int, Decimal or Fraction, not {type(number).__name__}")
    return number.as_integer_ratio()


def divide(numerator: int, denominator: int, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Return numerator / denominator as whole units; the denominator is positive."""
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    quotient, left = divmod(abs(numerator), denominator)
    twice = 2 * left
    if rounding is Rounding.HALF_UP:
        up = twice >= denominator
    elif rounding is Rounding.HALF_EVEN:
        up = twice > denominator or (twice == denominator and quotient % 2 == 1)
    else:
        up = rounding is Rounding.UP and left > 0
    quotient += up
    return -quotient if numerator < 0 else quotient


def portion(amount_fen: int, rate: Exact, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Return amount x rate in whole fen. The rate may be negative or above one; TypeError on a float."""
    numerator, denominator = ratio(rate)
    return divide(amount_fen * numerator, denominator, rounding)


@lru_cache(maxsize=4096, typed=True)
def whole_weights(weights: tuple[Exact, ...]) -> tuple[int, ...]:
    """Return weights as the smallest whole numbers in the same proportion.

    Raises ValueError when there are none, one is negative, or all are zero; TypeError on a float.
    """
    ratios = [ratio(weight) for weight in weights]
    if not ratios or all(top == 0 for top, _ in ratios):
        raise ValueError("at least one party must have a weight above zero")
    if any(top < 0 for top, _ in ratios):
        raise ValueError("a weight is zero or more")
    common = math.lcm(*(bottom for _, bottom in ratios))
    scaled = [top * (common // bottom) for top, bottom in ratios]
    divisor = math.gcd(*scaled)
    return tuple(part // divisor for part in scaled)


def split(
    total_fen: int,
    weights: Sequence[Exact],
    rule: RemainderRule = RemainderRule.LARGEST_REMAINDER,
    *,
    unit: int = 1,
) -> tuple[int, ...]:
    """Split an amount by weights; the parts sum to it and each is less than one unit from its exact share.

    `RESIDUAL_PARTY` and `SEQUENTIAL` alone may give one party up to a unit more per other party. `unit` is
    the smallest piece in fen; a total that is not a multiple of it raises ValueError. Weights: see
    `whole_weights`.
    """
    whole = whole_weights(tuple(weights))
    if rule is RemainderRule.SEQUENTIAL:
        parts = _in_sequence(_units(abs(total_fen), unit), whole)
    else:
        parts, lost, left = _floors(abs(total_fen), whole, unit)
        if left:
            for index in _takers(whole, lost, rule, left):
                parts[index] += 1
    scale = -unit if total_fen < 0 else unit
    return tuple(part * scale for part in parts)


def split_apart(
    total_fen: int, weights: Sequence[Exact], *, unit: int = 1, blocks: bool = False
) -> tuple[tuple[int, ...], int]:
    """Split an amount by weights, each part rounded towards zero; return the parts and what is left over.

    With `blocks` the parts stay in exact proportion to each other, at the price of a larger rest.
    """
    whole = whole_weights(tuple(weights))
    magnitude = abs(total_fen)
    if blocks:
        count = _units(magnitude, unit) // sum(whole)
        parts = [count * weight for weight in whole]
    else:
        parts = _floors(magnitude, whole, unit)[0]
    scale = -unit if total_fen < 0 else unit
    scaled = tuple(part * scale for part in parts)
    return scaled, total_fen - sum(scaled)


def mirrored(shares: Sequence[int], taken_back: int, paid: int) -> tuple[int, ...]:
    """Return how much of each posted share must be taken back once `taken_back` of `paid` has been refunded.

    `shares` are zero or more and sum to `paid`. Each result is round half up (share x taken_back / paid);
    what rounding leaves falls on the last share that can bear it, so the results sum to `taken_back` and lie
    between zero and the share. The caller subtracts what it took before. ValueError outside these bounds.
    """
    if sum(shares) != paid or min(shares, default=0) < 0 or not 0 <= taken_back <= paid:
        raise ValueError("the shares must sum to what was paid, and no more than that can be taken back")
    if paid == 0:
        return tuple(0 for _ in shares)
    targets = [divide(share * taken_back, paid) for share in shares]
    left = taken_back - sum(targets)
    for index in range(len(targets) - 1, -1, -1):
        if left == 0:
            break
        step = max(-targets[index], min(left, shares[index] - targets[index]))
        targets[index] += step
        left -= step
    return tuple(targets)


def progress(shares: Sequence[int], done: int) -> tuple[int, ...]:
    """Return how much of each share is due once `done` of their sum is, by cumulative rounding.

    Each share in turn gets round half up (share x what is done / what the shares left to serve sum to), so no
    result ever falls as `done` grows, and all of it done is each share exactly. Shares are zero or more.
    ValueError when `done` is negative or more than the sum.
    """
    whole = sum(shares)
    if not 0 <= done <= whole or min(shares, default=0) < 0:
        raise ValueError("no more can be done than the shares sum to")
    parts = []
    for share in shares:
        part = divide(share * done, whole) if share else 0
        parts.append(part)
        done -= part
        whole -= share
    return tuple(parts)


def _units(magnitude: int, unit: int) -> int:
    if unit < 1 or magnitude % unit:
        raise ValueError("the amount must be a multiple of the smallest unit")
    return magnitude // unit


def _floors(magnitude: int, whole: tuple[int, ...], unit: int) -> tuple[list[int], list[int], int]:
    """Return each part rounded down, what each lost (over the sum of weights), and the units left."""
    units = _units(magnitude, unit)
    weight_sum = sum(whole)
    pairs = [divmod(units * weight, weight_sum) for weight in whole]
    parts = [part for part, _ in pairs]
    return parts, [lost for _, lost in pairs], units - sum(parts)


def _in_sequence(units: int, whole: tuple[int, ...]) -> list[int]:
    parts = []
    weight_left = sum(whole)
    for weight in reversed(whole):
        # Leading parties of weight zero come when no weight, and so no money, is left.
        part = units * weight // weight_left if weight_left else 0
        parts.append(part)
        units -= part
        weight_left -= weight
    return parts[::-1]


def _takers(whole: tuple[int, ...], lost: list[int], rule: RemainderRule, left: int) -> list[int]:
    """Return who gets one unit more, an index as often as it gets one."""
    listed = [index for index, weight in enumerate(whole) if weight]
    if rule is RemainderRule.RESIDUAL_PARTY:
        return [listed[-1]] * left
    if rule is RemainderRule.LARGEST_REMAINDER:
        listed.sort(key=lambda index: -lost[index])
    elif rule is RemainderRule.LARGEST_WEIGHT:
        listed.sort(key=lambda index: -whole[index])
    return listed[:left]
