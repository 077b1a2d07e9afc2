"""A day's assignment of loans to programmes as a linear program, with proof of how good the answer is.

Least sum of funding costs, each loan at one of the programmes that may fund it or at its fallback, within the
limits of every programme. The dual value of a limit is its bid price: what one more fen of it would save.
The solver reckons in floating point and is not believed: `Solution.bound_fen` is reckoned again from the
prices in integers, and by weak duality no assignment whatever costs less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import highspy
import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NOT_ALLOWED: Final = -1
"""Stands in `Loans.cost_fen` where a programme may not fund a loan."""

MILLION: Final = 1_000_000
_YUAN: Final = 100
_CHUNK: Final = 4_096
# No price is worth more: it keeps the integers of the bound within 64 bits.
_DEAR: Final = 10**12
_NEVER: Final = 2**62
# Options that cost this many millionths of the amount more than the best at rough prices are not near,
# at first; widened until the proof is close enough.
_NEAR: Final = 1_000
_WIDER: Final = 4
_CLOSE: Final = 100


class Unsolved(Exception):
    """The solver gave no answer; keep the prices there are, or route by cost alone."""


@dataclass(frozen=True, slots=True)
class Loans:
    """Loans, or kinds of loans, with what each costs at each of m programmes.

    `amount_fen` and `fallback_fen` have n entries, `cost_fen` n rows of m with NOT_ALLOWED where a programme
    may not. `fallback_fen` is the cost when no programme funds it: own funds, or what a refusal is worth.
    `millionths` is how many loans each row stands for, in millionths. `marks` has n rows of k: whether the
    loan counts under each of k limits that are not for all.
    """

    amount_fen: Whole
    cost_fen: Whole
    fallback_fen: Whole
    millionths: Whole
    marks: Flags | None = None

    @classmethod
    def of(
        cls, rows: Sequence[tuple[int, Sequence[int], int]], programmes: int, *, each: int = MILLION
    ) -> Loans:
        """Return rows of (amount, costs by programme, fallback), in fen, each counted `each` millionths."""
        return cls(
            np.array([row[0] for row in rows], dtype=np.int64),
            np.array([row[1] for row in rows], dtype=np.int64).reshape(len(rows), programmes),
            np.array([row[2] for row in rows], dtype=np.int64),
            np.full(len(rows), each, dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.amount_fen)

    def part(self, rows: slice | Whole | Flags) -> Loans:
        """Some of the rows."""
        marks = None if self.marks is None else self.marks[rows]
        return Loans(
            self.amount_fen[rows], self.cost_fen[rows], self.fallback_fen[rows], self.millionths[rows], marks
        )

    def and_(self, other: Loans) -> Loans:
        """These rows and then the others, which have the same programmes and marks."""
        marks = None if self.marks is None or other.marks is None else np.vstack((self.marks, other.marks))
        return Loans(
            np.concatenate((self.amount_fen, other.amount_fen)),
            np.vstack((self.cost_fen, other.cost_fen)),
            np.concatenate((self.fallback_fen, other.fallback_fen)),
            np.concatenate((self.millionths, other.millionths)),
            marks,
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on what one programme lends: at most, and at least or pay for what is missing.

    It counts fen, or loans with `counted`, of the loans that bear the mark `among`, all when None.
    `shortfall` is paid, in millionths of a fen, for each fen (or loan) below `least`.
    """

    programme: int
    most: int | None = None
    least: int = 0
    shortfall: int = 0
    counted: bool = False
    among: int | None = None

    def units(self, loans: Loans) -> Whole:
        """What each loan takes of it."""
        units = np.ones(len(loans), dtype=np.int64) if self.counted else loans.amount_fen
        if self.among is None:
            return units
        if loans.marks is None:
            raise ValueError("a limit among some of the loans needs loans with marks")
        return np.where(loans.marks[:, self.among], units, 0)


@dataclass(frozen=True, slots=True)
class Solution:
    """Prices of the limits, and how close to the best: the two costs enclose the optimum.

    `prices` are millionths of a fen for each fen (or loan) of each limit; a negative one draws to a least
    not yet reached. `cost_fen` is that of the assignment found, fractions of loans allowed; `bound_fen`
    what no assignment undercuts. `shares` has n rows of m: the part of each row each programme funds.
    """

    prices: tuple[int, ...]
    cost_fen: int
    bound_fen: int
    shares: Real

    @property
    def gap_millionths(self) -> int:
        """How far the assignment is from the bound at most, in millionths of the bound."""
        return (self.cost_fen - self.bound_fen) * MILLION // max(1, self.bound_fen)


