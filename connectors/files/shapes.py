"""How one line of a file is cut into cells and joined again: delimited, quoted, fixed width, JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from connectors.files.forms import WHOLE, Form

Cell = str | None
"""A cell's text; None where there is nothing, as in an absent key."""


class Shape(StrEnum):
    """The kinds of line."""

    DELIMITED = "delimited"  # a value that holds the delimiter cannot be written, and is refused
    CSV = "csv"  # such a value stands in double quotes (RFC 4180), on one line
    FIXED = "fixed"  # columns of so many bytes, padded
    JSON_LINES = "json_lines"  # one object a line


@dataclass(frozen=True, slots=True)
class Slot:
    """One column as a line sees it: its name there, its form, and for fixed width its bytes and filling."""

    key: str
    form: Form
    width: int
    fill: str


def split(shape: Shape, line: str, slots: Sequence[Slot], delimiter: str, encoding: str) -> Sequence[Cell]:
    """Return a line's cells, one a slot; raises ValueError."""
    match shape:
        case Shape.DELIMITED:
            return _counted(line.split(delimiter), slots)
        case Shape.CSV:
            return _counted(_split_csv(line, delimiter), slots)
        case Shape.FIXED:
            return _split_fixed(line, slots, encoding)
        case Shape.JSON_LINES:
            return _split_json(line, slots)


def join(shape: Shape, cells: Sequence[Cell], slots: Sequence[Slot], delimiter: str, encoding: str) -> str:
    """Return the line of these cells; raises ValueError for what the shape cannot hold."""
    match shape:
        case Shape.DELIMITED:
            return _join_delimited([cell or "" for cell in cells], delimiter)
        case Shape.CSV:
            return delimiter.join(_quoted(cell or "", delimiter) for cell in cells)
        case Shape.FIXED:
            return "".join(_padded(cell, slot, encoding) for cell, slot in zip(cells, slots, strict=True))
        case Shape.JSON_LINES:
            return _join_json(cells, slots)


def _counted(cells: Sequence[str], slots: Sequence[Slot]) -> Sequence[str]:
    if len(cells) != len(slots):
        raise ValueError(f"{len(cells)} columns where the layout has {len(slots)}")
    return cells


def _join_delimited(cells: Sequence[str], delimiter: str) -> str:
    line = delimiter.join(cells)
    # Splitting again also catches a value that begins or ends with a part of the delimiter.
    if line.split(delimiter) != list(cells):
        raise ValueError("a value contains the file's delimiter")
    return line


def _split_csv(line: str, delimiter: str) -> list[str]:
    try:
        rows = list(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise ValueError("the quotes do not match") from None
    return rows[0] if rows and rows[0] else [""]


def _quoted(cell: str, delimiter: str) -> str:
    if delimiter in cell or '"' in cell or cell != cell.strip():
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _split_fixed(line: str, slots: Sequence[Slot], encoding: str) -> list[Cell]:
    # Widths are bytes: a Chinese character is two of them in GBK and three in UTF-8.
    raw = line.encode(encoding)
    expected = sum(slot.width for slot in slots)
    if len(raw) != expected:
        raise ValueError(f"{len(raw)} bytes where the layout has {expected}")
    cells: list[Cell] = []
    start = 0
    for slot in slots:
        part = raw[start : start + slot.width]
        start += slot.width
        try:
            cells.append(_unpadded(part.decode(encoding), slot))
        except UnicodeDecodeError:
            raise ValueError(f"column {slot.key}: its edge cuts a character") from None
    return cells


def _unpadded(text: str, slot: Slot) -> Cell:
    if not text.strip(" "):
        return None
    if slot.form is Form.TEXT:
        return text.rstrip(" ")
    bare = text.strip(" ").lstrip(slot.fill)
    # The zero of 0.45 and of 0 itself is not padding.
    return f"0{bare}" if slot.fill == "0" and not bare[:1].isdigit() else bare


def _padded(cell: Cell, slot: Slot, encoding: str) -> str:
    text = cell or ""
    room = slot.width - len(text.encode(encoding))
    if room < 0:
        raise ValueError(f"column {slot.key}: longer than {slot.width} bytes")
    if not text:
        return " " * room
    if slot.form is Form.TEXT:
        if text.endswith(" "):
            raise ValueError(f"column {slot.key}: ends with the padding")
        return text + " " * room
    if slot.fill == "0" and text.startswith("-"):
        raise ValueError(f"column {slot.key}: a negative number is not padded with zeros")
    return slot.fill * room + text


def _split_json(line: str, slots: Sequence[Slot]) -> list[Cell]:
    try:
        # Numbers stay text: an amount must not pass through a float on its way to fen.
        found = json.loads(line, object_pairs_hook=_once, parse_float=_Number, parse_int=_Number)
    except RecursionError:
        raise ValueError("not a line of JSON") from None
    except json.JSONDecodeError:
        raise ValueError("not a line of JSON") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  a parser's refusal
    strange = found.keys() - {slot.key for slot in slots}
    if strange:
        raise ValueError(f"{len(strange)} keys the layout does not have")
    return [_json_cell(found.get(slot.key), slot) for slot in slots]


class _Number(str):
    """The digits of a JSON number."""

    __slots__ = ()


def _json_cell(value: object, slot: Slot) -> Cell:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"column {slot.key}: neither text nor a number")  # noqa: TRY004
    if slot.form is Form.TEXT and isinstance(value, _Number):
        raise ValueError(f"column {slot.key}: a number where the layout has text")
    return str(value)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _join_json(cells: Sequence[Cell], slots: Sequence[Slot]) -> str:
    # Whole numbers are bare as partners write them; the text of a number is already valid JSON.
    parts = [
        f"{json.dumps(slot.key, ensure_ascii=False)}:"
        + ("null" if cell is None else cell if slot.form in WHOLE else json.dumps(cell, ensure_ascii=False))
        for cell, slot in zip(cells, slots, strict=True)
    ]
    return "{" + ",".join(parts) + "}"
