"""Reckoned in sets, every movement gives the lines it gives one by one; a month closes to the same fen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.agreement import Agreement
from contracts.money import RemainderRule, Rounding, divide, mirrored, progress, split
from hub.bulk import whole
from hub.bulk.close import Batch, close, reckon
from hub.bulk.detail import Row, row
from hub.bulk.parts import parts
from hub.bulk.rows import RowKind
from hub.bulk.whole import Columns, Room, TooLarge
from hub.domain import settlement
from hub.domain.sharing import Cancelled, CannotShare, ShareLine
from tests.hub.domain.sharing.agreements import (
    DAY,
    LOAN,
    SPREAD,
    Book,
    agreement,
    books,
    cost,
    opened,
    received,
    refunded,
    rest,
)

FEW = settings(max_examples=10)
ENGINE = duckdb.connect(config={"threads": 1})
TINY = st.integers(0, 400)


def frame(rows: Sequence[Row]) -> nw.LazyFrame[Any]:
    """Rows as DuckDB sees them."""
    return nw.from_native(ENGINE.from_arrow(pa.Table.from_pylist(rows)))


def evaluate(
    rows: Sequence[dict[str, Any]], *values: nw.Expr, columns: Columns | None = None
) -> list[list[int]]:
    named = {f"value_{place}": value for place, value in enumerate(values)}
    made = (columns or Columns()).apply(frame(rows)).with_columns(**named).collect()
    return [[int(found[name]) for name in named] for found in made.rows(named=True)]


def rows_of(book: Book) -> list[tuple[Row, Sequence[ShareLine]]]:
    """Each event of a life as a row, beside the lines it gave."""
    found, before = [], 0
    for event, lines in book.events:
        found.append((row(book.agreement, event, book.lines[:before]), lines))
        before += len(lines)
    return found


def batches(terms: Agreement, rows: Iterable[Row]) -> list[Batch]:
    kinds: dict[str, list[Row]] = {}
    for made in rows:
        kinds.setdefault(str(made["kind"]), []).append(made)
    return [Batch(terms, RowKind(kind), frame(same)) for kind, same in kinds.items()]


def set_based(batch: Batch) -> dict[str, list[list[tuple[str, ...]]]]:
    """The lines each row of a batch gives, by loan, in the order of the rows."""
    rows, outputs = reckon(batch)
    found: dict[str, list[list[tuple[str, ...]]]] = {}
    for made in rows.collect().rows(named=True):
        lines = [
            (out.kind, out.clause, out.party, out.counterparty, out.base, str(made[f"part_{place}"]))
            for place, out in enumerate(outputs)
            if made[f"part_{place}"]
        ]
        found.setdefault(made["loan_id"], []).append(lines)
    return found


def one_by_one(lines: Sequence[ShareLine]) -> list[tuple[str, ...]]:
    return [
        (line.kind, line.clause, line.party, line.counterparty, line.base, str(line.amount_fen))
        for line in lines
    ]


@FEW
@given(books())
def test_the_same_lines_and_the_same_close(book: Book) -> None:
    kinds: dict[str, list[tuple[Row, Sequence[ShareLine]]]] = {}
    for made, lines in rows_of(book):
        kinds.setdefault(str(made["kind"]), []).append((made, lines))
    for kind, pairs in kinds.items():
        rows = [{**made, "loan_id": f"{place}"} for place, (made, _) in enumerate(pairs)]
        found = set_based(Batch(book.agreement, RowKind(kind), frame(rows)))
        for place, (_, lines) in enumerate(pairs):
            assert found[f"{place}"] == [one_by_one(lines)]
    posted = [line for line in book.lines if f"{line.on:%Y-%m}" == "2026-01"]
    closed = close("2026-01", batches(book.agreement, [made for made, _ in rows_of(book)]))
    assert closed == settlement.close("2026-01", posted)


def test_a_return_after_the_window_keeps_the_share() -> None:
    upfront = {"id": "upfront", "kind": "share_on_disbursement", "payer": "bank", "receiver": "platform"}
    book = opened(agreement({**upfront, "fraction": "0.012", "refund_window_days": 15}, rest("bank")))
    for number, days in enumerate((15, 16)):
        book.play(Cancelled(LOAN, f"c{number}", 333_333, DAY + timedelta(days)))
    rows = rows_of(book)
    assert [lines for _, lines in rows if len(lines) == 1]
    for made, lines in rows[1:]:
        (found,) = set_based(batches(book.agreement, [made])[0])[LOAN]
        assert found == one_by_one(lines)


def test_a_floor_of_a_share_is_not_owed_on_nothing() -> None:
    back = {"id": "back", "kind": "share_of_received", "party": "platform", "fraction": "0.2"}
    book = opened(agreement({**back, "least_fen": 2_500, "most_fen": 4_000}, rest("bank")))
    for number, interest in enumerate((0, 1_000, 12_501, 100_000)):
        book.play(received(f"r{number}", 100, interest))
    for made, lines in rows_of(book)[1:]:
        assert set_based(batches(book.agreement, [made])[0])[LOAN] == [one_by_one(lines)]


@FEW
@given(
    st.lists(st.tuples(st.integers(0, 2**51), st.integers(1, 2**20)), min_size=1), st.sampled_from(Rounding)
)
def test_division_is_exact(pairs: list[tuple[int, int]], rounding: Rounding) -> None:
    rows = [{"top": top, "bottom": bottom} for top, bottom in pairs]
    found = evaluate(rows, whole.divide(nw.col("top"), nw.col("bottom"), rounding))
    assert [value for (value,) in found] == [divide(top, bottom, rounding) for top, bottom in pairs]


@FEW
@given(
    st.lists(st.integers(0, 10_000_000), min_size=1),
    st.lists(st.integers(0, 9), min_size=1, max_size=4).filter(any),
    st.sampled_from(RemainderRule),
)
def test_splitting_is_exact(totals: list[int], weights: list[int], rule: RemainderRule) -> None:
    parts_of = whole.split(nw.col("total"), weights, rule)
    found = evaluate([{"total": total} for total in totals], *parts_of)
    assert [tuple(parts) for parts in found] == [split(total, weights, rule) for total in totals]


@FEW
@given(st.lists(st.tuples(TINY, TINY, TINY), min_size=1), st.data())
def test_progress_and_mirror_are_exact(lines: list[tuple[int, ...]], data: st.DataObject) -> None:
    done = [data.draw(st.integers(0, sum(shares))) for shares in lines]
    rows = [
        {"a": a, "b": b, "c": c, "done": part, "paid": a + b + c}
        for (a, b, c), part in zip(lines, done, strict=True)
    ]
    shares = [nw.col(name) for name in "abc"]
    steps, more = Columns(), Columns()
    ahead = evaluate(rows, *whole.progress(steps, shares, nw.col("done")), columns=steps)
    targets = whole.mirrored(more, shares, nw.col("done"), nw.col("paid"))
    back = evaluate(rows, *targets, columns=more)
    for place, (posted, part) in enumerate(zip(lines, done, strict=True)):
        assert tuple(ahead[place]) == progress(posted, part)
        assert tuple(back[place]) == mirrored(posted, part, sum(posted))


def test_numbers_too_fine_or_too_large_are_refused() -> None:
    fine = agreement(cost("funder", "bank", "0.0850000001"), rest("platform"))
    with pytest.raises(TooLarge, match="funder: rate x balance x days"):
        parts(fine, RowKind.RECEIVED)
    parts(fine, RowKind.RECEIVED, Room(amount_fen=100_000, days=31))
    book = opened(SPREAD)
    book.play(received("r", 1_000, 100))
    rows = [{**made, "opening_fen": 20_000_001} for made, _ in rows_of(book)[1:]]
    with pytest.raises(TooLarge, match="opening_fen reaches 20000001"):
        close("2026-01", batches(SPREAD, rows))


def test_a_refused_event_makes_no_row() -> None:
    book = opened(SPREAD)
    with pytest.raises(CannotShare):
        book.play(refunded("x", "unknown", 1))
    assert len(rows_of(book)) == 1
