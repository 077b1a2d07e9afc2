"""Declarative layouts of partners' daily files: read to rows of typed values, and write the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from connectors.port import Unreadable
from connectors.units import (
    format_day,
    format_percent,
    parse_dashed_day,
    parse_day,
    parse_fen,
    parse_percent,
)
from contracts.money import format_yuan, parse_yuan

Value = str | int | date | Decimal | None
Row = Mapping[str, Value]


class Form(StrEnum):
    """How a column is written. Amounts become integer fen, rates annual fractions, days dates."""

    TEXT = "text"
    FEN = "fen"
    YUAN = "yuan"
    COUNT = "count"
    COMPACT_DAY = "compact_day"  # yyyyMMdd
    DASHED_DAY = "dashed_day"  # yyyy-MM-dd
    PERCENT = "percent"  # 24.00


_READ: Mapping[Form, Callable[[str], Value]] = {
    Form.TEXT: str,
    Form.FEN: parse_fen,
    Form.YUAN: parse_yuan,
    Form.COUNT: parse_fen,
    Form.COMPACT_DAY: parse_day,
    Form.DASHED_DAY: parse_dashed_day,
    Form.PERCENT: parse_percent,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column; an optional one may be empty and is then None."""

    name: str
    form: Form = Form.TEXT
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A file's form. The first line is a header of `header` columns, each line after it a row of `columns`.

    In the header `count` is the number of rows and `total` the sum of the row columns named in `totals`, in
    fen; both are checked. `name` is a regular expression for the file's name whose group `day` is its
    business day.
    """

    name: str
    columns: tuple[Column, ...]
    header: tuple[Column, ...]
    totals: tuple[str, ...] = ()
    delimiter: str = "|"
    encoding: str = "utf-8"

    def matches(self, name: str) -> re.Match[str] | None:
        """Return the match of a file's name, or None when it has another layout."""
        return re.fullmatch(self.name, name)

    def read(self, content: bytes) -> tuple[dict[str, Value], list[dict[str, Value]]]:
        """Return the header and the rows, checked against its count and total; an empty day is no rows.

        Raises Unreadable naming the line and column, never the value.
        """
        try:
            text = content.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise Unreadable(f"the file is not {self.encoding}") from error
        lines = text.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        if not lines:
            raise Unreadable("the file has no header; an empty day is a header with a zero count")
        head = self._line(lines[0], self.header, 1)
        rows = [self._line(line, self.columns, number) for number, line in enumerate(lines[1:], start=2)]
        self._check(head, rows)
        return head, rows

    def write(self, rows: Sequence[Row], **head: Value) -> bytes:
        """Return the file of these rows; count and total of the header are filled in, the rest is `head`."""
        filled: dict[str, Value] = {"count": len(rows), "total": self._total(rows), **head}
        lines = [self._write_line(filled, self.header)]
        lines += [self._write_line(row, self.columns) for row in rows]
        return "".join(f"{line}\n" for line in lines).encode(self.encoding)

    def _line(self, line: str, columns: tuple[Column, ...], number: int) -> dict[str, Value]:
        cells = line.removesuffix("\r").split(self.delimiter)
        if len(cells) != len(columns):
            raise Unreadable(f"line {number}: {len(cells)} columns where the layout has {len(columns)}")
        row: dict[str, Value] = {}
        for column, cell in zip(columns, cells, strict=True):
            if cell == "" and column.optional:
                row[column.name] = None
                continue
            try:
                row[column.name] = _READ[column.form](cell) if cell else _missing()
            except ValueError as error:
                raise Unreadable(f"line {number}, column {column.name}: {error}") from None
        return row

    def _check(self, head: Row, rows: Sequence[Row]) -> None:
        if "count" in head and head["count"] != len(rows):
            raise Unreadable(f"the header announces {head['count']} lines, the file has {len(rows)}")
        if "total" in head and head["total"] != self._total(rows):
            raise Unreadable(
                f"the header's total is {head['total']} fen, the lines add up to {self._total(rows)}"
            )

    def _total(self, rows: Sequence[Row]) -> int:
        return sum(amount(row, name) for row in rows for name in self.totals)

    def _write_line(self, row: Row, columns: tuple[Column, ...]) -> str:
        cells = [_write(column, row.get(column.name)) for column in columns]
        if any(self.delimiter in cell or "\n" in cell or "\r" in cell for cell in cells):
            raise ValueError("a value contains the file's delimiter or a line break")
        return self.delimiter.join(cells)


def amount(row: Row, name: str) -> int:
    """Return a column that is a whole number; 0 where it is empty."""
    value = row[name]
    return value if isinstance(value, int) else 0


def _missing() -> Value:
    raise ValueError("is empty")


def _write(column: Column, value: Value) -> str:
    if value is None:
        if not column.optional:
            raise ValueError(f"column {column.name} is empty")
        return ""
    match column.form, value:
        case Form.YUAN, int():
            return format_yuan(value)
        case Form.COMPACT_DAY, date():
            return format_day(value)
        case Form.PERCENT, Decimal():
            return format_percent(value)
        case _:
            return str(value)
