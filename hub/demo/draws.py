"""Chance that repeats: numbers drawn from a seed and a name, the same on every machine and in every order."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """A sequence of numbers that depends on its names and nothing else."""

    def __init__(self, *names: object) -> None:
        self._key = "/".join(map(str, names)).encode()
        self._count = 0

    def below(self, limit: int) -> int:
        """The next number from 0 to `limit` - 1."""
        self._count += 1
        digest = blake2b(self._key + self._count.to_bytes(4, "big"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % limit

    def between(self, low: int, high: int) -> int:
        """The next number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def one_of(self, items: Sequence[T]) -> T:
        """The next of some items."""
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[tuple[int, T]]) -> T:
        """The next of some items by weight."""
        lot = self.below(sum(weight for weight, _ in items))
        for weight, item in items:
            lot -= weight
            if lot < 0:
                return item
        raise AssertionError("the weights cover every lot")

    def digits(self, count: int) -> str:
        """The next `count` decimal digits."""
        return str(self.below(10**count)).zfill(count)
