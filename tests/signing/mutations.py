"""Ways to damage bytes, for tests that damaged signatures and ciphertexts are refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from random import Random

# How many mutants each family tries; `make fuzz` asks for 100,000.
COUNT = int(os.environ.get("LOANHUB_FUZZ_COUNT", "400"))


def _flip(data: bytearray, dice: Random) -> None:
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def _overwrite(data: bytearray, dice: Random) -> None:
    data[dice.randrange(len(data))] = dice.choice((0x00, 0x01, 0x02, 0x04, 0x30, 0x7F, 0x80, 0x81, 0xFF))


def _insert(data: bytearray, dice: Random) -> None:
    data.insert(dice.randrange(len(data) + 1), dice.choice((0x00, dice.randrange(256))))


def _remove(data: bytearray, dice: Random) -> None:
    del data[dice.randrange(len(data))]


def _truncate(data: bytearray, dice: Random) -> None:
    del data[dice.randrange(len(data)) :]


def _append(data: bytearray, dice: Random) -> None:
    data += dice.randbytes(dice.randrange(1, 5))


def _repeat(data: bytearray, dice: Random) -> None:
    start = dice.randrange(len(data))
    end = min(len(data), start + dice.randrange(1, 40))
    data[start:start] = data[start:end]


def _swap(data: bytearray, dice: Random) -> None:
    left, right = dice.randrange(len(data)), dice.randrange(len(data))
    data[left], data[right] = data[right], data[left]


def _shift(data: bytearray, dice: Random) -> None:
    """Move one from a byte to another: lengths that still add up, numbers that are off by one."""
    left, right = dice.randrange(len(data)), dice.randrange(len(data))
    data[left], data[right] = (data[left] + 1) % 256, (data[right] - 1) % 256


_WAYS: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip,
    _overwrite,
    _insert,
    _remove,
    _truncate,
    _append,
    _repeat,
    _swap,
    _shift,
)


def mutants(original: bytes, seed: int, count: int = COUNT) -> Iterator[bytes]:
    """Yield `count` byte strings near `original`, none equal to it, the same ones for the same seed."""
    dice = Random(seed)
    made = 0
    while made < count:
        data = bytearray(original)
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            if data:
                dice.choice(_WAYS)(data, dice)
        if data != original:
            made += 1
            yield bytes(data)
