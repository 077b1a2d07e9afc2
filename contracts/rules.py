"""Rules of the house over routing: a closed vocabulary of conditions, and whom a match leaves in.

A rule is data. It names a field, a comparison and a value; nothing in it is ever evaluated as an expression.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

Scalar = bool | int | str
"""A value in a rule: a rate is decimal text ("0.085"), an amount integer fen, a region its digits as text."""


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Compare(StrEnum):
    """How a field stands to a value. A field that is missing satisfies none of them."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    NOT_IN = "not_in"


class Condition(_Words):
    """One comparison. `in` and `not_in` take a list, the others one value."""

    field: str
    op: Compare
    value: Scalar | tuple[Scalar, ...]


class All(_Words):
    """Every part holds."""

    all: tuple[Test, ...]


class Any(_Words):
    """At least one part holds."""

    any: tuple[Test, ...]


Test = Condition | All | Any
All.model_rebuild()
Any.model_rebuild()


class Effect(StrEnum):
    """What a matching rule does to the programmes it names."""

    ONLY = "only"  # all others are out
    REFUSE = "refuse"  # these are out


class Rule(_Words):
    """When the test holds, the effect applies to the programmes or partners named in `to`."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    when: Test
    then: Effect
    to: tuple[str, ...]


class RuleProgram(_Words):
    """Rules in order: the first whose test holds applies, and no other. None matching leaves all in."""

    rules: tuple[Rule, ...]


NO_RULES: Final = RuleProgram(rules=())
"""The program that leaves all in."""
