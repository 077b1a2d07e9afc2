"""The XLSX statement: sums that add up in any reader, and no formula from a partner."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from contracts.statement import Statement
from hub.domain.statement import COLUMNS, build
from hub.flows import statement_files
from hub.flows.statement_files import LINES, SUMMARY, to_xlsx
from tests.hub.domain.sharing.agreements import SPREAD, opened, received, refunded


def statement(*serials: str) -> Statement:
    book = opened(SPREAD)
    for serial in serials:
        book.play(received(serial, 50_000, 20_000))
        book.play(refunded(f"{serial}x", serial, 0, 10_000))
    return build(SPREAD.by_party["bank"], "2026-01", book.lines)


def written(made: Statement) -> bytes:
    target = io.BytesIO()
    to_xlsx(made, target)
    return target.getvalue()


def test_the_lines() -> None:
    made = statement("a", "b")
    sheet = load_workbook(io.BytesIO(written(made)), data_only=True)[LINES]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == tuple(column.heading for column in COLUMNS)
    assert sheet.freeze_panes == "A2"
    assert len(rows) == len(made.lines) + 2
    own, due = (place for place, cell in enumerate(rows[0]) if "Own" in str(cell) or "Due" in str(cell))
    for row, line in zip(rows[1:-1], made.lines, strict=True):
        assert round(100 * float(str(row[own]))) == line.own_fen
        assert round(100 * float(str(row[due]))) == line.due_fen
    assert rows[-1][0] == "合计 Total"
    assert round(100 * float(str(rows[-1][own]))) == made.control.own_fen
    assert round(100 * float(str(rows[-1][due]))) == made.control.due_fen


def test_the_sums_are_formulas_over_all_the_lines() -> None:
    made = statement("a", "b")
    book = load_workbook(io.BytesIO(written(made)))
    last = len(made.lines) + 2
    assert book[LINES].cell(last, 11).value == f"=ROUND(SUM(K2:K{last - 1}),2)"
    assert book[LINES].cell(last, 12).value == f"=ROUND(SUM(L2:L{last - 1}),2)"
    formulas = [cell.value for row in book[SUMMARY].iter_rows() for cell in row if cell.data_type == "f"]
    assert f"=ROUND(SUMIFS({LINES}!$K:$K,{LINES}!$F:$F,A6,{LINES}!$I:$I,B6),2)" in formulas
    assert len(formulas) == 3 * len(made.totals) + 3


def test_the_summary_shows_the_control_figures() -> None:
    made = statement("a")
    sheet = load_workbook(io.BytesIO(written(made)), data_only=True)[SUMMARY]
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert ["账期 Period", "2026-01"] in rows
    assert ["校验 SHA-256", made.control.sha256] in rows
    total = next(row for row in rows if row and row[0] == "合计 Total")
    assert total[1:] == [len(made.lines), made.control.own_fen / 100, made.control.due_fen / 100]
    assert rows[-2:] == [["guarantor", -12.5], ["platform", -52.09]]


def test_text_from_a_partner_is_never_a_formula_or_a_link() -> None:
    sheet = load_workbook(io.BytesIO(written(statement("=1+1", "https://example.invalid"))))[LINES]
    cells = [cell for row in sheet.iter_rows(min_row=2, max_row=sheet.max_row - 1) for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s", "n"}
    assert any(cell.value == "=1+1" for cell in cells)
    assert not any(cell.hyperlink for cell in cells)


def test_the_same_statement_gives_the_same_bytes(tmp_path: Path) -> None:
    made = statement("a")
    to_xlsx(made, tmp_path / "one.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == written(made)


def test_progress_is_told() -> None:
    seen: list[int] = []
    made = statement("a")
    to_xlsx(made, io.BytesIO(), progress=seen.append)
    assert seen == list(range(1, len(made.lines) + 1))


def test_a_month_without_lines() -> None:
    made = build(SPREAD.by_party["guarantor"], "2026-01", ())
    sheet = load_workbook(io.BytesIO(written(made)), data_only=True)[LINES]
    assert [cell.value for cell in sheet[2]][10:12] == [0, 0]


def test_more_lines_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement_files, "MOST_LINES", 2)
    with pytest.raises(ValueError, match="write CSV instead"):
        to_xlsx(statement("a"), io.BytesIO())
