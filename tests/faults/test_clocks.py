"""The short form: a clock that leaps loses nothing, and makes nobody believe what is not proven."""

from __future__ import annotations

from tests.faults.simulation.run import SHORT_WINDOWS, play, quiet

SEEDS = range(4)


def test_nothing_is_lost_or_believed_early_whatever_the_clock_does() -> None:
    with quiet():
        reports = [play(seed, windows=SHORT_WINDOWS, leaps=True) for seed in SEEDS]
    assert [report.violation for report in reports if report.violation] == []
