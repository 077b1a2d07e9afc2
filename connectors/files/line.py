"""One kind of line of a file: columns worked out once, then line by line text to typed values and back."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.files import forms, shapes
from connectors.files.column import Column
from connectors.files.forms import Row, Value
from connectors.files.shapes import Cell, Shape
from connectors.port import Unreadable


class Line:
    """Header, row or trailer of a layout."""

    def __init__(
        self, columns: Sequence[Column], shape: Shape, delimiter: str, encoding: str, *, trailing: bool
    ) -> None:
        self._columns = columns
        self._shape = shape
        self._delimiter = delimiter
        self._encoding = encoding
        self._trailing = trailing
        self._names = [column.name for column in columns]
        self._known = frozenset(self._names)
        self._slots = [column.slot() for column in columns]
        self._readers = [_Reader(column) for column in columns]

    def read(self, text: str, number: int) -> dict[str, Value]:
        """Return the values of a line. Raises Unreadable naming the line and column, never the value."""
        try:
            if self._trailing:
                text = _without_last(text, self._delimiter)
            cells = shapes.split(self._shape, text, self._slots, self._delimiter, self._encoding)
        except ValueError as error:
            raise Unreadable(f"line {number}: {error}") from None
        row: dict[str, Value] = {}
        for reader, cell in zip(self._readers, cells, strict=True):
            try:
                row[reader.name] = reader.read(cell)
            except ValueError as error:
                raise Unreadable(f"line {number}, column {reader.name}: {error}") from None
        return row

    def write(self, row: Row) -> str:
        """Return the line of these values. Raises ValueError for what would not be read back the same."""
        strange = row.keys() - self._known
        if strange:
            raise ValueError(f"the layout has no column {min(strange)}")
        return self._join([_write(column, row.get(column.name)) for column in self._columns])

    def titles(self) -> str:
        """Return the line of the columns' titles."""
        return self._join([slot.key for slot in self._slots])

    def _join(self, cells: Sequence[Cell]) -> str:
        text = shapes.join(self._shape, cells, self._slots, self._delimiter, self._encoding)
        return text + self._delimiter if self._trailing else text


class _Reader:
    __slots__ = ("_constant", "_optional", "_parse", "name")

    def __init__(self, column: Column) -> None:
        self.name = column.name
        self._constant = column.constant
        self._optional = column.optional
        self._parse = forms.parser(column.form)

    def read(self, cell: Cell) -> Value:
        if self._constant is not None:
            if cell != self._constant:
                raise ValueError("is not what always stands there")
            return self._constant
        if cell:
            return self._parse(cell)
        if self._optional:
            return None
        raise ValueError("is empty")


def _write(column: Column, value: Value) -> Cell:
    if column.constant is not None:
        return column.constant
    if value is None and column.optional:
        return None
    if value is None or value == "":
        raise ValueError(f"column {column.name} is empty")
    try:
        return forms.write(column.form, value)
    except ValueError as error:
        raise ValueError(f"column {column.name}: {error}") from None


def _without_last(text: str, delimiter: str) -> str:
    if not text.endswith(delimiter):
        raise ValueError("does not end with the delimiter; it may have been cut off")
    return text.removesuffix(delimiter)
