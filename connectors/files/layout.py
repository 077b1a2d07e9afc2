"""Declarative layouts of partners' daily files: read to rows of typed values, and write the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from connectors.files import forms
from connectors.files.column import Columns
from connectors.files.expected import Due, Expected, missing
from connectors.files.forms import Row, Value
from connectors.files.line import Line
from connectors.files.shapes import Shape
from connectors.files.tells import Tells
from connectors.port import Unreadable
from connectors.units import format_day, parse_day

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Layout:
    """A file's form: an optional header line, an optional line of titles, rows, an optional trailer line.

    In header and trailer `count` is the number of rows, and columns with `sums` are control totals; both are
    checked. `name` is the file's name with parts in braces, letters and digits each; `{day}` is its business
    day, yyyyMMdd. With `trailing` every line ends with a delimiter; without `final_newline` the last one we
    write ends with the file, as either is read.
    """

    name: str
    columns: Columns
    header: Columns = ()
    trailer: Columns = ()
    shape: Shape = Shape.DELIMITED
    delimiter: Annotated[str, Field(min_length=1, max_length=8)] = "|"
    titles: bool = False
    trailing: bool = False
    final_newline: bool = True
    encoding: Literal["utf-8", "utf-8-sig", "gbk", "gb18030"] = "utf-8"
    expected: Expected | None = None
    tells: Tells | None = None
    """What the rows are in our words; a layout without it is checked, and tells nothing."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for columns in (self.columns, self.header, self.trailer):
            names = [column.name for column in columns]
            if len(set(names)) != len(names):
                raise ValueError("two columns have one name")
            if self.shape is Shape.FIXED and not all(column.width for column in columns):
                raise ValueError("every column of a fixed width layout has a width")
        whole = {column.name for column in self.columns if column.form in forms.WHOLE}
        if not self._summed() <= whole:
            raise ValueError("a control total sums columns of whole numbers that the rows have")
        if self.tells is not None and not self.tells.columns() <= self._named():
            raise ValueError("what the rows tell stands in columns that they have")
        if self.shape is Shape.CSV and len(self.delimiter) != 1:
            raise ValueError("the delimiter of CSV is one character")
        _pattern(self.name)
        return self

    def _summed(self) -> set[str]:
        return {name for column in (*self.header, *self.trailer) for name in column.sums}

    def _named(self) -> set[str]:
        columns = {column.name for column in (*self.columns, *self.header)}
        return columns | set(_pattern(self.name).groupindex)

    def matches(self, name: str) -> re.Match[str] | None:
        """Return the match of a file's name with its parts as groups, or None when it has another layout."""
        return _pattern(self.name).fullmatch(name)

    def file_name(self, day: date, **parts: str) -> str:
        """Return the name of a day's file; raises ValueError when a part is missing or cannot stand there."""
        try:
            name = self.name.format(day=format_day(day), **parts)
        except KeyError as error:
            raise ValueError(f"the name has a part {error}") from None
        if self.matches(name) is None:
            raise ValueError("a part of the name is letters and digits")
        return name

    def missing(
        self, arrived: Collection[str], *, since: date, now: datetime, is_workday: Callable[[date], bool]
    ) -> Iterator[Due]:
        """Yield the files of this layout that are due by `now` and have not arrived; see `expected`."""
        if self.expected is None:
            return
        parts = self.expected.parts
        yield from missing(
            self.expected,
            lambda day: self.file_name(day, **parts),
            arrived,
            since=since,
            now=now,
            is_workday=is_workday,
        )

    def read(
        self, content: bytes, name: str | None = None
    ) -> tuple[dict[str, Value], list[dict[str, Value]]]:
        """Return header and trailer as one, and the rows, checked against count and totals.

        An empty day is no rows. With the file's `name`, a `day` in the header must be the day in it. Raises
        Unreadable naming the line and column, never the value.
        """
        lines = _lines(content, self.encoding)
        first = 1
        head: dict[str, Value] = {}
        if self.header:
            if not lines:
                raise Unreadable("the file has no header; an empty day is a header with a zero count")
            head |= self._line(self.header).read(lines[0], first)
            first += 1
        if self.titles:
            self._check_titles(lines[first - 1 : first], first)
            first += 1
        rest = lines[first - 1 :]
        if self.trailer:
            if not rest:
                raise Unreadable("the file has no trailer; it may have been cut off")
            head |= self._line(self.trailer).read(rest.pop(), len(lines))
        row = self._line(self.columns)
        rows = [row.read(line, number) for number, line in enumerate(rest, start=first)]
        self._check(head, rows)
        if name is not None:
            self._check_day(head, name)
        return head, rows

    def write(self, rows: Sequence[Row], **head: Value) -> bytes:
        """Return the file of these rows; counts, totals and constants are filled in, the rest is `head`.

        Raises ValueError for what would not be read back the same.
        """
        line = self._line(self.columns)
        lines: list[str] = []
        if self.header:
            lines.append(self._head(self.header, rows, head))
        if self.titles:
            lines.append(line.titles())
        lines += [line.write(row) for row in rows]
        if self.trailer:
            lines.append(self._head(self.trailer, rows, head))
        text = "\n".join(lines) + ("\n" if lines and self.final_newline else "")
        try:
            return text.encode(self.encoding) if text else b""
        except UnicodeEncodeError:
            raise ValueError(f"a value has characters that are not in {self.encoding}") from None

    def _line(self, columns: Columns) -> Line:
        return Line(columns, self.shape, self.delimiter, self.encoding, trailing=self.trailing)

    def _head(self, columns: Columns, rows: Sequence[Row], head: Row) -> str:
        names = {column.name for column in columns}
        said = {name: value for name, value in head.items() if name in names}
        return self._line(columns).write({**said, **dict(self._control(columns, rows))})

    def _control(self, columns: Columns, rows: Sequence[Row]) -> Iterator[tuple[str, Value]]:
        """Yield what a header or trailer says about the rows."""
        for column in columns:
            if column.name == "count":
                yield "count", len(rows)
            elif column.sums:
                yield column.name, sum(amount(row, name) for row in rows for name in column.sums)

    def _check(self, head: Row, rows: Sequence[Row]) -> None:
        for column in (*self.header, *self.trailer):
            said = head[column.name]
            for name, found in self._control((column,), rows):
                if name == "count" and said != found:
                    raise Unreadable(f"the file announces {said} lines and has {found}")
                if name != "count" and said != found:
                    raise Unreadable(f"the file's {name} is {said}, the lines add up to {found}")

    def _check_titles(self, lines: Sequence[str], number: int) -> None:
        titles = self._line(self.columns).titles()
        if list(lines) != [titles]:
            raise Unreadable(f"line {number}: the titles are not those of the layout")

    def _check_day(self, head: Row, name: str) -> None:
        match = self.matches(name)
        if match is None:
            raise Unreadable("the layout has no file of this name")
        # A file restated under another day's name would book that day twice.
        if "day" in head and "day" in match.groupdict() and head["day"] != _day(match["day"]):
            raise Unreadable("the day in the header is not the day in the file's name")


