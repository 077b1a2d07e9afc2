"""What is still to come today, from what was known before and from what has come so far.

What was known is an earlier day, or failing that what the programmes' own terms let expect
(`hub.domain.optimiser.prior`). The two are mixed by how much today has told: n arrivals in no order tell
n / (n + trust), but sorted, bursty or drifting ones tell far less than their number. They count as
n (1 - r) / (1 + r), the effective size of a series whose neighbours correlate by r
(Bayley and Hammersley 1946). Where arrivals are in some order, what has come already is taken off, kind by
kind, so that a day that begins with all its small loans is not taken for a day of small loans.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from hub.domain.optimiser.assignment import MILLION, Flags, Loans, Real, Whole

SAMPLE_MAX: Final = 800
"""Rows that stand for all."""
_AMOUNTS: Final = 2
_LIVES: Final = 24
_NO_ORDER: Final = 2
_LITTLE: Final = np.float64(1) / 50
_OFTEN: Final = 4
_WIDE: Final = 2
_AWAY: Final = 4
_AWAY_LEAST: Final = 10


def remaining(known: Loans | None, today: Loans, total_fen: int, *, trust: int) -> Loans | None:
    """Return weighted loans that stand for those still to come, None when nothing can be foretold.

    `total_fen` is the money the whole day is expected to ask for. `trust` is after how many arrivals in no
    order today counts as much as what was known.
    """
    arrived = int(today.amount_fen.sum())
    left = total_fen - arrived
    if left <= 0:
        return None
    mixed = independent(today, known)
    heed = mixed / (mixed + trust) if known is not None and len(known) else np.float64(1)
    parts = []
    if known is not None and len(known) and heed < 1 - _LITTLE:
        parts.append((known, 1 - heed))
    if len(today) and heed > _LITTLE:
        parts.append((_thin(today), heed))
    if not parts:
        return None
    rows = parts[0][0] if len(parts) == 1 else parts[0][0].and_(parts[1][0])
    money = np.concatenate([_money(part) * (share / _money(part).sum()) for part, share in parts])
    money *= total_fen / money.sum()
    kinds, so_far = _kinds(rows, rows), _kinds(rows, today)
    most = (_AMOUNTS + 1) * (_LIVES + 1)
    whole = np.bincount(kinds, weights=money, minlength=most)
    come = np.bincount(so_far, weights=today.amount_fen, minlength=most)
    # Arrivals in no order say nothing of which kinds are used up; those in some order do.
    no_order = min(1, _NO_ORDER * mixed / max(1, len(today)))
    to_come = no_order * whole * left / total_fen + (1 - no_order) * np.maximum(0, whole - come)
    to_come[_gone(so_far, most)] = 0
    money *= (to_come / np.maximum(whole, 1))[kinds]
    chosen = _evenly(np.nonzero(money)[0])
    if not len(chosen):
        return None
    rows, money = rows.part(chosen), money[chosen]
    millionths = np.rint(money * (left / money.sum()) / rows.amount_fen * MILLION).astype(np.int64)
    return replace(rows, millionths=np.maximum(1, millionths))


def independent(today: Loans, known: Loans | None) -> np.float64:
    """How many arrivals in no order today's are worth, at most their number.

    Where today has seen only a small part of the spread that is known, it has hardly begun: an order whose
    first kind is not over yet looks like none.
    """
    told = np.float64(len(today))
    if not len(today):
        return told
    for property_ in (_log_amount, _life):
        seen = property_(today)
        told = min(told, _effective(seen))
        wide = property_(known).std() if known is not None and len(known) else 0
        if wide > 0:
            told = min(told, 1 + len(today) * (_WIDE * seen.std() / wide) ** 4)
    return told


def _log_amount(loans: Loans) -> Real:
    amounts: Real = np.log(loans.amount_fen)
    return amounts


def _life(loans: Loans) -> Real:
    """For how long the money is out, as what it costs from own funds."""
    return loans.fallback_fen / loans.amount_fen


def _effective(values: Real) -> np.float64:
    """How many independent values a series is worth."""
    count, apart = np.float64(len(values)), values - values.mean()
    spread = apart @ apart
    if count < _OFTEN or spread <= 0:
        return count
    alike = np.clip(apart[1:] @ apart[:-1] / spread, 0, 1 - 1 / count)
    # A slow drift hides from neighbours, and shows in the means of longer stretches.
    size = int(np.sqrt(count))
    means = apart[: len(apart) // size * size].reshape(-1, size).mean(axis=1)
    swollen = max(1, means.var() * size * count / spread)
    effective: np.float64 = np.maximum(1, count * min((1 - alike) / (1 + alike), 1 / swollen))
    return effective


def _gone(kinds: Whole, most: int) -> Flags:
    """The kinds that came and came no more: away far longer than ever between two of them."""
    order = np.argsort(kinds, kind="stable")
    same = kinds[order][1:] == kinds[order][:-1]
    longest, last = np.zeros(most, dtype=np.int64), np.full(most, len(kinds))
    np.maximum.at(longest, kinds[order][1:][same], np.diff(order)[same])
    last[kinds[order]] = order  # the last of each kind is written last
    often = np.bincount(kinds, minlength=most) >= _OFTEN
    gone: Flags = often & (len(kinds) - last > np.maximum(_AWAY_LEAST, _AWAY * longest))
    return gone


def _money(loans: Loans) -> Real:
    return loans.amount_fen * (loans.millionths / MILLION)


def _kinds(scale: Loans, loans: Loans) -> Whole:
    """The kind of each loan: its place among the amounts of `scale`, and among the lives of its money."""
    amounts = np.quantile(scale.amount_fen, np.arange(1, _AMOUNTS) / _AMOUNTS)
    lives = np.quantile(_life(scale), np.arange(1, _LIVES) / _LIVES)
    place = np.searchsorted(amounts, loans.amount_fen) * (_LIVES + 1)
    kinds: Whole = place + np.searchsorted(lives, _life(loans))
    return kinds


def _thin(loans: Loans) -> Loans:
    return loans.part(_evenly(np.arange(len(loans))))


def _evenly(rows: Whole) -> Whole:
    """At most SAMPLE_MAX of them, evenly over all."""
    if len(rows) <= SAMPLE_MAX:
        return rows
    chosen: Whole = rows[np.linspace(0, len(rows) - 1, SAMPLE_MAX).astype(np.int64)]
    return chosen
