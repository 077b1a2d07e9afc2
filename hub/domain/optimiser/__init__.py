"""The cheapest way to fund a whole day, and what it teaches about one application."""

from hub.domain.optimiser.assignment import (
    MILLION,
    NOT_ALLOWED,
    Limit,
    Loans,
    Solution,
    Unsolved,
    bound,
    solve,
    solve_large,
)
from hub.domain.optimiser.bidding import PriceSet, next_refresh, own_funds_better, own_funds_fen, reprice
from hub.domain.optimiser.forecast import remaining

__all__ = [
    "MILLION",
    "NOT_ALLOWED",
    "Limit",
    "Loans",
    "PriceSet",
    "Solution",
    "Unsolved",
    "bound",
    "next_refresh",
    "own_funds_better",
    "own_funds_fen",
    "remaining",
    "reprice",
    "solve",
    "solve_large",
]