def amount(row: Row, name: str) -> int:
    """Return a column that is a whole number; 0 where it is empty."""
    value = row[name]
    return value if isinstance(value, int) else 0


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Return the expression a template of a name stands for; raises ValueError."""
    parts = re.split(r"\{([a-z_]+)\}", name)
    if any(brace in text for text in parts[::2] for brace in "{}"):
        raise ValueError("a part of a name is written in braces, as in {day}")
    words = ("[0-9]{8}" if part == "day" else "[A-Za-z0-9]{1,64}" for part in parts[1::2])
    named = [f"(?P<{part}>{word})" for part, word in zip(parts[1::2], words, strict=True)]
    return re.compile("".join(re.escape(a) + b for a, b in zip(parts[::2], [*named, ""], strict=True)))


def parts_of(layout: Layout, name: str) -> dict[str, Value]:
    """Return the parts of a file's name, its business day as a date. Raises Unreadable for another's file."""
    match = layout.matches(name)
    if match is None:
        raise Unreadable("the layout has no file of this name")
    parts: dict[str, Value] = dict(match.groupdict())
    if "day" in parts:
        parts["day"] = _day(match["day"])
    return parts


def _day(text: str) -> date | None:
    try:
        return parse_day(text)
    except ValueError:
        return None


def _lines(content: bytes, encoding: str) -> list[str]:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"the file is not {encoding}") from error
    # Spreadsheets put a mark before the first character; in a layout without a header it would become part
    # of the first loan's number.
    lines = text.removeprefix(_BOM).split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
