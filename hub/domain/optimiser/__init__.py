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
from hub.domain.optimiser.bidding import (
    FIRST_REFRESH,
    TRUST_EARLIER_DAY,
    TRUST_TERMS,
    next_refresh,
    own_funds_better,
    own_funds_fen,
    reprice,
)
from hub.domain.optimiser.day import Quotas, options, quotas_left
from hub.domain.optimiser.forecast import remaining
from hub.domain.optimiser.prior import expected_fen, imagined

__all__ = [
    "FIRST_REFRESH",
    "MILLION",
    "NOT_ALLOWED",
    "TRUST_EARLIER_DAY",
    "TRUST_TERMS",
    "Limit",
    "Loans",
    "Quotas",
    "Solution",
    "Unsolved",
    "bound",
    "expected_fen",
    "imagined",
    "next_refresh",
    "options",
    "own_funds_better",
    "own_funds_fen",
    "quotas_left",
    "remaining",
    "reprice",
    "solve",
    "solve_large",
]
