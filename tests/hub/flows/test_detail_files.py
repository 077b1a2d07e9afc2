"""The sub-ledger in columns is every line of the closed month, and its manifest fits the statements."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hub.domain.sharing import ShareLine
from hub.flows import closing, detail_files
from hub.flows.errors import WrongState
from hub.store import ledgers
from hub.store.tables import T
from tests.hub.flows.test_settling import MARCH
from tests.hub.flows.world import World


def repaid(world: World) -> None:
    loan = world.loan(world.routed())
    for period in (1, 2):
        world.tell("alpha", "repayment", world.repayment(loan, f"R{period}", period))
    world.time = MARCH


def test_every_line_is_in_the_file_and_the_totals_are_the_statements(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repaid(world)
    with pytest.raises(WrongState, match="is not closed"):
        detail_files.export(world.context, "2026-02", tmp_path)
    heads = {h["party"]: h for h in closing.close(world.context, "2026-02", who="ann")}
    monkeypatch.setattr(detail_files, "GROUP", 2)
    told: list[int] = []
    made = detail_files.export(world.context, "2026-02", tmp_path, progress=told.append)
    file = tmp_path / "2026-02-detail.parquet"
    table = pq.read_table(file)
    lines = [
        ShareLine.from_json(row.body) for row in world.rows(T.share_line, T.share_line.c.month == "2026-02")
    ]
    assert table.column("ref").to_pylist() == [line.ref for line in lines]
    assert table.column("amount_fen").to_pylist() == [line.amount_fen for line in lines]
    assert table.column("on").to_pylist() == [line.on for line in lines]
    assert pq.ParquetFile(file).num_row_groups == len(told) == -(-len(lines) // 2)
    assert told[-1] == made["lines"] == len(lines)
    assert {party: fen for party, fen in made["owed_fen"].items() if fen} == {
        party: head["total_fen"] for party, head in heads.items() if head["total_fen"]
    }
    assert made["file"]["sha256"] == sha256(file.read_bytes()).hexdigest()
    assert json.loads((tmp_path / "2026-02-detail.json").read_text(encoding="utf-8")) == made
    monkeypatch.setattr(detail_files, "GROUP", 50_000)
    again = detail_files.export(world.context, "2026-02", tmp_path / "again")
    assert again["content_sha256"] == made["content_sha256"]  # whatever the row groups


def test_the_account_of_a_party_opens_with_what_was_before_and_ends_at_its_balance(world: World) -> None:
    repaid(world)
    opening, rows = ledgers.account(world.database, "receivable", "alpha", "2026-02", "2026-03")
    assert opening == 0
    total = world.books()["receivable", "alpha"]
    assert opening + sum(fen for *_, fen in rows) == total
    later, none = ledgers.account(world.database, "receivable", "alpha", "2026-04", "2026-04")
    assert (later, none) == (total, [])


def test_the_journal_as_a_stream_is_the_whole_month_in_order(world: World) -> None:
    repaid(world)
    found = list(ledgers.entries(world.database, "2026-02"))
    entries = world.rows(T.journal_entry, T.journal_entry.c.month == "2026-02")
    assert [row.id for row, _ in found] == [row.id for row in sorted(entries, key=lambda row: row.seq)]
    assert all(sum(fen for _, _, fen in postings) == 0 for _, postings in found)
