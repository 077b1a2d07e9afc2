"""A partner's result codes as data: (code, message pattern) -> what it means; unknown by default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import NoReturn

import yaml
from pydantic import BaseModel, ConfigDict, Field

from connectors.port import Rejected, Uncertain, Unreachable


class Meaning(StrEnum):
    """What a code means. Only an explicit yes is a yes, only an explicit no is a no."""

    ACCEPTED = "accepted"  # taken, or still in process; news comes later
    APPROVED = "approved"  # done: approved, disbursed, bound, or a question answered
    DECLINED = "declined"  # it will not be done, now or later: sending it again changes nothing
    RETRYABLE = "retryable"  # certainly not taken; the same bytes may be sent again
    DUPLICATE = "duplicate"  # they have this request already: after a retry that is an acceptance
    NOT_FOUND = "not_found"  # they know no such order: a no only after the delay they state
    UNKNOWN = "unknown"


class Line(BaseModel):
    """One line of a table. `message` is searched for in the partner's message; lines are tried in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    means: Meaning
    message: str | None = None
    reason: str | None = None
    retry_after_days: int | None = Field(default=None, ge=0, le=3650)


@dataclass(frozen=True, slots=True)
class CodeTable:
    """The lines of one kind of message, by code."""

    lines: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[Line]) -> CodeTable:
        """Index the lines by code, keeping their order."""
        by_code: dict[str, tuple[Line, ...]] = {}
        for line in lines:
            by_code[line.code] = (*by_code.get(line.code, ()), line)
        return cls(by_code)

    def line(self, code: str | None, message: str | None = None) -> Line:
        """Return the first line that matches, or one that says unknown."""
        for line in self.lines.get(code or "", ()):
            if line.message is None or re.search(line.message, message or ""):
                return line
        return Line(code=code or "", means=Meaning.UNKNOWN)

    def code_of(self, means: Meaning) -> str:
        """Return the first code that means this; raises LookupError when the partner has none."""
        for lines in self.lines.values():
            for line in lines:
                if line.means is means and line.message is None:
                    return line.code
        raise LookupError(f"no code means {means}")


class CodeBook:
    """All tables of a dialect, by the kind of message."""

    def __init__(self, tables: Mapping[str, CodeTable]) -> None:
        self._tables = tables

    def __getitem__(self, message: str) -> CodeTable:
        return self._tables[message]

    def table(self, message: str, usual: str) -> CodeTable:
        """Return the table of that kind of message, or the usual one where it has none of its own."""
        return self._tables.get(message, self._tables[usual])


@cache
def load_codes(package: str) -> CodeBook:
    """Read `codes.yaml` beside a dialect's modules; raises TypeError when it is not a table of tables."""
    text = files(package).joinpath("codes.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    if not isinstance(document, dict):
        raise TypeError(f"{package}/codes.yaml: a mapping of message kinds to lists of lines")
    return CodeBook(
        {kind: CodeTable.of(Line.model_validate(line) for line in lines) for kind, lines in document.items()}
    )


def fail(line: Line, message: str | None) -> NoReturn:
    """Raise the failure that a code to a submission stands for.

    Retryable is Unreachable, declined is Rejected; any other is Uncertain: the partner may have taken the
    request and only a query can tell.
    """
    reason = line.reason or message or "no reason given"
    if line.means is Meaning.RETRYABLE:
        raise Unreachable(reason, code=line.code)
    if line.means is Meaning.DECLINED:
        raise Rejected(reason, code=line.code)
    raise Uncertain(f"a code we do not know: {reason}", code=line.code)