def solve(loans: Loans, limits: Sequence[Limit], *, crossover: bool = False) -> Solution:
    """Assign the loans at least cost by the interior point method; raises Unsolved.

    Without crossover the prices lie in the middle of those that are optimal, which is what a forecast wants;
    with it they are a corner. The result is the same on the same machine for the same arguments.
    """
    model, (row, column) = _model(loans, limits)
    if not len(row):
        return _unassigned(loans, limits)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    for name, value in (
        ("threads", 1),
        ("solver", "ipm"),
        ("run_crossover", "on" if crossover else "off"),
    ):
        solver.setOptionValue(name, value)
    solver.passModel(model)
    solver.run()
    found = solver.getSolution()
    if not found.value_valid or not found.dual_valid:
        raise Unsolved(str(solver.getModelStatus()))
    # Duals are in yuan for each yuan or loan; a price is in fen for each fen or loan.
    bids = tuple(
        min(
            _DEAR if limit.most is not None else 0,
            max(-limit.shortfall, round(-dual * (_YUAN if limit.counted else 1) * MILLION)),
        )
        for dual, limit in zip(found.row_dual[len(loans) :], limits, strict=True)
    )
    shares = np.zeros(loans.cost_fen.shape)
    weight = loans.millionths / MILLION
    shares[row, column] = np.array(found.col_value)[: len(row)] / np.maximum(weight[row], 1 / MILLION)
    shares = np.clip(shares, 0, 1)
    return Solution(bids, _cost(loans, limits, shares), bound(loans, limits, bids), shares)


def solve_large(loans: Loans, limits: Sequence[Limit], *, every: int = 20) -> Solution:
    """Solve a long day in two steps: prices from every so manieth loan, then only what is near the best.

    A loan whose best option is far better than its next takes it; the others share what is left. The bound is
    reckoned over all loans and options, so the gap tells what that may have cost, and while it is not small
    more is taken to be near. Raises Unsolved.
    """
    sample = loans.part(slice(None, None, every))
    rough = solve(replace(sample, millionths=sample.millionths * every), limits)
    worth = np.hstack((_worth(loans, limits, rough.prices), loans.fallback_fen[:, None] * MILLION))
    least, near = worth.min(axis=1), _NEAR
    while near < MILLION:
        close = worth - least[:, None] <= loans.amount_fen[:, None] * near
        found = _solve_near(loans, limits, close)
        if found is not None and found.gap_millionths <= _CLOSE:
            return found
        near *= _WIDER
    return solve(loans, limits)


def _solve_near(loans: Loans, limits: Sequence[Limit], close: Flags) -> Solution | None:
    """Solve with only the close options, the fallback in the last column; None when that leaves no way."""
    settled = close.sum(axis=1) == 1
    shares = (close & settled[:, None])[:, :-1].astype(np.float64)
    weight = loans.millionths / MILLION
    left = []
    for limit in limits:
        taken = int((shares[:, limit.programme] * limit.units(loans)) @ weight)
        if limit.most is not None and taken > limit.most:
            return None
        most = None if limit.most is None else limit.most - taken
        left.append(replace(limit, most=most, least=max(0, limit.least - taken)))
    open_ = loans.part(~settled)
    cost = np.where(close[~settled, :-1], open_.cost_fen, NOT_ALLOWED)
    try:
        found = solve(replace(open_, cost_fen=cost), left)
    except Unsolved:
        return None
    shares[~settled] = found.shares
    prices = found.prices
    return Solution(prices, _cost(loans, limits, shares), bound(loans, limits, prices), shares)


def _worth(loans: Loans, limits: Sequence[Limit], prices: Sequence[int]) -> Whole:
    """What each loan costs at each programme with its bids, in millionths of a fen; _NEVER if it may not."""
    worth: Whole = loans.cost_fen * MILLION
    for limit, price in zip(limits, prices, strict=True):
        if price:
            worth[:, limit.programme] += limit.units(loans) * price
    worth[loans.cost_fen == NOT_ALLOWED] = _NEVER
    return worth


