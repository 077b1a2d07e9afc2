"""A settlement statement in our words: every line of one party in one month, and the proof it is whole."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from contracts.money import SignedFen

Text = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(strict=True, ge=0)]
Month = Annotated[str, Field(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$")]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class StatementLine:
    """One line as the party reads it; amounts in fen. Slotted: a statement may have a hundred thousand."""

    ref: Text
    """The share line's reference: what to quote in a query or a dispute."""
    on: date
    loan_id: Text
    event: Text
    serial: Text
    period: int | None
    kind: Text
    clause: Text
    counterparty: Text
    base: Text
    base_fen: SignedFen
    own_fen: SignedFen
    """The party's own part, whoever holds it: earned, returned, put in; negative when taken back."""
    due_fen: SignedFen
    """What the line changes in what the party is to receive; negative when it is to pay."""
    basis: Annotated[str, Field(max_length=2000)]
    """How the amount came about, in numbers."""
    mirrors: Text = ""
    """Reference of the line this one takes back."""
    carried: bool = False
    """Dated before the month: it arrived, or corrects, after its own month was closed."""


class StatementModel(BaseModel):
    """Immutable, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StatementTotal(StatementModel):
    """The lines of one kind on one pot, summed."""

    kind: Text
    base: Text
    lines: Count
    own_fen: SignedFen
    due_fen: SignedFen


class StatementDue(StatementModel):
    """After netting, what the party is to receive from a counterparty; negative when it is to pay."""

    counterparty: Text
    due_fen: SignedFen


class Control(StatementModel):
    """Figures that prove a statement whole: the count, the sums, and a hash over every line in order."""

    lines: Count
    own_fen: SignedFen
    due_fen: SignedFen
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Statement(StatementModel):
    """What one party is owed and owes for one business month (Asia/Shanghai), line by line."""

    party: Text
    party_zh: Text
    party_en: Text
    period: Month
    lines: tuple[StatementLine, ...]
    totals: tuple[StatementTotal, ...]
    dues: tuple[StatementDue, ...]
    control: Control

    @property
    def receives_fen(self) -> int:
        """What the party is to receive from all others together."""
        return sum(due.due_fen for due in self.dues if due.due_fen > 0)

    @property
    def pays_fen(self) -> int:
        """What the party is to pay all others together."""
        return -sum(due.due_fen for due in self.dues if due.due_fen < 0)
