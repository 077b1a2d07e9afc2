"""The static check: what is wrong with a rule program before anybody is routed by it.

Every test is spread into paths, each a box: for every field named, the set of values that satisfies it. Boxes
are intersected and subtracted exactly, so "never", "always" and "shadowed" are facts about all cases there
are, not guesses from how the rule is written. A program too large to be decided exactly is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.rules import All, Compare, Condition, Rule, RuleProgram, Test
from hub.config.rules.sets import Names, Span
from hub.config.rules.vocabulary import Empty, Mistyped, Values, Vocabulary

PATHS_MAX: Final = 4_096
PIECES_MAX: Final = 20_000

MISSING: Final = Span(((-1, -1),))
"""Stands for a field that is not given, which satisfies no condition."""

_ASSERT: Final = (Compare.EQ, Compare.IN)
_NEGATE: Final = (Compare.NE, Compare.NOT_IN)

Box = Mapping[str, Values]
"""Values by field; a field that is not there may have any value, or be missing."""


class Flaw(StrEnum):
    """What may be wrong with a rule program."""

    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_TARGET = "unknown_target"
    EMPTY_VALUE = "empty_value"
    WRONG_VALUE = "wrong_value"
    DOUBLED_NAME = "doubled_name"
    CONFLICTING_ASSERTIONS = "conflicting_assertions"  # one field equal to two values at once
    NEGATED_ASSERTION = "negated_assertion"  # a field equal to a value, and not equal to it
    EXHAUSTIVE_NEGATION = "exhaustive_negation"  # every value a field can have is ruled out
    NEVER_TRUE = "never_true"  # no number lies in all the ranges, or none the field can have
    UNSUPPORTED = "unsupported"  # what is known to be needed for a value is not established
    ALWAYS_TRUE = "always_true"
    SHADOWED = "shadowed"  # every case it matches is taken by the rules before it
    TOO_COMPLEX = "too_complex"


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw: the rule, the field it is about, and what to do."""

    rule: str
    flaw: Flaw
    field: str
    what: str
    remedy: str


def check(program: RuleProgram, vocabulary: Vocabulary, targets: Collection[str]) -> tuple[Finding, ...]:
    """Return everything wrong with a program; empty means it may be activated.

    `targets` are the programmes and partners configured, which a rule may name.
    """
    findings: list[Finding] = []
    before: list[Box] = []
    names: set[str] = set()
    for rule in program.rules:
        found = [*_written(rule, vocabulary, targets, names)]
        names.add(rule.name)
        findings += found
        if any(f.flaw not in (Flaw.UNKNOWN_TARGET, Flaw.DOUBLED_NAME) for f in found):
            continue  # what cannot be read cannot be judged, nor shadow another
        try:
            paths = _paths(rule.when)
            findings += (f for path in paths for f in _path(rule, path, vocabulary))
            boxes = [box for path in paths if (box := _box(path, vocabulary)) is not None]
            findings += _place(rule, boxes, before, vocabulary)
            before += boxes
        except _TooMany:
            remedy = "split the rule, or write its alternatives with `in`"
            findings.append(Finding(rule.name, Flaw.TOO_COMPLEX, "when", "it has too many cases", remedy))
    return tuple(dict.fromkeys(findings))


class _TooMany(Exception):
    """More paths or pieces than are decided exactly."""


def _written(
    rule: Rule, vocabulary: Vocabulary, targets: Collection[str], names: Collection[str]
) -> Iterator[Finding]:
    if rule.name in names:
        yield Finding(rule.name, Flaw.DOUBLED_NAME, "name", "another rule has this name", "rename one")
    if not rule.to:
        yield Finding(rule.name, Flaw.EMPTY_VALUE, "to", "it names nobody", "name a programme or partner")
    for target in rule.to:
        if not target.strip():
            yield Finding(rule.name, Flaw.EMPTY_VALUE, "to", "a name is empty", "take it out")
        elif target not in targets:
            what = f"'{target}' is not configured"
            yield Finding(rule.name, Flaw.UNKNOWN_TARGET, "to", what, "add it, or take it out")
    for part in _parts(rule.when):
        if isinstance(part, Condition):
            yield from _readable(rule, part, vocabulary)
        elif not (part.all if isinstance(part, All) else part.any):
            yield Finding(rule.name, Flaw.EMPTY_VALUE, "when", "a list of conditions is empty", "remove it")


