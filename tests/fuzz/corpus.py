"""Inputs kept from former searches: a text file for each target, one input in base64 a line."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
LONGEST = 1000
MOST = 80


def kept(target: str) -> list[bytes]:
    """The inputs kept for a target, none when there are none yet."""
    path = FOLDER / f"{target}.txt"
    if not path.exists():
        return []
    return [base64.b64decode(line) for line in path.read_text(encoding="ascii").splitlines()]


def keep(target: str, inputs: Iterable[bytes]) -> int:
    """Keep the shortest inputs, at most MOST of at most LONGEST bytes; returns how many."""
    chosen = sorted({one for one in inputs if len(one) <= LONGEST}, key=lambda one: (len(one), one))[:MOST]
    FOLDER.mkdir(exist_ok=True)
    lines = [base64.b64encode(one).decode("ascii") for one in chosen]
    (FOLDER / f"{target}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    return len(chosen)
