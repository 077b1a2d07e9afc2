"""Sets of values one field may take, closed under intersection, union and difference.

Two kinds are enough. A `Span` holds whole numbers as disjoint intervals: fen, months, years of age, rates in
units of 1e-10, and GB/T 2260 codes, where a province is the interval of all codes below it. A `Names` holds a
finite set of words, or all words but a finite set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Disjoint, sorted, not touching intervals of integers, both ends included."""

    parts: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, parts: Iterable[tuple[int, int]]) -> Span:
        """Return the union of intervals; one whose ends are crossed is empty."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted(part for part in parts if part[0] <= part[1]):
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], high))
            else:
                merged.append((low, high))
        return cls(tuple(merged))

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and any(low <= value <= high for low, high in self.parts)

    def __and__(self, other: Span) -> Span:
        return Span.of((max(a, c), min(b, d)) for a, b in self.parts for c, d in other.parts)

    def __or__(self, other: Span) -> Span:
        return Span.of((*self.parts, *other.parts))

    def __sub__(self, other: Span) -> Span:
        left = list(self.parts)
        for low, high in other.parts:
            left = [
                piece
                for a, b in left
                for piece in ((a, min(b, low - 1)), (max(a, high + 1), b))
                if piece[0] <= piece[1]
            ]
        return Span.of(left)


@dataclass(frozen=True, slots=True)
class Names:
    """These words, or with `outside` every word but these."""

    words: frozenset[str]
    outside: bool = False

    def __bool__(self) -> bool:
        return self.outside or bool(self.words)

    def __contains__(self, value: object) -> bool:
        return (value in self.words) != self.outside

    def __invert__(self) -> Names:
        return Names(self.words, not self.outside)

    def __and__(self, other: Names) -> Names:
        if self.outside and other.outside:
            return Names(self.words | other.words, outside=True)
        if self.outside:
            return Names(other.words - self.words)
        return Names(self.words - other.words if other.outside else self.words & other.words)

    def __or__(self, other: Names) -> Names:
        return ~(~self & ~other)

    def __sub__(self, other: Names) -> Names:
        return self & ~other