def _readable(rule: Rule, condition: Condition, vocabulary: Vocabulary) -> Iterator[Finding]:
    name = condition.field
    try:
        vocabulary.values(condition)
    except KeyError:
        known = ", ".join(sorted(vocabulary.fields))
        yield Finding(rule.name, Flaw.UNKNOWN_FIELD, name, "there is no such field", f"use one of {known}")
    except Empty:
        yield Finding(rule.name, Flaw.EMPTY_VALUE, name, "the value is empty", "give a value")
    except Mistyped as error:
        yield Finding(rule.name, Flaw.WRONG_VALUE, name, "the value does not suit the field", str(error))


def _parts(test: Test) -> Iterator[Test]:
    yield test
    if not isinstance(test, Condition):
        for part in test.all if isinstance(test, All) else test.any:
            yield from _parts(part)


def _paths(test: Test) -> list[tuple[Condition, ...]]:
    """Return the ways a test can hold, each a list of conditions that hold together."""
    if isinstance(test, Condition):
        return [(test,)]
    if not isinstance(test, All):
        paths = [path for part in test.any for path in _paths(part)]
    else:
        paths = [()]
        for part in test.all:
            more = _paths(part)
            if len(paths) * len(more) > PATHS_MAX:
                raise _TooMany
            paths = [(*path, *further) for path in paths for further in more]
    if len(paths) > PATHS_MAX:
        raise _TooMany
    return paths


