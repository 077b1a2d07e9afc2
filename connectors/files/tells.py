"""What the rows of a file tell, as data beside its layout: which of our facts, and where its values stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict
from pydantic.dataclasses import dataclass


class Means(StrEnum):
    """What one row is, in our words."""

    DISBURSED = "disbursed"
    FAILED = "failed"  # a drawdown that was not paid out
    PENDING = "pending"
    TERM = "term"  # one term of a plan; the terms of a loan together are its plan
    NORMAL = "normal"
    EARLY = "early"
    PARTIAL = "partial"
    OVERDUE = "overdue"
    AFTER_COMPENSATION = "after_compensation"
    COMPENSATION = "compensation"
    BUY_BACK = "buy_back"
    REPAYMENT_REFUNDED = "repayment_refunded"
    DISBURSEMENT_RETURNED = "disbursement_returned"
    WAIVER = "waiver"  # of one term
    WAIVER_OF_LOAN = "waiver_of_loan"
    NOTHING = "nothing"  # told by another file of the same day


MONEY = ("principal_fen", "interest_fen", "fee_fen", "penalty_fen")
"""The parts of a movement; what is not declared is 0."""


def _many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Places = Annotated[tuple[str, ...], BeforeValidator(_many)]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Tells:
    """Every row is `means`, or what `codes` says of the code in column `by`; a code not there is unclear.

    `of` says in which column each of our values stands: `loan_no`, `serial`, `subject`, `period`, `day`,
    `due_on`, `version`, `amount_fen`, `reason`, `original`, and the parts of the money. Several columns are
    added up, or where they are no amounts joined by slashes to one number. `total` is the column that the
    parts must add up to, and `rest` the part that is what the others leave of it.
    """

    of: Mapping[str, Places]
    means: Means | None = None
    by: str | None = None
    codes: Mapping[str, Means] = field(default_factory=dict)
    total: str | None = None
    rest: str | None = None

    def __post_init__(self) -> None:
        if (self.means is None) is (self.by is None):
            raise ValueError("either `means`, or `by` and `codes`")
        if self.rest is not None and (self.rest not in MONEY or self.total is None or self.rest in self.of):
            raise ValueError("`rest` is a part of the money that stands in no column, and needs a `total`")

    def columns(self) -> set[str]:
        """Return every column that is named."""
        named = {column for places in self.of.values() for column in places}
        return named | {column for column in (self.by, self.total) if column is not None}

    def code_of(self, means: Means) -> str | None:
        """Return the code of rows that are this; None where the file has none, or needs none."""
        return next((code for code, one in self.codes.items() if one is means), None)

    def has(self, means: Means) -> bool:
        """Whether a row of the file can be this."""
        return self.means is means or means in self.codes.values()
