"""A month reckoned a second time, in sets, and compared with what was booked movement by movement.

Two programs share the money: `hub.domain.sharing` when a movement is booked, `hub.bulk` here. What they give
must agree to the fen; a difference is a fault of one of them, or somebody touched the lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa
from sqlalchemy import Connection

from contracts.agreement import Agreement, RiskReserve
from hub.bulk.close import Batch, sums
from hub.bulk.detail import Row, row
from hub.bulk.rows import RowKind
from hub.domain import sharing
from hub.domain.sharing import EventKind, MoneyEvent, ShareLine
from hub.flows.context import Context
from hub.store import months, rows

Key = tuple[str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one clause gives one party by one kind of line on one pot: as booked, and as reckoned again."""

    agreement: str
    clause: str
    party: str
    counterparty: str
    kind: str
    base: str
    booked_fen: int
    again_fen: int


@dataclass(frozen=True, slots=True)
class Recheck:
    """How many movements were reckoned again, how many cannot be, and what differs."""

    movements: int
    passed_over: int
    lines: int
    differences: tuple[Difference, ...]


def recheck(context: Context, month: str) -> Recheck:
    """Share out a month's movements again, in sets, and compare. Movements without `days` are passed over."""
    with context.database.read() as tx:
        booked = {_key(found): found for found in months.sums(tx, month)}
        batches, done, passed = _batches(context, tx, month)
    again: dict[Key, tuple[int, int]] = {}
    engine = duckdb.connect(config={"threads": 1})
    try:
        for (reference, kind), made in batches.items():
            name, _, version = reference.rpartition("@")
            frame = nw.from_native(engine.from_arrow(pa.Table.from_pylist(made)))
            batch = Batch(context.agreements[name, int(version)], kind, frame)
            for found in sums(batch):
                out = found.output
                key = (reference, out.clause, out.party, out.counterparty, out.kind.value, out.base.value)
                lines, fen = again.get(key, (0, 0))
                again[key] = (lines + found.lines, fen + found.amount_fen)
    finally:
        engine.close()
    different = [
        Difference(*key, was, now)
        for key in sorted({*booked, *again})
        if (was := int(booked[key].amount_fen) if key in booked else 0) != (now := again.get(key, (0, 0))[1])
    ]
    return Recheck(done, passed, sum(lines for lines, _ in again.values()), tuple(different))


def _batches(
    context: Context, tx: Connection, month: str
) -> tuple[dict[tuple[str, RowKind], list[Row]], int, int]:
    """The month's movements as rows, by agreement and kind; how many, and how many cannot be reckoned."""
    batches: dict[tuple[str, RowKind], list[Row]] = {}
    done = passed = 0
    histories: dict[str, list[ShareLine]] = {}
    for moved in months.movements(tx, month):
        if moved.loan_id not in histories:
            bodies = rows.shares(tx, moved.loan_id)
            histories[moved.loan_id] = [ShareLine.from_json(body) for body in bodies]
        lines = histories[moved.loan_id]
        name, _, version = lines[0].agreement.rpartition("@")
        agreement = context.agreements[name, int(version)]
        event = _event(agreement, moved)
        if event is None:
            passed += 1
            continue
        reserved = any(isinstance(clause, RiskReserve) for clause in agreement.clauses)
        reserves = None
        if reserved and isinstance(event, sharing.Compensated):
            reserves = months.reserves(tx, (agreement.reference,), before=moved.seq)
        before = list(_before(lines, moved))
        made = row(agreement, event, before, reserves=reserves) | {"month": month}
        kind = RowKind(str(made["kind"]))
        batches.setdefault((agreement.reference, kind), []).append(made)
        done += 1
    return batches, done, passed


def _before(lines: list[ShareLine], moved: Any) -> Iterator[ShareLine]:
    """Yield a loan's lines up to the first of a movement."""
    for line in lines:
        if (line.event.value, line.serial) == (moved.event_kind, moved.serial):
            return
        yield line


def _event(agreement: Agreement, moved: Any) -> MoneyEvent | None:
    """The movement as it was shared; None for one booked before what interest ran on was kept."""
    kind, amounts = EventKind(moved.event_kind), (moved.interest_fen, moved.fee_fen, moved.penalty_fen)
    loan, serial, on, principal = moved.loan_id, moved.serial, moved.happened_on, moved.principal_fen
    if kind is EventKind.DISBURSED:
        return sharing.Disbursed(loan, principal, on)
    if kind is EventKind.CANCELLED:
        return sharing.Cancelled(loan, serial, principal, on)
    if kind is EventKind.REFUNDED:
        return sharing.Refunded(loan, serial, moved.original_serial, principal, *amounts, on)
    if moved.days is None:
        return None
    ran = (moved.opening_fen, moved.days, on)
    if kind is EventKind.RECEIVED:
        return sharing.Received(loan, serial, moved.how, moved.period, principal, *amounts, *ran)
    guarantor = agreement.stands_in or ""
    interest, penalty = moved.interest_fen, moved.penalty_fen
    return sharing.Compensated(loan, serial, guarantor, moved.period, principal, interest, penalty, *ran)


def _key(found: Any) -> Key:
    return found.agreement, found.clause, found.party, found.counterparty, found.kind, found.base
