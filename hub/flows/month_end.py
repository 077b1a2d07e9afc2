"""What a month's end gives under each agreement with monthly clauses, written while the month is closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from contracts.agreement import Agreement, FirstLoss, PerApplication, QualityTiers
from hub.domain import ledger, settlement
from hub.domain.sharing import Month, ShareLine, month_end, taken_back, tally
from hub.flows.books import write_entries, write_lines
from hub.flows.context import Cause, Context
from hub.store import months


def accrue(
    context: Context, tx: Connection, month: str, lines: Sequence[ShareLine], cause: Cause
) -> list[ShareLine]:
    """Write what each agreement's monthly clauses give for a month, from the lines of its movements."""
    given: list[ShareLine] = []
    for scope in _scopes(context.agreements, settlement.month_days(month)[1] - timedelta(1)):
        history = [ShareLine.from_json(body) for body in months.months_ends(tx, scope.references)]
        facts = _facts(tx, month, scope, [line for line in lines if line.agreement in scope.references])
        made = month_end(scope.agreement, month, facts, history)
        write_lines(tx, made, scope.agreement.partner, month)
        write_entries(context, tx, ledger.post_month_end(month, made), month, cause)
        given += made
    return given


@dataclass(frozen=True, slots=True)
class _Scope:
    """An agreement's version whose monthly clauses are reckoned, and the versions whose loans count."""

    agreement: Agreement
    versions: tuple[tuple[str, int], ...]

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(f"{name}@{version}" for name, version in self.versions)


def _scopes(agreements: Mapping[tuple[str, int], Agreement], last_day: date) -> Iterator[_Scope]:
    """Yield each version with monthly clauses; one in force that counts all versions stands for them all."""
    pooled = {
        key[0]: agreement
        for key, agreement in sorted(agreements.items())
        if agreement.across_versions and agreement.effective_from <= last_day
    }
    for key, agreement in sorted(agreements.items()):
        standing = pooled.get(key[0])
        if standing is None and agreement.monthly and agreement.effective_from <= last_day:
            yield _Scope(agreement, (key,))
        elif standing is agreement and agreement.monthly:
            yield _Scope(agreement, tuple(other for other in sorted(agreements) if other[0] == key[0]))


def _facts(tx: Connection, month: str, scope: _Scope, lines: Sequence[ShareLine]) -> Month:
    last = settlement.month_days(month)[1] - timedelta(1)
    counted = tally(lines, last)
    opening = months.principal_before(tx, scope.references, month)
    clauses = scope.agreement.monthly
    return Month(
        last_day=last,
        measured=counted.measured,
        balance_fen_days=counted.balance_fen_days + opening * last.day,
        taken_back=taken_back(
            (was, ShareLine.from_json(body)) for was, body in months.taken_back(tx, scope.references, month)
        ),
        given=counted.given,
        given_back=counted.given_back,
        applications=(
            months.applications(tx, scope.versions, *settlement.month_bounds(month))
            if any(isinstance(clause, PerApplication) for clause in clauses)
            else 0
        ),
        outstanding_fen=opening + counted.principal_fen,
        overdue={
            clause.overdue_days: months.overdue(tx, scope.versions, last - timedelta(clause.overdue_days))
            for clause in clauses
            if isinstance(clause, QualityTiers)
        },
        cohorts=(
            months.cohorts(tx, scope.versions, scope.references, month)
            if any(isinstance(clause, FirstLoss) for clause in clauses)
            else {}
        ),
        reserves=months.reserves(tx, scope.references, month),
    )
