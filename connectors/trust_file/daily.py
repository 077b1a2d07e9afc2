"""The trust's daily files: rows to facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import TypeVar

from connectors import facts
from connectors.files import Row
from connectors.port import Unreadable
from connectors.trust_file import wire
from contracts.messages import AnyTold

T = TypeVar("T", str, int, date)


def read_daily(name: str, content: bytes) -> tuple[AnyTold, ...]:
    """Return the facts of a day's file; none on an empty day. Raises Unreadable."""
    for kind, layout in wire.LAYOUTS.items():
        if layout.matches(name):
            _, rows = layout.read(content, name)
            return tuple(_TELL[kind](rows))
    raise Unreadable("no layout has a file of this name")


def _get(row: Row, name: str, kind: type[T]) -> T:
    value = row[name]
    if not isinstance(value, kind):
        raise Unreadable(f"column {name} is empty")
    return value


def _maybe(row: Row, name: str, kind: type[T]) -> T | None:
    return None if row[name] is None else _get(row, name, kind)


def _loans(rows: Iterable[Row]) -> Iterable[AnyTold]:
    for row in rows:
        reason = _maybe(row, "reason", str)
        yield facts.drawdown(
            wire.CODES["remit_status"].line(_get(row, "status", str), reason),
            subject=_get(row, "unique_id", str),
            loan_no=_maybe(row, "loan_no", str),
            amount_fen=_get(row, "amount_fen", int),
            disbursed_on=_get(row, "day", date),
            reason_code=_get(row, "status", str) if reason else None,
            reason=reason,
        )


def _plans(rows: Iterable[Row]) -> Iterable[AnyTold]:
    def identity(row: Row) -> tuple[str, int]:
        return _get(row, "loan_no", str), _get(row, "version", int)

    for (loan_no, version), terms in groupby(rows, key=identity):
        yield facts.plan(
            loan_no,
            version,
            [
                facts.term(
                    _get(row, "period", int),
                    _get(row, "due_on", date),
                    _get(row, "principal_fen", int),
                    _get(row, "interest_fen", int),
                )
                for row in terms
            ],
        )


def _repayments(rows: Iterable[Row]) -> Iterable[AnyTold]:
    for row in rows:
        code = _get(row, "type", str)
        yield facts.repayment(
            wire.REPAY_TYPES.get(code),
            code,
            loan_no=_get(row, "loan_no", str),
            serial=_get(row, "serial", str),
            period=_maybe(row, "period", int),
            paid_on=_get(row, "day", date),
            principal_fen=_get(row, "principal_fen", int),
            interest_fen=_get(row, "interest_fen", int),
            penalty_fen=_get(row, "penalty_fen", int),
        )


def _compensations(rows: Iterable[Row]) -> Iterable[AnyTold]:
    for row in rows:
        yield facts.compensation(
            loan_no=_get(row, "loan_no", str),
            serial=_get(row, "serial", str),
            period=_get(row, "period", int),
            paid_on=_get(row, "day", date),
            principal_fen=_get(row, "principal_fen", int),
            interest_fen=_get(row, "interest_fen", int),
            penalty_fen=_get(row, "penalty_fen", int),
        )


def _refunds(rows: Iterable[Row]) -> Iterable[AnyTold]:
    for row in rows:
        code = _get(row, "type", str)
        yield facts.refund(
            wire.REFUND_TYPES.get(code),
            code,
            loan_no=_get(row, "loan_no", str),
            serial=_get(row, "serial", str),
            original_serial=_maybe(row, "original", str),
            paid_on=_get(row, "day", date),
            principal_fen=_get(row, "principal_fen", int),
            interest_fen=_get(row, "interest_fen", int),
            penalty_fen=_get(row, "penalty_fen", int),
        )


_TELL: Mapping[str, Callable[[Iterable[Row]], Iterable[AnyTold]]] = {
    "loan": _loans,
    "plan": _plans,
    "repay": _repayments,
    "compensation": _compensations,
    "refund": _refunds,
}
