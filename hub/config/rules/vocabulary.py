"""The closed vocabulary: which fields a rule may speak of, and what values each can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from contracts.programme import CONSUMER_CREDIT_MAX_FEN, RepaymentMethod
from contracts.rules import Compare, Condition, Scalar
from hub.config.rules.sets import Names, Span

RATE_UNITS: Final = 10**10
"""Rates have at most ten decimals; as whole units of 1e-10 they are compared exactly."""

Values = Span | Names


class Empty(ValueError):
    """The condition gives no value."""


class Mistyped(ValueError):
    """The condition's value or comparison does not suit the field."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `low` to `high`."""

    low: int
    high: int
    optional: bool = False

    @property
    def every(self) -> Span:
        """All values there are."""
        return Span(((self.low, self.high),))

    def set_of(self, value: Scalar) -> Span:
        """Return the values equal to one written in a rule."""
        number = self.read(value)
        return Span(((number, number),))

    def read(self, value: object) -> int:
        """Return a value of a rule or a case as the whole number it is compared by."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise Mistyped("write a whole number")
        return value


@dataclass(frozen=True, slots=True)
class Fraction(Whole):
    """An annual rate between 0 and 1, written as decimal text."""

    low: int = 0
    high: int = RATE_UNITS

    def read(self, value: object) -> int:
        """Return the rate in units of 1e-10."""
        if not isinstance(value, str | Decimal):
            raise Mistyped('write a rate as text, such as "0.085"')
        try:
            units = Decimal(value) * RATE_UNITS
        except InvalidOperation:
            raise Mistyped('write a rate as text, such as "0.085"') from None
        if not units.is_finite() or units != units.to_integral_value():
            raise Mistyped("a rate has at most ten decimals")
        return int(units)


@dataclass(frozen=True, slots=True)
class Region(Whole):
    """A GB/T 2260 code: equal to a province or prefecture means lying in it."""

    low: int = 100_000
    high: int = 999_999

    def read(self, value: object) -> int:
        """Return the six digits of a case as a number."""
        return self.set_of(str(value)).parts[0][0]

    def set_of(self, value: Scalar) -> Span:
        """Return all codes that begin with the two, four or six digits."""
        text = str(value)
        if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) in {2, 4, 6}):
            raise Mistyped("write two, four or six digits of a GB/T 2260 code")
        width: int = 10 ** (6 - len(text))
        first = int(text) * width
        return Span(((first, first + width - 1),))


@dataclass(frozen=True, slots=True)
class Word:
    """One word: of a closed list when `among` is given, else any."""

    among: frozenset[str] | None = None
    optional: bool = False

    @property
    def every(self) -> Names:
        """All values there are."""
        return Names(frozenset(), outside=True) if self.among is None else Names(self.among)

    def set_of(self, value: Scalar) -> Names:
        """Return the set of the one word."""
        return Names(frozenset({self.read(value)}))

    def read(self, value: object) -> str:
        """Return the word; Mistyped for one that is not in the list."""
        if not isinstance(value, str) or (self.among is not None and value not in self.among):
            raise Mistyped(f"use one of {', '.join(sorted(self.among))}" if self.among else "write a word")
        return value


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The fields there are, and what is known to hang together.

    `needs` maps a (field, word) to the (field, word) pairs of which a rule must establish one wherever it
    speaks of the first: such as a product that exists only with one repayment method.
    """

    fields: Mapping[str, Whole | Word]
    needs: Mapping[tuple[str, str], frozenset[tuple[str, str]]] = field(default_factory=dict)

    def values(self, condition: Condition) -> Values:
        """Return the values with which a condition holds.

        Raises KeyError for an unknown field, Empty or Mistyped for a value that cannot be meant.
        """
        kind = self.fields[condition.field]
        many = condition.op in (Compare.IN, Compare.NOT_IN)
        given = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        if not given or any(isinstance(one, str) and not one.strip() for one in given):
            raise Empty("give a value")
        if many != isinstance(condition.value, tuple):
            raise Mistyped("write a list" if many else "write one value, or use `in`")
        if isinstance(kind, Word):
            if condition.op not in (Compare.EQ, Compare.NE, Compare.IN, Compare.NOT_IN):
                raise Mistyped("words have no order; use eq, ne, in or not_in")
            words = Names(frozenset(kind.read(one) for one in given))
            return kind.every - words if condition.op in (Compare.NE, Compare.NOT_IN) else kind.every & words
        return _span(kind, condition.op, given)


def _span(kind: Whole, op: Compare, given: tuple[Scalar, ...]) -> Span:
    named = Span(())
    for one in given:
        named |= kind.set_of(one)
    if op in (Compare.EQ, Compare.IN):
        return kind.every & named
    if op in (Compare.NE, Compare.NOT_IN):
        return kind.every - named
    if isinstance(kind, Region):
        raise Mistyped("places have no order; use eq, ne, in or not_in")
    at = named.parts[0][0]
    low, high = {
        Compare.LT: (kind.low, at - 1),
        Compare.LE: (kind.low, at),
        Compare.GT: (at + 1, kind.high),
        Compare.GE: (at, kind.high),
    }[op]
    return kind.every & Span.of([(low, high)])


ROUTING: Final = Vocabulary(
    MappingProxyType(
        {
            "product": Word(),
            "amount_fen": Whole(1, CONSUMER_CREDIT_MAX_FEN),
            "term_months": Whole(1, 360),
            "method": Word(frozenset(method.value for method in RepaymentMethod)),
            "annual_rate": Fraction(),
            "age": Whole(18, 80),
            "region": Region(),
        }
    )
)
"""What a rule over routing may speak of: fields of `RoutingCase`, in its units."""
