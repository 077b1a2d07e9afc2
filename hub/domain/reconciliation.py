"""Payments against the bank's own statement: what matches beyond doubt, and every difference there is.

A pair matches only by amount, day and reference together, and only when neither side has another candidate;
whatever is left is a difference for a person. The comparisons hold the vectors of Blnk's matching tests
(boundaries inclusive, a tolerance is a fraction of the internal amount's magnitude); the hazards those tests
pin are refused by `Tolerance`. Amounts are fen, received positive and paid negative.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from contracts.money import Exact

SHORTEST: Final = 6
"""Characters a reference has at least to be looked for inside another: `1` is in every text."""
MOST_DRIFT: Final = Decimal("0.05")
MOST_PERCENT: Final = 20
MOST_DAYS: Final = 31


def amount_within(external: Exact, internal: Exact, drift: Exact) -> bool:
    """Tell whether an amount differs by at most a fraction of the internal one, whatever its sign."""
    return abs(Fraction(external) - Fraction(internal)) <= Fraction(drift) * abs(Fraction(internal))


def time_within(difference: timedelta, drift: timedelta) -> bool:
    """Tell whether two moments, or two days, lie at most `drift` apart; parts of a second count."""
    return abs(difference) <= drift


def reference_equals(external: str, internal: str) -> bool:
    """Tell whether a reference is one of those the books name, separated by bars; case does not matter."""
    wanted = external.strip().casefold()
    return bool(wanted) and wanted in [part.strip().casefold() for part in internal.split("|")]


def reference_within(external: str, internal: str, percent: int) -> bool:
    """Tell whether a reference stands whole in the other, or at most so many per cent of it differ.

    Counted is the edit distance over the longer one's characters. At 100 everything matches, which
    `Tolerance` does not allow.
    """
    one, other = external.strip().casefold(), internal.strip().casefold()
    if not one or not other:
        return False
    if one == other or _stands_in(one, other) or _stands_in(other, one):
        return True
    return percent > 0 and distance(one, other) * 100 <= percent * max(len(one), len(other))


def _stands_in(short: str, long: str) -> bool:
    """Whether a text of some length is a word of another: `pay_1` is none of `pay_12`."""
    if len(short) < SHORTEST or short not in long:
        return False
    return re.search(rf"(?<![0-9a-z]){re.escape(short)}(?![0-9a-z])", long) is not None


def distance(one: str, other: str) -> int:
    """Return the edit distance of two texts: insertions, deletions and replacements of characters."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, row[0] = row[0], place
        for at, match in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != match))
    return row[-1]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a bank's line may lie from a payment. All three always count. ValueError beyond reason."""

    amount: Decimal = Decimal(0)
    """Fraction of the payment's amount."""
    days: int = 3
    percent: int = 0
    """Of the reference's characters."""

    def __post_init__(self) -> None:
        for name, value, most in (
            ("amount", self.amount, MOST_DRIFT),
            ("days", self.days, MOST_DAYS),
            ("percent", self.percent, MOST_PERCENT),
        ):
            if not 0 <= value <= most:
                raise ValueError(f"the tolerance of {name} lies between 0 and {most}")


@dataclass(frozen=True, slots=True)
class Expected:
    """A payment of the books, as the account's owner should see it at the bank."""

    id: str
    on: date
    amount_fen: int
    reference: str


@dataclass(frozen=True, slots=True)
class BankLine:
    """A line of the bank's statement; `serial` is the bank's own number of it."""

    serial: str
    on: date
    amount_fen: int
    counterparty: str
    reference: str


class Why(StrEnum):
    """Why something is a difference."""

    NOT_AT_BANK = "not_at_bank"  # the books say that it was paid, the bank shows nothing like it
    NOT_IN_BOOKS = "not_in_books"  # the bank shows money the books do not expect
    SEVERAL = "several"  # more than one fits: a person says which
    AMOUNT = "amount"  # the reference fits, the amount does not
    DAY = "day"  # the reference and the amount fit, the day does not


@dataclass(frozen=True, slots=True)
class Match:
    """A payment and its line; `difference_fen` is what the bank shows more, within the tolerance."""

    payment: str
    serial: str
    difference_fen: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What does not match, and with what it might have to do."""

    why: Why
    payment: str | None
    serial: str | None
    amount_fen: int
    """What the bank shows more than the books."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Everything of both sides, each once among the matches or at least once among the differences."""

    matches: tuple[Match, ...]
    differences: tuple[Difference, ...]


def reconcile(
    expected: Sequence[Expected], lines: Sequence[BankLine], tolerance: Tolerance
) -> Reconciliation:
    """Match payments and bank lines one to one. Order changes nothing; ids and serials are unique."""
    fits = {
        one.id: [line for line in lines if _fits(one, line, tolerance)]
        for one in sorted(expected, key=lambda one: one.id)
    }
    claimed: dict[str, int] = {}
    for found in fits.values():
        for line in found:
            claimed[line.serial] = claimed.get(line.serial, 0) + 1
    matches: list[Match] = []
    differences: list[Difference] = []
    told: set[str] = set()
    for one in sorted(expected, key=lambda one: one.id):
        found = fits[one.id]
        if len(found) == 1 and claimed[found[0].serial] == 1:
            matches.append(Match(one.id, found[0].serial, found[0].amount_fen - one.amount_fen))
            told.add(found[0].serial)
        else:
            mine = _unmatched(one, found, lines, claimed)
            told |= {difference.serial for difference in mine if difference.serial is not None}
            differences += mine
    differences += [
        Difference(Why.NOT_IN_BOOKS, None, line.serial, line.amount_fen)
        for line in sorted(lines, key=lambda line: line.serial)
        if line.serial not in told
    ]
    return Reconciliation(tuple(matches), tuple(differences))


def _fits(one: Expected, line: BankLine, tolerance: Tolerance) -> bool:
    return (
        amount_within(line.amount_fen, one.amount_fen, tolerance.amount)
        and time_within(line.on - one.on, timedelta(tolerance.days))
        and _names(one, line, tolerance.percent)
    )


def _names(one: Expected, line: BankLine, percent: int) -> bool:
    return reference_equals(line.reference, one.reference) or reference_within(
        line.reference, one.reference, percent
    )


def _unmatched(
    one: Expected, fits: Sequence[BankLine], lines: Sequence[BankLine], claimed: Mapping[str, int]
) -> list[Difference]:
    """What to say of a payment without a match: lines that fit but not alone, or that it is named in."""
    if fits:
        return [
            Difference(Why.SEVERAL, one.id, line.serial, line.amount_fen - one.amount_fen) for line in fits
        ]
    near = [line for line in lines if line.serial not in claimed and _names(one, line, 0)]
    if not near:
        return [Difference(Why.NOT_AT_BANK, one.id, None, -one.amount_fen)]
    return [
        Difference(
            Why.DAY if line.amount_fen == one.amount_fen else Why.AMOUNT,
            one.id,
            line.serial,
            line.amount_fen - one.amount_fen,
        )
        for line in near
    ]
