"""Which supposed mistakes make a signature hold: all single ones first, then pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

from signing.errors import SigningError
from signing.explain.characters import CHARACTERS
from signing.explain.checks import Check
from signing.explain.documents import DOCUMENTS
from signing.explain.forms import FORMS
from signing.explain.lines import LINES
from signing.explain.mistake import Mistake
from signing.explain.scene import Scene
from signing.explain.spelling import Value

TEXTS: tuple[Mistake, ...] = (*FORMS, *DOCUMENTS, *LINES, *CHARACTERS)
"""Every mistake that shows in the signed text. Of two that give the same text the first is named."""

T = TypeVar("T")
Causes = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Text:
    """A signed text and the causes it supposes."""

    causes: Causes
    text: bytes


@dataclass(frozen=True)
class Match:
    """What makes the signature hold."""

    causes: Causes
    text: bytes
    check: Check


class Search:
    """One search with a budget of verifications, which are what costs."""

    def __init__(self, scene: Scene, values: Iterable[Value], checks: Iterable[Check], budget: int) -> None:
        self.scene = scene
        self.tried = 0
        self.values = list(values)
        self.checks = list(checks)
        self._budget = budget

    def run(self, told: bytes | None) -> Match | None:
        """The first match, with the fewest causes; ``told`` is a text the other side says it signed."""
        values = _split(self.values, lambda one: one[0])
        checks = _split(self.checks, lambda one: one.causes)
        singles, pairs = self.singles(), lambda: self.pairs()
        plain = [Text((), built) for built in _built(self.scene)]
        if told is not None:
            singles = [Text((("unnamed", ""),), told), *singles]
        rounds: tuple[tuple[Callable[[], Iterable[Text]], int, int], ...] = (
            (lambda: plain, 0, 0),
            (lambda: singles, 0, 0),
            (lambda: plain, 1, 0),
            (lambda: plain, 0, 1),
            (lambda: singles, 1, 0),
            (lambda: singles, 0, 1),
            (lambda: plain, 1, 1),
            (pairs, 0, 0),
        )
        for texts, value_kind, check_kind in rounds:
            found = self._round(texts(), values[value_kind], checks[check_kind])
            if found is not None or self.tried >= self._budget:
                return found
        return None

    def _round(self, texts: Iterable[Text], values: list[Value], checks: list[Check]) -> Match | None:
        for text in texts:
            for (spelled, value), check in product(values, checks):
                if self.tried >= self._budget:
                    return None
                self.tried += 1
                if _holds(check, text.text, value):
                    return Match((*text.causes, *spelled, *check.causes), text.text, check)
        return None

    def singles(self) -> list[Text]:
        """The texts of every single mistake, each text once."""
        seen = set(_built(self.scene))
        found = []
        for causes, scene in _readings(self.scene, TEXTS):
            for built in _built(scene):
                if built not in seen:
                    seen.add(built)
                    found.append(Text(causes, built))
        return found

    def pairs(self) -> Iterator[Text]:
        """The texts of every two mistakes, in the order of the table, each text once."""
        seen = set(_built(self.scene)) | {text.text for text in self.singles()}
        for at, mistake in enumerate(TEXTS):
            for causes, scene in _readings(self.scene, (mistake,)):
                for more, both in _readings(scene, TEXTS[at + 1 :]):
                    for built in _built(both):
                        if built not in seen:
                            seen.add(built)
                            yield Text((*causes, *more), built)

    def named(self, text: bytes) -> Causes | None:
        """The mistakes that give this very text, for a text the other side told."""
        for one in self.singles():
            if one.text == text:
                return one.causes
        for number, one in enumerate(self.pairs()):
            if one.text == text:
                return one.causes
            if number >= self._budget:
                break
        return None


def _split(all_of: Sequence[T], causes: Callable[[T], Causes]) -> tuple[list[T], list[T]]:
    return [one for one in all_of if not causes(one)], [one for one in all_of if causes(one)]


def _readings(scene: Scene, mistakes: Iterable[Mistake]) -> Iterator[tuple[Causes, Scene]]:
    for mistake in mistakes:
        try:
            for detail, other in mistake.readings(scene):
                yield ((mistake.code, detail),), other
        except (SigningError, ValueError, LookupError):
            continue  # this mistake cannot have been made with this message


def _built(scene: Scene) -> list[bytes]:
    try:
        return [scene.text()]
    except (SigningError, ValueError, LookupError):
        return []


def _holds(check: Check, text: bytes, value: bytes) -> bool:
    try:
        check.holds(text, value)
    except Exception:
        # A diagnosis tries what cannot fit; what does not verify, for whatever reason, is not the cause.
        return False
    return True
