"""One party's part of one movement of money, with what is needed to explain it for ever.

A line says: `counterparty` owes `party` this amount; negative means taken back. Where both are the same the
party keeps its own. Lines are never changed: a correction is a new line that mirrors the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.agreement import Base
from hub.domain.sharing.events import EventKind

Plain = str | int | None


class LineKind(StrEnum):
    """What a line means; the ledger has its postings by this."""

    CONTRIBUTION = "contribution"  # capital a funder put in, paid at disbursement
    RETURN = "return"  # principal that goes back to a funder
    SHARE = "share"  # part of interest, fee or penalty
    UPFRONT = "upfront"  # share on disbursement (前分润)
    RESERVE_HELD = "reserve_held"  # placed with the holder of a risk reserve
    RESERVE_DRAWN = "reserve_drawn"  # taken out of it, for a compensation or above target
    CLAIM = "claim"  # what the guarantor paid and may recover; informs, owes nothing
    RECOVERY = "recovery"  # a claim the borrower has met
    MONTHLY = "monthly"  # given by a clause that works on a month
    TOP_UP = "top_up"  # up to a month's floor, or down to its cap
    FIRST_LOSS = "first_loss"  # losses another party bears
    TAX = "tax"  # value-added tax on top of what clauses give
    TAX_WITHIN = "tax_within"  # value-added tax contained in what clauses give; informs, owes nothing
    WITHHELD = "withheld"  # kept back by the payer for the tax office
    CORRECTION = "correction"  # what an agreed dispute changes between the two parties of a line


INFORMS = frozenset({LineKind.CONTRIBUTION, LineKind.CLAIM, LineKind.TAX_WITHIN})
"""Kinds that record money already paid, or counted in another line; nothing of them is left to settle."""

BETWEEN = frozenset({LineKind.UPFRONT, LineKind.MONTHLY, LineKind.TOP_UP, LineKind.CORRECTION})
"""Kinds of revenue that the counterparty pays out of its own."""

REVENUE = frozenset({LineKind.SHARE}) | BETWEEN
"""Kinds that are revenue; the others move capital, claims, losses, taxes or reserves."""


@dataclass(frozen=True, slots=True)
class Basis:
    """How the amount came about. Present is what the clause used; amounts are fen.

    `exact` is the amount before rounding, as a fraction in text; `taken_fen` what the clause had taken before
    of the same term, capital or month; `left_fen` what the pot still held; `count` how many were counted;
    `tiers` the parts in each tier, as amount x rate.
    """

    rate: str | None = None
    balance_fen: int | None = None
    days: int | None = None
    day_count: int | None = None
    exact: str | None = None
    rounding: str | None = None
    taken_fen: int | None = None
    left_fen: int | None = None
    count: int | None = None
    tiers: str | None = None


PLAIN = Basis()


@dataclass(frozen=True, slots=True)
class ShareLine:
    """One line. `base_fen` is the amount of the pot; `ref` is unique and the same whenever it is computed."""

    ref: str
    agreement: str
    loan_id: str
    event: EventKind
    serial: str
    on: date
    period: int | None
    kind: LineKind
    clause: str
    party: str
    counterparty: str
    base: Base
    base_fen: int
    amount_fen: int
    basis: Basis = PLAIN
    mirrors: str | None = None
    """The `ref` of the line this one takes back, in whole or in part."""

    @property
    def owed_fen(self) -> int:
        """What the counterparty is left owing the party: zero where money was paid at once or kept."""
        return 0 if self.kind in INFORMS or self.party == self.counterparty else self.amount_fen

    def to_json(self) -> dict[str, object]:
        """Return the line as plain values, the inverse of `from_json`."""
        basis = {
            name: value
            for name in Basis.__dataclass_fields__
            if (value := getattr(self.basis, name)) is not None
        }
        row: dict[str, object] = {
            name: getattr(self, name) for name in ShareLine.__dataclass_fields__ if name != "basis"
        }
        return {**row, "on": self.on.isoformat(), "basis": basis}

    @classmethod
    def from_json(cls, row: Mapping[str, object]) -> ShareLine:
        """Return the line written by `to_json`. Raises KeyError, TypeError or ValueError on anything else."""
        basis = row["basis"]
        period = row["period"]
        if not isinstance(basis, Mapping) or not isinstance(period, int | None):
            raise TypeError("a share line has a basis and a period that is a whole number or empty")
        return cls(
            str(row["ref"]),
            str(row["agreement"]),
            str(row["loan_id"]),
            EventKind(str(row["event"])),
            str(row["serial"]),
            date.fromisoformat(str(row["on"])),
            period,
            LineKind(str(row["kind"])),
            str(row["clause"]),
            str(row["party"]),
            str(row["counterparty"]),
            Base(str(row["base"])),
            _whole(row["base_fen"]),
            _whole(row["amount_fen"]),
            Basis(**basis) if basis else PLAIN,
            None if row["mirrors"] is None else str(row["mirrors"]),
        )


def revenue(lines: Iterable[ShareLine]) -> dict[str, int]:
    """Return what each party earned in fen, what it paid others out of its own taken off."""
    earned: dict[str, int] = {}
    for line in lines:
        if line.kind in REVENUE:
            earned[line.party] = earned.get(line.party, 0) + line.amount_fen
        if line.kind in BETWEEN:
            earned[line.counterparty] = earned.get(line.counterparty, 0) - line.amount_fen
    return earned


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("an amount is a whole number of fen")
    return value
