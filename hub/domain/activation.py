"""Terms count once two persons have said so: one drafts a version, another activates it.

Who drafts does not activate (双人复核). An activation is never taken back: a next version, the version's own
last day, or a suspension ends what it allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.agreement import Agreement
from contracts.programme import Programme


class Kind(StrEnum):
    """What has versions that somebody activates."""

    PROGRAMME = "programme"
    AGREEMENT = "agreement"
    RULES = "rules"


class Step(StrEnum):
    """What a person does to a version, in this order."""

    DRAFT = "draft"
    ACTIVATE = "activate"


HOUSE: Final = "house"
"""The name of the one rule program there is."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """One version of some terms."""

    kind: Kind
    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}@{self.version}"

    @classmethod
    def of(cls, terms: Programme | Agreement) -> Version:
        """The version a programme or agreement is."""
        kind = Kind.PROGRAMME if isinstance(terms, Programme) else Kind.AGREEMENT
        return cls(kind, terms.id, terms.version)

    @classmethod
    def read(cls, text: str) -> Version:
        """The inverse of `str`; raises ValueError for anything else."""
        kind, _, rest = text.partition(":")
        name, _, number = rest.rpartition("@")
        if kind not in set(Kind) or not name or not (number.isascii() and number.isdigit()):
            raise ValueError(f"'{text}' names no terms; write programme:NAME@VERSION, agreement: or rules:")
        return cls(Kind(kind), name, int(number))


@dataclass(frozen=True, slots=True)
class Signed:
    """A step that was taken: by whom and why."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a step may not be taken."""

    code: str
    zh: str
    en: str


def objection(step: Step, who: str, why: str, taken: Mapping[Step, Signed]) -> Objection | None:
    """Return why a person may not take a step after those taken; None when it may be taken, or repeated.

    Repeating a step with the same name and reason is harmless. Names that differ in case or blanks only are
    one person's.
    """
    done = taken.get(step)
    if done is not None:
        if done == Signed(who, why):
            return None
        return Objection(f"{step}_taken", f"{done.who} 已完成该步骤", f"{done.who} has done this already")
    if step is Step.DRAFT:
        return None
    draft = taken.get(Step.DRAFT)
    if draft is None:
        return Objection(
            "not_drafted",
            "该版本尚无人提交为草案，请先提交，再由另一人启用",
            "nobody has put this version forward; one person drafts it, another activates it",
        )
    if _person(draft.who) == _person(who):
        return Objection(
            "second_person",
            f"{draft.who} 提交的草案须由另一人启用",
            f"{draft.who} drafted this version; another person activates it",
        )
    return None


def newest(versions: Iterable[Version], kind: Kind) -> Version | None:
    """Return the highest version of a kind, None when there is none."""
    return max((v for v in versions if v.kind is kind), key=lambda v: v.version, default=None)


def _person(who: str) -> str:
    return "".join(who.split()).casefold()
