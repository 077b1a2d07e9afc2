"""A short, seeded form of the simulation: nothing is violated, and a seed gives the same run again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults.simulation import premises
from tests.faults.simulation.run import SHORT_WINDOWS, play, quiet, run

SEEDS = range(6, 12)


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    with quiet():
        yield


def test_no_invariant_is_violated_whatever_happens() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        report = play(seed, windows=SHORT_WINDOWS)
        assert report.violation is None, "\n".join((report.violation, *report.trace))
        seen += report.faults
    assert len(seen) > 12, f"too little went wrong to prove anything: {seen}"


def test_one_seed_reproduces_one_run_bit_for_bit() -> None:
    first, again = (play(11, dialects=premises.EXACT, windows=SHORT_WINDOWS) for _ in range(2))
    assert first.steps > 100
    assert first.digest == again.digest


def test_another_seed_is_another_run() -> None:
    one, other = (play(seed, dialects=premises.EXACT, windows=SHORT_WINDOWS) for seed in (11, 12))
    assert one.digest != other.digest


def test_other_processes_play_the_same_runs() -> None:
    alone, together = (run(range(2), long=False, processes=processes) for processes in (1, 2))
    assert alone.met
    assert (alone.figures["steps"], alone.runs) == (together.figures["steps"], together.runs)