def _path(rule: Rule, path: Sequence[Condition], vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield what makes one path impossible, told by the kind of its contradiction."""
    by_field: dict[str, list[Values]] = {}
    for condition in path:
        by_field.setdefault(condition.field, []).append(vocabulary.values(condition))
    possible = True
    for name, sets in by_field.items():
        if not _meet(sets):
            possible = False
            yield _impossible(rule, name, [c for c in path if c.field == name], vocabulary)
    if possible:
        box = {name: _meet(sets) for name, sets in by_field.items()}
        yield from _unsupported(rule, path, box, vocabulary)


def _impossible(rule: Rule, name: str, conditions: list[Condition], vocabulary: Vocabulary) -> Finding:
    """Say which way no value satisfies all conditions on one field."""
    every = vocabulary.fields[name].every
    positive = [c for c in conditions if c.op in _ASSERT]
    negative = [c for c in conditions if c.op in _NEGATE]
    if positive and not _meet([every, *(vocabulary.values(c) for c in positive)]):
        flaw, what = Flaw.CONFLICTING_ASSERTIONS, "it is to equal different values at once"
        if not all(vocabulary.values(c) for c in positive):
            flaw, what = Flaw.NEVER_TRUE, "the field never has this value"
    elif positive and negative and not _meet([vocabulary.values(c) for c in (*positive, *negative)]):
        flaw, what = Flaw.NEGATED_ASSERTION, "it is to equal a value, and not to equal it"
    elif negative and not _meet([vocabulary.values(c) for c in negative]):
        flaw, what = Flaw.EXHAUSTIVE_NEGATION, "every value it can have is ruled out"
    else:
        flaw, what = Flaw.NEVER_TRUE, "no value lies in all the ranges"
    return Finding(rule.name, flaw, name, what, "take one of the conditions out")


def _unsupported(
    rule: Rule, path: Sequence[Condition], box: Box, vocabulary: Vocabulary
) -> Iterator[Finding]:
    """Yield fields of which no value left has what it is known to need.

    Where values are only ruled out, those that remain are the ones something is known of.
    """
    for name, left in box.items():
        needy = {word: needs for (of, word), needs in vocabulary.needs.items() if of == name and word in left}
        asserted = any(c.field == name and c.op in _ASSERT for c in path)
        if not needy or (asserted and isinstance(left, Names) and left.words - needy.keys()):
            continue
        wanted = {need for needs in needy.values() for need in needs}
        if not any(_established(box, need) for need in wanted):
            what = f"{', '.join(sorted(needy))} needs what the rule does not establish"
            remedy = f"add {' or '.join(sorted(f'{of} = {word}' for of, word in wanted))}"
            yield Finding(rule.name, Flaw.UNSUPPORTED, name, what, remedy)


def _established(box: Box, need: tuple[str, str]) -> bool:
    name, word = need
    return name in box and not _less(box[name], Names(frozenset({word})))


def _box(path: Sequence[Condition], vocabulary: Vocabulary) -> Box | None:
    """Return a path as a box, None when nothing lies in it. What restricts nothing is left out."""
    box: dict[str, Values] = {}
    for condition in path:
        values = vocabulary.values(condition)
        name = condition.field
        box[name] = _both(box[name], values) if name in box else values
    if not all(box.values()):
        return None
    fields = vocabulary.fields
    return {
        name: values
        for name, values in box.items()
        if fields[name].optional or _less(fields[name].every, values)
    }


def _place(
    rule: Rule, boxes: Sequence[Box], before: Sequence[Box], vocabulary: Vocabulary
) -> Iterator[Finding]:
    """Yield whether a rule holds always, or only where another came before."""
    if not boxes:
        return  # each of its paths was told to be impossible
    if not _outside([{}], boxes, vocabulary):
        remedy = "give it a condition, or leave it out: without a match all programmes are in"
        yield Finding(rule.name, Flaw.ALWAYS_TRUE, "when", "it holds for every case", remedy)
    if before and not _outside(boxes, before, vocabulary):
        remedy = "put it before the others, or take it out"
        what = "every case it holds for is taken by the rules before it"
        yield Finding(rule.name, Flaw.SHADOWED, "when", what, remedy)


def _outside(boxes: Sequence[Box], covers: Sequence[Box], vocabulary: Vocabulary) -> list[Box]:
    """Return what of the boxes lies in none of the covers, as disjoint pieces of each box."""
    left = list(boxes)
    for cover in covers:
        left = [piece for box in left for piece in _minus(box, cover, vocabulary)]
        if len(left) > PIECES_MAX:
            raise _TooMany
    return left


def _minus(box: Box, cover: Box, vocabulary: Vocabulary) -> Iterator[Box]:
    """Cut a cover out of a box, one field at a time: what is outside it there, inside it before."""
    inside = dict(box)
    for name, values in cover.items():
        kind = vocabulary.fields[name]
        if name not in inside and kind.optional:
            yield {**inside, name: MISSING}
        mine = inside.get(name, kind.every)
        if mine is MISSING or not _both(mine, values):
            yield inside
            return
        if outer := _less(mine, values):
            yield {**inside, name: outer}
        inside[name] = _both(mine, values)


def _meet(sets: Sequence[Values]) -> Values:
    met = sets[0]
    for values in sets[1:]:
        met = _both(met, values)
    return met


def _both(one: Values, other: Values) -> Values:
    if isinstance(one, Span) and isinstance(other, Span):
        return one & other
    if isinstance(one, Names) and isinstance(other, Names):
        return one & other
    raise TypeError("a field has values of one kind")


def _less(one: Values, other: Values) -> Values:
    if isinstance(one, Span) and isinstance(other, Span):
        return one - other
    if isinstance(one, Names) and isinstance(other, Names):
        return one - other
    raise TypeError("a field has values of one kind")
