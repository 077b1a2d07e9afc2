"""Writes a statement as an XLSX workbook, row by row in constant memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from contracts.statement import Statement, StatementTotal
from hub.domain.settlement import month_bounds
from hub.domain.statement import BASE, COLUMNS, DUE, KIND, OWN, Column, word

MOST_LINES = 1_048_576 - 2
"""Rows of a sheet less heading and total."""

LINES, SUMMARY = "对账单", "汇总"
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_MONEY = "#,##0.00;[Red]-#,##0.00"


@dataclass(frozen=True)
class _Style:
    """The formats of one workbook."""

    bold: Format
    money: Format
    total: Format


def to_xlsx(
    statement: Statement, target: Path | BinaryIO, *, progress: Callable[[int], None] | None = None
) -> None:
    """Write the workbook: the lines under a frozen heading with their sums, and a summary that adds up again.

    The sums are formulas with their values cached, so they show in readers that do not calculate. The same
    statement gives the same bytes. `progress` is told after every line how many there are. ValueError when
    there are more lines than a sheet holds: use CSV.
    """
    if len(statement.lines) > MOST_LINES:
        raise ValueError(f"{len(statement.lines)} lines are more than a sheet holds; write CSV instead")
    with Workbook(str(target) if isinstance(target, Path) else target, _OPTIONS) as book:
        # The month's end stands for the time of creation: a clock would make every copy differ.
        created = month_bounds(statement.period)[1].replace(tzinfo=None)
        book.set_properties({"title": f"{statement.party_zh} {statement.period}", "created": created})
        style = _Style(
            bold=book.add_format({"bold": True, "bottom": 1}),
            money=book.add_format({"num_format": _MONEY}),
            total=book.add_format({"num_format": _MONEY, "bold": True, "top": 1}),
        )
        _write_lines(book.add_worksheet(LINES), statement, style, progress)
        _write_summary(book.add_worksheet(SUMMARY), statement, style)


def _yuan(fen: int) -> float:
    # The format knows no decimals; up to ten trillion yuan a double shown with two decimals is exact.
    return fen / 100


def _letter(column: Column) -> str:
    letter: str = xl_col_to_name(COLUMNS.index(column))
    return letter


def _write_lines(
    sheet: Worksheet, statement: Statement, style: _Style, progress: Callable[[int], None] | None
) -> None:
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.heading, style.bold)
    for row, line in enumerate(statement.lines, 1):
        for place, column in enumerate(COLUMNS):
            value = column.value(line)
            if isinstance(value, int):
                sheet.write_number(row, place, _yuan(value), style.money)
            else:
                sheet.write_string(row, place, value)
        if progress is not None:
            progress(row)
    last = len(statement.lines) + 1
    sheet.write_string(last, 0, "合计 Total", style.bold)
    for column, fen in ((OWN, statement.control.own_fen), (DUE, statement.control.due_fen)):
        _write_sum(sheet, last, COLUMNS.index(column), last - 1, style.total, _yuan(fen))


def _write_sum(sheet: Worksheet, row: int, place: int, count: int, style: Format, value: float) -> None:
    """Write the sum of the `count` rows above; of none, it covers the heading, which counts as nothing."""
    letter = xl_col_to_name(place)
    first = row - count + 1 if count else row
    sheet.write_formula(row, place, f"=ROUND(SUM({letter}{first}:{letter}{row}),2)", style, value)


def _write_summary(sheet: Worksheet, statement: Statement, style: _Style) -> None:
    sheet.set_column(0, 4, 24)
    control = statement.control
    head = (
        ("对账方 Party", f"{statement.party_zh} {statement.party_en} ({statement.party})"),
        ("账期 Period", statement.period),
        ("校验 SHA-256", control.sha256),
    )
    for row, (heading, text) in enumerate(head):
        sheet.write_string(row, 0, heading, style.bold)
        sheet.write_string(row, 1, text)
    row = len(head) + 1
    _write_row(sheet, row, style.bold, KIND.heading, BASE.heading, "行数 Lines", OWN.heading, DUE.heading)
    for one in statement.totals:
        row += 1
        _write_total(sheet, row, style, one)
    row += 1
    sheet.write_string(row, 0, "合计 Total", style.bold)
    count = len(statement.totals)
    _write_sum(sheet, row, 2, count, style.bold, control.lines)
    _write_sum(sheet, row, 3, count, style.total, _yuan(control.own_fen))
    _write_sum(sheet, row, 4, count, style.total, _yuan(control.due_fen))
    row += 2
    _write_row(sheet, row, style.bold, "对手方 Counterparty", "净额, 收为正 Net, to receive above zero")
    for due in statement.dues:
        row += 1
        sheet.write_string(row, 0, due.counterparty)
        sheet.write_number(row, 1, _yuan(due.due_fen), style.money)


def _write_row(sheet: Worksheet, row: int, style: Format, *texts: str) -> None:
    for place, text in enumerate(texts):
        sheet.write_string(row, place, text, style)


def _write_total(sheet: Worksheet, row: int, style: _Style, one: StatementTotal) -> None:
    """Write the lines of one kind on one pot, counted and summed by formulas over the lines."""
    sheet.write_string(row, 0, word(one.kind))
    sheet.write_string(row, 1, word(one.base))
    matches = f"{_whole(KIND)},A{row + 1},{_whole(BASE)},B{row + 1}"
    sheet.write_formula(row, 2, f"=COUNTIFS({matches})", None, one.lines)
    for place, column, fen in ((3, OWN, one.own_fen), (4, DUE, one.due_fen)):
        formula = f"=ROUND(SUMIFS({_whole(column)},{matches}),2)"
        sheet.write_formula(row, place, formula, style.money, _yuan(fen))


def _whole(column: Column) -> str:
    letter = _letter(column)
    return f"{LINES}!${letter}:${letter}"
