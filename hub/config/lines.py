"""YAML read strictly, remembering on which line every value stands.

The subset is what people mean by YAML: mappings, lists and scalars. A plain scalar is an integer, true, false
or null when it looks like one and text otherwise, so 0.0850 never becomes a float, 22:00 never becomes
1320 and "no" never becomes false. Duplicate keys, aliases, tags and several documents are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

Value = None | bool | int | str | list["Value"] | dict[str, "Value"]
Path = tuple[str | int, ...]

DEPTH_MAX: Final = 20
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*(_[0-9]+)*)")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong on a line, and what to do about it."""

    line: int
    path: Path
    what: str
    remedy: str


@dataclass(slots=True)
class Document:
    """The value of a file, the line of every path in it, and what was wrong; no value when unreadable."""

    value: Value = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line_of(self, path: Path) -> int:
        """The line of a path, or of the nearest thing that contains it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str) -> Document:
    """Read one YAML document. Never raises for what is in the text: it is in `faults`."""
    document = Document()
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        what = error.problem or "the text is not YAML"
        document.faults.append(Fault(line, (), what, "correct the YAML on or just before this line"))
    except yaml.YAMLError as error:
        document.faults.append(Fault(1, (), str(error).splitlines()[0], "save the file as UTF-8 text"))
    else:
        if root is not None:
            document.value = _convert(root, (), document)
    return document


class _Loader(yaml.SafeLoader):
    """The safe loader without guesses about scalars and without aliases; nesting is bounded."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise self._refusal("aliases are not used here")
        if self._depth >= DEPTH_MAX:
            raise self._refusal("the nesting is too deep")
        self._depth += 1
        try:
            node: yaml.Node | None = super().compose_node(parent, index)
        finally:
            self._depth -= 1
        return node

    def _refusal(self, problem: str) -> yaml.MarkedYAMLError:
        return yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark())


def _convert(node: yaml.Node, path: Path, document: Document) -> Value:
    line = node.start_mark.line + 1
    document.lines.setdefault(path, line)
    if node.tag not in _KNOWN_TAGS:
        document.faults.append(Fault(line, path, f"the tag {node.tag} is not used here", "remove the tag"))
        return None
    if isinstance(node, yaml.MappingNode):
        return dict(_entries(node, path, document))
    if isinstance(node, yaml.SequenceNode):
        return [_convert(item, (*path, index), document) for index, item in enumerate(node.value)]
    return _scalar(node.value, plain=isinstance(node, yaml.ScalarNode) and node.style is None)


def _entries(node: yaml.MappingNode, path: Path, document: Document) -> Iterator[tuple[str, Value]]:
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.faults.append(Fault(line, path, "a key is not plain text", "write the key as a word"))
            continue
        key = key_node.value
        if key in seen:
            what = f"the key '{key}' is already on line {seen[key]}"
            document.faults.append(Fault(line, (*path, key), what, "keep one of the two"))
            continue
        seen[key] = line
        document.lines[*path, key] = line
        yield key, _convert(value_node, (*path, key), document)


def _scalar(text: str, *, plain: bool) -> Value:
    if not plain:  # quoted or block text is text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) and len(text) <= 32 else text


_KNOWN_TAGS: Final = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str"))
