"""Closing a month over millions of rows: every part reckoned and summed in the engine, settled as ever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from contracts.agreement import Agreement
from hub.bulk.parts import Output, parts
from hub.bulk.rows import MOVED, RowKind
from hub.bulk.whole import Room, TooLarge
from hub.domain.settlement import Settlement, Total, settle


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one kind under one agreement, in any engine Narwhals speaks to."""

    agreement: Agreement
    kind: RowKind
    rows: nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True)
class Sum:
    """What the lines of one output come to in a month."""

    month: str
    agreement: str
    output: Output
    lines: int
    amount_fen: int


def reckon(batch: Batch, room: Room | None = None) -> tuple[nw.LazyFrame[Any], tuple[Output, ...]]:
    """Return the rows with a column `part_N` for each output, and the outputs.

    Raises TooLarge when the agreement's numbers could leave the range in which all engines are exact.
    """
    made = parts(batch.agreement, batch.kind, room)
    return made.columns.apply(batch.rows), tuple(made.outputs)


def sums(batch: Batch, room: Room | None = None) -> list[Sum]:
    """Return what each output comes to, by month; outputs that come to no line are left out.

    Raises TooLarge when a row holds more than `room` allows: share that row by itself.
    """
    room = room or Room()
    rows, outputs = reckon(batch, room)
    by_month = rows.group_by("month").agg(
        *(nw.col(f"part_{place}").sum().alias(f"sum_{place}") for place in range(len(outputs))),
        *(
            (nw.col(f"part_{place}") != 0).cast(nw.Int64).sum().alias(f"lines_{place}")
            for place in range(len(outputs))
        ),
        *(nw.col(name).max().alias(f"most_{name}") for name in MOVED),
    )
    found = []
    for row in by_month.collect().rows(named=True):
        _within(row, room)
        for place, output in enumerate(outputs):
            if lines := int(row[f"lines_{place}"]):
                found.append(
                    Sum(row["month"], batch.agreement.reference, output, lines, int(row[f"sum_{place}"]))
                )
    return sorted(found, key=_order)


def close(period: str, batches: Iterable[Batch], more: Sequence[Total] = ()) -> Settlement:
    """Settle a month from rows of movements; `more` are sums of other lines, such as a month's end's.

    Equal to `hub.domain.settlement.close` over the lines that `share` gives for the same movements.
    """
    totals = [
        Total(
            found.output.party,
            found.output.counterparty,
            found.output.kind,
            found.output.base,
            found.lines,
            found.amount_fen,
        )
        for batch in batches
        for found in sums(batch)
        if found.month == period
    ]
    return settle(period, [*totals, *more])


def _lines(place: int) -> nw.Expr:
    return (nw.col(f"part_{place}") != 0).cast(nw.Int64).sum().alias(f"lines_{place}")


def _within(row: Mapping[str, Any], room: Room) -> None:
    for name in MOVED:
        most = room.days if name == "days" else room.amount_fen
        if int(row[f"most_{name}"]) > most:
            raise TooLarge(f"{name} reaches {row[f'most_{name}']}, above {most}; share that row by itself")


def _order(found: Sum) -> tuple[str, ...]:
    output = found.output
    return found.month, output.kind, output.base, output.clause, output.party
