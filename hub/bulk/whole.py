"""Whole numbers in set expressions: exact division, bounds, and splitting; never a float, never below zero.

Engines differ: one divides integers into doubles, another truncates towards zero, a third floors. What is
divided here is never negative and stays below 2^53, where all of them agree; `Room` proves it beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import narwhals as nw

from contracts.money import RemainderRule, Rounding
from contracts.programme import CONSUMER_CREDIT_MAX_FEN

LARGEST: Final = 2**53 - 1
"""The largest whole number that a double holds with all below it: some engines divide in doubles."""


class TooLarge(Exception):
    """A clause's numbers are too fine to be reckoned in sets: share these events one by one."""


@dataclass(frozen=True, slots=True)
class Room:
    """The largest amount in fen and the most days a row may have; `hub.bulk.close` refuses larger ones."""

    amount_fen: int = CONSUMER_CREDIT_MAX_FEN
    days: int = 3_660

    def check(self, largest: int, what: str) -> None:
        """Raise TooLarge when a dividend could reach 2^53."""
        if largest > LARGEST:
            raise TooLarge(f"{what} can reach {largest}, above 2^53; write its rate with fewer digits")


@dataclass(slots=True)
class Columns:
    """Columns added one after the other; a value used twice is kept, or its expression would double."""

    steps: list[tuple[str, nw.Expr]] = field(default_factory=list)

    def keep(self, value: nw.Expr, name: str = "") -> nw.Expr:
        """Add a column, under a name of its own unless one is given."""
        name = name or f"step_{len(self.steps)}"
        self.steps.append((name, value))
        return nw.col(name)

    def apply(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Return the frame with all columns."""
        for name, value in self.steps:
            frame = frame.with_columns(value.alias(name))
        return frame


def lit(number: int) -> nw.Expr:
    """A whole number, 64 bits wide: a bare one is 32 bits on some engines and would overflow."""
    return nw.lit(number, dtype=nw.Int64)


def divide(number: nw.Expr, by: int | nw.Expr, rounding: Rounding = Rounding.HALF_UP) -> nw.Expr:
    """Return number / by in whole units, as `contracts.money.divide`; neither is negative."""
    divisor = lit(by) if isinstance(by, int) else by
    if rounding is Rounding.HALF_UP:
        return (number * 2 + divisor) // (divisor * 2)
    if rounding is Rounding.UP:
        return (number + divisor - 1) // divisor
    down = number // divisor
    if rounding is Rounding.DOWN:
        return down
    twice = (number - down * divisor) * 2
    odd = (down - down // 2 * 2) == 1
    up = (twice > divisor) | ((twice == divisor) & odd)
    return down + up.cast(nw.Int64)


def least(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    """The smaller of two."""
    return nw.min_horizontal(one, other)


def most(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    """The larger of two."""
    return nw.max_horizontal(one, other)


def split(total: nw.Expr, weights: Sequence[int], rule: RemainderRule) -> list[nw.Expr]:
    """Return the parts of an amount by whole weights, as `contracts.money.split`."""
    if rule is RemainderRule.SEQUENTIAL:
        return _in_sequence(total, weights)
    whole = sum(weights)
    floors = [total * weight // lit(whole) for weight in weights]
    left = total
    for floor in floors:
        left = left - floor
    takers = [place for place, weight in enumerate(weights) if weight]
    if rule is RemainderRule.RESIDUAL_PARTY:
        floors[takers[-1]] = floors[takers[-1]] + left
        return floors
    if rule is RemainderRule.LARGEST_WEIGHT:
        takers.sort(key=lambda place: -weights[place])
    if rule is not RemainderRule.LARGEST_REMAINDER:
        for rank, place in enumerate(takers):
            floors[place] = floors[place] + (left > rank).cast(nw.Int64)
        return floors
    lost = {place: total * weights[place] - floors[place] * whole for place in takers}
    for place in takers:
        ahead = lit(0)
        for other in takers:
            if other != place:
                before = lost[other] >= lost[place] if other < place else lost[other] > lost[place]
                ahead = ahead + before.cast(nw.Int64)
        floors[place] = floors[place] + (ahead < left).cast(nw.Int64)
    return floors


def progress(columns: Columns, shares: Sequence[nw.Expr], done: nw.Expr) -> list[nw.Expr]:
    """Return how much of each share is due once `done` of their sum is, as `contracts.money.progress`."""
    whole = shares[0]
    for share in shares[1:]:
        whole = whole + share
    parts = []
    for share in shares[:-1]:
        part = columns.keep(divide(share * done, most(whole, lit(1))))
        parts.append(part)
        done, whole = columns.keep(done - part), whole - share
    return [*parts, done]


def mirrored(columns: Columns, shares: Sequence[nw.Expr], back: nw.Expr, paid: nw.Expr) -> list[nw.Expr]:
    """Return how much of each share is taken back once `back` of `paid` is, as `contracts.money.mirrored`."""
    whole = most(paid, lit(1))
    targets = [columns.keep(divide(share * back, whole)) for share in shares]
    left = back
    for target in targets:
        left = left - target
    left = columns.keep(left)
    for place in range(len(targets) - 1, -1, -1):
        room = least(left, shares[place] - targets[place])
        step = columns.keep(most(lit(0) - targets[place], room))
        targets[place] = targets[place] + step
        left = columns.keep(left - step)
    return targets


def _in_sequence(total: nw.Expr, weights: Sequence[int]) -> list[nw.Expr]:
    parts: list[nw.Expr] = []
    left = sum(weights)
    for weight in reversed(weights):
        part = total * weight // lit(left) if left else lit(0)
        parts.append(part)
        total = total - part
        left -= weight
    return parts[::-1]
