"""What the hub says at the end of a run, read through its public interface, beside what the partners say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox import LoanLine
from hub.demo.client import Api

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Doors:
    """The hub's three doors, each with its own API key."""

    frontend: Api
    finance: Api
    operator: Api

    def close(self) -> None:
        """Close all connections."""
        for door in (self.frontend, self.finance, self.operator):
            door.close()


@dataclass(frozen=True)
class Reads:
    """Both sides' records after the last month was closed. Rows are the interface's own; amounts are fen."""

    applications: Sequence[Row]
    loans: Sequence[Row]
    partners: Sequence[Row]
    settlements: Sequence[Row]
    """One a month, in order."""
    statements: Sequence[Row]
    trial_balance: Row
    backlog: Row
    matters: Sequence[Row]
    theirs: Sequence[LoanLine]


def read(doors: Doors, months: Sequence[str], theirs: Sequence[LoanLine]) -> Reads:
    """Read everything the report and the checks need, but the routing decisions, which are many and large."""
    finance, operator = doors.finance, doors.operator
    return Reads(
        applications=[_brief(row) for row in doors.frontend.pages("/v1/applications")],
        loans=list(finance.pages("/v1/loans")),
        partners=finance.get("/v1/partners")["items"],
        settlements=[finance.get(f"/v1/settlements/{month}") for month in months],
        statements=list(finance.pages("/v1/statements")),
        trial_balance=finance.get("/v1/trial-balance"),
        backlog=operator.get("/v1/operations/backlog"),
        matters=list(operator.pages("/v1/operations/matters")),
        theirs=theirs,
    )


def decisions(doors: Doors) -> Iterator[Row]:
    """Yield every routing decision with its whole record."""
    yield from doors.finance.pages("/v1/routing-decisions")


def _brief(row: Row) -> Row:
    return {name: row[name] for name in ("id", "platform_no", "state", "amount_fen", "reasons")}
