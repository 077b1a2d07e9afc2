"""One column of a partner's file, as data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from connectors.files.forms import Form
from connectors.files.shapes import Slot


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Column:
    """One column; an optional one may be empty and is then None.

    `key` is the partner's name for it, in JSON and in a line of titles, where it is not ours. A `constant` is
    a text that always stands there. `sums` names the row columns whose sum the column holds, in a header or
    trailer. `width` in bytes and `fill`, a space or for numbers "0", belong to fixed width.
    """

    name: str
    form: Form = Form.TEXT
    optional: bool = False
    key: str | None = None
    constant: str | None = None
    sums: tuple[str, ...] = ()
    width: Annotated[int, Field(ge=0, le=4000)] = 0
    fill: Literal[" ", "0"] = " "

    def slot(self) -> Slot:
        """Return the column as a line sees it."""
        return Slot(self.key or self.name, self.form, self.width, self.fill)


def _spelt(column: object) -> object:
    """Read the short spelling of a column: `name`, `name form`, with `?` at its end when optional."""
    if not isinstance(column, str):
        return column
    name, _, form = column.removesuffix("?").partition(" ")
    return {"name": name, "form": form or Form.TEXT, "optional": column.endswith("?")}


Columns = tuple[Annotated[Column, BeforeValidator(_spelt)], ...]
