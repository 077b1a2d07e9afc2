"""A movement as a row: what it moved, and what the lines posted before it left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.agreement import Agreement, Base, RiskReserve
from hub.bulk.parts import parts
from hub.bulk.rows import AMOUNTS, MOVED, TAKES_BACK, RowKind, state_names
from hub.domain.sharing import (
    AFTER_COMPENSATION,
    Cancelled,
    Compensated,
    Disbursed,
    EventKind,
    LineKind,
    MoneyEvent,
    Received,
    Refunded,
    ShareLine,
    reserve_balance,
)
from hub.domain.sharing.share import RECOVERY

Row = dict[str, int | str]


def row_kind(event: MoneyEvent, history: Sequence[ShareLine]) -> RowKind:
    """Return what kind of row an event makes."""
    if isinstance(event, Received):
        return RowKind.RECOVERED if event.kind == AFTER_COMPENSATION else RowKind.RECEIVED
    if isinstance(event, Refunded):
        recovery = any(line.clause == RECOVERY for line in _posted(event, history))
        return RowKind.RECOVERY_REFUNDED if recovery else RowKind.REFUNDED
    if isinstance(event, Disbursed):
        return RowKind.DISBURSED
    return RowKind.COMPENSATED if isinstance(event, Compensated) else RowKind.CANCELLED


def row(
    agreement: Agreement,
    event: MoneyEvent,
    history: Sequence[ShareLine],
    *,
    reserves: Mapping[str, int] | None = None,
) -> Row:
    """Return the row of an event, with what `history`, the loan's lines before it, left behind.

    `reserves` is as `hub.domain.sharing.share` takes it. `was_N` and `gone_N` are what line N of those it
    takes back was, and what was taken back of it before; N is its place among the parts of its kind.
    """
    kind = row_kind(event, history)
    found: Row = {"loan_id": event.loan_id, "kind": kind.value, "month": f"{event.on:%Y-%m}"}
    found |= dict.fromkeys(MOVED, 0)
    if isinstance(event, Disbursed | Cancelled):
        found["principal_fen"] = event.amount_fen
    else:
        found |= {name: getattr(event, name, 0) for name in AMOUNTS}
    if isinstance(event, Received | Compensated):
        found |= {"opening_fen": event.opening_balance_fen, "days": event.days}
    if isinstance(event, Cancelled):
        found["days"] = (event.on - history[0].on).days
    found |= _state(agreement, getattr(event, "period", None), history)
    for clause in agreement.by_pot[Base.DISBURSED]:
        if isinstance(clause, RiskReserve):
            held = reserve_balance(clause.id, history) if reserves is None else reserves.get(clause.id, 0)
            found[f"held_{clause.id}"] = max(held, 0)
    return found | _taken_back(agreement, kind, _posted(event, history), history)


def _state(agreement: Agreement, period: int | None, history: Sequence[ShareLine]) -> dict[str, int]:
    state = dict.fromkeys(state_names(agreement), 0)
    place = {share.party: at for at, share in enumerate(agreement.capital)}
    for line in history:
        if line.kind is LineKind.CONTRIBUTION:
            state[f"put_{place[line.party]}"] += line.amount_fen
        elif line.kind is LineKind.RETURN:
            state[f"back_{place[line.party]}"] += line.amount_fen
        elif line.kind is LineKind.CLAIM:
            state[f"claim_{line.base}"] += line.amount_fen
        elif line.kind is LineKind.RECOVERY:
            state[f"claim_{line.base}"] -= line.amount_fen
        if line.period == period and f"taken_{line.clause}" in state:
            state[f"taken_{line.clause}"] += line.amount_fen
    return state


def _posted(event: MoneyEvent, history: Sequence[ShareLine]) -> list[ShareLine]:
    """The lines an event takes back."""
    if isinstance(event, Refunded):
        serial = event.original_serial
        return [line for line in history if line.event is EventKind.RECEIVED and line.serial == serial]
    if isinstance(event, Cancelled):
        return [line for line in history if line.event is EventKind.DISBURSED]
    return []


def _taken_back(
    agreement: Agreement, kind: RowKind, posted: Sequence[ShareLine], history: Sequence[ShareLine]
) -> dict[str, int]:
    if kind not in TAKES_BACK:
        return {}
    outputs = parts(agreement, TAKES_BACK[kind]).outputs
    place = {(out.kind, out.clause, out.party, out.base): at for at, out in enumerate(outputs)}
    taken = {f"{name}_{at}": 0 for at in range(len(outputs)) for name in ("was", "gone")}
    at_ref = {line.ref: place[line.kind, line.clause, line.party, line.base] for line in posted}
    for line in posted:
        taken[f"was_{at_ref[line.ref]}"] = line.amount_fen
    for line in history:
        if line.mirrors in at_ref:
            taken[f"gone_{at_ref[str(line.mirrors)]}"] -= line.amount_fen
    return taken