def bound(loans: Loans, limits: Sequence[Limit], prices: Sequence[int]) -> int:
    """Return what no assignment of the loans within the limits undercuts, in fen, reckoned in integers.

    The Lagrangian dual at the prices (millionths of a fen for each unit): every loan at its cheapest with
    bids, less what the limits are worth. It holds for any prices; the right ones make it the optimum.
    """
    total = 0
    for limit, price in zip(limits, prices, strict=True):
        if price > 0 and limit.most is None:
            raise ValueError("a limit without a most has no positive price")
        total -= price * (limit.most or 0) if price > 0 else price * limit.least
    for start in range(0, len(loans), _CHUNK):
        some = loans.part(slice(start, start + _CHUNK))
        worth = _worth(some, limits, prices).min(axis=1, initial=_NEVER)
        least: list[int] = np.minimum(worth, some.fallback_fen * MILLION).tolist()
        weights: list[int] = some.millionths.tolist()
        total += sum(fen * weight for fen, weight in zip(least, weights, strict=True)) // MILLION
    return total // MILLION


def _unassigned(loans: Loans, limits: Sequence[Limit]) -> Solution:
    """No option is better than the fallback: every loan stays there, only commitments have prices."""
    bids, shares = tuple(-limit.shortfall for limit in limits), np.zeros(loans.cost_fen.shape)
    return Solution(bids, _cost(loans, limits, shares), bound(loans, limits, bids), shares)


def _cost(loans: Loans, limits: Sequence[Limit], shares: Real) -> int:
    """The cost of shares, with what is missing of the least of each limit, up to the fen."""
    weight = loans.millionths / MILLION
    rest = np.clip(1 - shares.sum(axis=1), 0, 1)
    fen = ((loans.cost_fen * shares).sum(axis=1) + loans.fallback_fen * rest) @ weight
    for limit in limits:
        if limit.shortfall:
            taken = (shares[:, limit.programme] * limit.units(loans)) @ weight
            fen += np.maximum(0, limit.least - taken) * limit.shortfall / MILLION
    return int(np.ceil(fen))


def _model(loans: Loans, limits: Sequence[Limit]) -> tuple[highspy.HighsLp, tuple[Whole, Whole]]:
    """Columns are allowed pairs in loans, relative to the fallback in yuan; rows are loans, then limits.

    A pair dearer than the fallback has no column, unless a commitment may make it worth while.
    """
    drawn = np.zeros(loans.cost_fen.shape[1], dtype=np.bool_)
    drawn[[limit.programme for limit in limits if limit.shortfall]] = True
    gain = loans.cost_fen - loans.fallback_fen[:, None]
    row, column = np.nonzero((loans.cost_fen != NOT_ALLOWED) & ((gain < 0) | drawn))
    pairs, short = len(row), [place for place, limit in enumerate(limits) if limit.shortfall]
    starts, rows, values = _entries(loans, limits, row, column)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = pairs + len(short), len(loans) + len(limits)
    lp.col_cost_ = np.concatenate(
        (
            gain[row, column] / _YUAN,
            [limits[p].shortfall / MILLION * (1 if not limits[p].counted else 1 / _YUAN) for p in short],
        )
    )
    lp.col_lower_ = np.zeros(lp.num_col_)
    lp.col_upper_ = np.full(lp.num_col_, highspy.kHighsInf)
    scale = [1 if limit.counted else _YUAN for limit in limits]
    most = [highspy.kHighsInf if x.most is None else x.most / s for x, s in zip(limits, scale, strict=True)]
    least = [x.least / s if x.shortfall else -highspy.kHighsInf for x, s in zip(limits, scale, strict=True)]
    lp.row_lower_ = np.concatenate((np.full(len(loans), -highspy.kHighsInf), least))
    lp.row_upper_ = np.concatenate((loans.millionths / MILLION, most))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    extra = np.arange(1, len(short) + 1)
    lp.a_matrix_.start_ = np.concatenate((starts, starts[-1] + extra))
    lp.a_matrix_.index_ = np.concatenate((rows, np.array(short, dtype=np.int64) + len(loans)))
    lp.a_matrix_.value_ = np.concatenate((values, np.ones(len(short))))
    return lp, (row, column)


def _entries(loans: Loans, limits: Sequence[Limit], row: Whole, column: Whole) -> tuple[Whole, Whole, Real]:
    """The matrix of the pairs by column: its starts, rows and values, amounts in yuan."""
    place, rows, values = [np.arange(len(row))], [row], [np.ones(len(row))]
    for at, limit in enumerate(limits):
        units = limit.units(loans)[row]
        inside = np.nonzero((column == limit.programme) & (units > 0))[0]
        place.append(inside)
        rows.append(np.full(len(inside), len(loans) + at))
        values.append(units[inside] / (1 if limit.counted else _YUAN))
    which = np.concatenate(place)
    order = np.argsort(which, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(which, minlength=len(row)))))
    return starts, np.concatenate(rows)[order], np.concatenate(values)[order]
