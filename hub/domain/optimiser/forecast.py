"""What is still to come today, from earlier days and from what has come so far.

With an earlier day: that day, scaled to today's expected number, less what has come already, kind by kind. So
a day that begins with all its small loans is not taken for a day of small loans. Without one: today so far,
as if the rest were like it. When today so far plainly drifts and nothing is known of other days, nothing is
foretold, and routing goes by cost alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from hub.domain.optimiser.assignment import MILLION, Loans, Whole

SAMPLE_MAX: Final = 1_000
_AMOUNTS: Final = 12
_LIVES: Final = 8
_DRIFT_ERRORS: Final = 4
_DRIFT_LEAST: Final = 24


def remaining(history: Loans | None, today: Loans, expected: int) -> Loans | None:
    """Return weighted loans that stand for those still to come, None when nothing can be foretold.

    `expected` is how many loans the whole day brings, by the clock and earlier days. At most SAMPLE_MAX rows.
    """
    left = max(0, expected - len(today))
    if history is not None and len(history):
        return _less(history, today, expected, left)
    if not len(today) or not left or _drifts(today):
        return None
    return _weighted(_thin(today), np.ones(min(len(today), SAMPLE_MAX)), left)


def _less(history: Loans, today: Loans, expected: int, left: int) -> Loans | None:
    kinds, so_far = _kinds(history, history), _kinds(history, today)
    most = (_AMOUNTS + 1) * (_LIVES + 1)
    whole = np.bincount(kinds, minlength=most) * expected / len(history)
    to_come = np.maximum(0, whole - np.bincount(so_far, minlength=most))
    sample = _thin(history)
    of = _kinds(history, sample)
    weight = to_come[of] / np.bincount(of, minlength=most)[of]
    if not left or not weight.any():
        return None
    return _weighted(sample, weight, left)


def _kinds(scale: Loans, loans: Loans) -> Whole:
    """The kind of each loan: its place among the amounts of `scale`, and among the lives of its money."""
    amounts = np.quantile(scale.amount_fen, np.arange(1, _AMOUNTS) / _AMOUNTS)
    lives = np.quantile(scale.fallback_fen / scale.amount_fen, np.arange(1, _LIVES) / _LIVES)
    place = np.searchsorted(amounts, loans.amount_fen) * (_LIVES + 1)
    kinds: Whole = place + np.searchsorted(lives, loans.fallback_fen / loans.amount_fen)
    return kinds


def _thin(loans: Loans) -> Loans:
    """At most SAMPLE_MAX of them, evenly over the day."""
    if len(loans) <= SAMPLE_MAX:
        return loans
    chosen = np.linspace(0, len(loans) - 1, SAMPLE_MAX).astype(np.int64)
    return Loans(
        loans.amount_fen[chosen],
        loans.cost_fen[chosen],
        loans.fallback_fen[chosen],
        loans.millionths[chosen],
    )


def _weighted(loans: Loans, weight: np.ndarray[tuple[int, ...], np.dtype[np.float64]], total: int) -> Loans:
    millionths = np.rint(weight / weight.sum() * total * MILLION).astype(np.int64)
    return replace(loans, millionths=np.maximum(1, millionths))


def _drifts(loans: Loans) -> bool:
    """Whether the later half differs from the earlier by more than four standard errors of the mean."""
    half = len(loans) // 2
    if half < _DRIFT_LEAST // 2:
        return False
    for values in (loans.amount_fen, loans.fallback_fen / loans.amount_fen):
        early, late = values[:half], values[half:]
        error = np.sqrt(early.var() / len(early) + late.var() / len(late))
        if abs(late.mean() - early.mean()) > _DRIFT_ERRORS * error:
            return True
    return False
