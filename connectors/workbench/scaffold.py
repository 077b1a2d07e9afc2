"""A new dialect's package, written from one that exists: it passes the kit before a line of it is changed."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from connectors import registry
from connectors.workbench.faults import Unworkable

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_TEXTS = (".py", ".yaml", ".json", ".txt", ".csv", ".xml", ".dat")


def write_package(name: str, like: str, into: Path) -> Path:
    """Write the installable package of a dialect that is `like` another, and return its folder.

    The folder is named `name` and lies in `into`; its code is a copy to be changed freely, found by the hub
    through entry points once installed. Raises Unworkable for a name that will not do, a folder that exists,
    or a dialect that nobody knows.
    """
    if not _NAME.fullmatch(name):
        raise Unworkable("a dialect's name is 2 to 40 lower-case letters, digits and underscores: city_bank")
    if name in registry.names():
        raise Unworkable(f"there is a dialect {name} already; choose another name")
    try:
        connector, simulator = registry.located(like)
    except registry.UnknownDialect as error:
        raise Unworkable(str(error)) from error
    folder = into / name
    if folder.exists():
        raise Unworkable(f"{folder} exists; choose another name, or remove it first")
    new = _Renaming(name, like, connector, simulator)
    for path, text in _package(new):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
    return folder


WORDS = frozenset({"wire.py", "services.py"})
"""The modules of a dialect that hold the partner's own words: its messages as models."""


def code_lines(dialect: str) -> int:
    """Return how many lines of code a dialect needs beside the partner's words, its data and its samples.

    Blank lines, comments and docstrings are none. Raises UnknownDialect.
    """
    modules = (entry for entry in files(registry.home(dialect)).iterdir() if entry.name.endswith(".py"))
    return sum(_code_lines(module.read_text("utf-8")) for module in modules if module.name not in WORDS)


def _code_lines(source: str) -> int:
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines: set[int] = set()
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        # A string that begins a line of its own is a docstring.
        if token.type not in silent | {tokenize.ENDMARKER} and not (
            token.type == tokenize.STRING and before in silent
        ):
            lines |= set(range(token.start[0], token.end[0] + 1))
        before = token.type
    return len(lines)


class _Renaming:
    """From the names of one dialect to those of another."""

    def __init__(self, name: str, like: str, connector: str, simulator: str) -> None:
        self.name, self.like = name, like
        self.package = f"loanhub_{name}"
        self.home = connector.partition(":")[0].rpartition(".")[0]
        self.class_name = "".join(part.capitalize() for part in name.split("_"))
        self.old_class = connector.partition(":")[2].removesuffix("Connector")
        self.connector = self.of(connector)
        self.simulator = self.of(simulator)

    def of(self, text: str) -> str:
        """Return the text with the old names replaced."""
        text = re.sub(rf"(?<![\w.]){re.escape(self.home)}(?!\w)", self.package, text)
        text = re.sub(rf"(?<!\w){re.escape(self.old_class)}(?=Connector|Simulator)", self.class_name, text)
        return re.sub(rf'"{re.escape(self.like)}"', f'"{self.name}"', text)


def _package(new: _Renaming) -> Iterator[tuple[str, bytes]]:
    for path, file in _data(files(new.home)):
        content = file.read_bytes()
        if path.endswith(".py"):
            content = new.of(content.decode()).encode()
        yield f"{new.package}/{path}", content
    yield f"{new.package}/py.typed", b""
    yield "pyproject.toml", _PROJECT.format(new=new, dist=new.name.replace("_", "-")).encode()
    yield "README.md", _README.format(new=new).encode()
    yield "tests/test_connector.py", _TEST.format(new=new).encode()


def _data(folder: Traversable, under: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _data(entry, f"{under}{entry.name}/")
        elif entry.is_file() and entry.name.endswith(_TEXTS):
            yield under + entry.name, entry


_PROJECT = """\
[build-system]
requires = ["setuptools>=80"]
build-backend = "setuptools.build_meta"

[project]
name = "loanhub-{dist}"
version = "0.1.0"
description = "LoanHub connector for the dialect {new.name}."
requires-python = ">=3.11"
dependencies = ["loanhub"]

[project.entry-points."loanhub.connectors"]
{new.name} = "{new.connector}"

[project.entry-points."loanhub.simulators"]
{new.name} = "{new.simulator}"

[tool.setuptools]
packages = ["{new.package}"]

[tool.setuptools.package-data]
{new.package} = ["*.yaml", "py.typed", "samples/*"]
"""

_README = """\
# {new.name}

A LoanHub connector of its own package, begun as a copy of `{new.like}`. Change what differs:

| file in `{new.package}` | what it holds |
|---|---|
| `wire.py` | the partner's messages: names, units, dates |
| `codes.yaml` | what each of their codes means |
| `connector.py` | which message goes to which path |
| `simulator.py` | the partner's side, played from memory |
| `kit.yaml` | for the kit: a code and a status that stand in no table, and why it lacks what it lacks |
| `samples` | real payloads, made harmless |

Check it as often as you like, before it is installed; then install it beside the hub:

```bash
loanhub connector check {new.name}
pip install ./{new.name}
```
"""

_TEST = '''\
"""The connector keeps the contract of every connector."""

from connectors.conformance import contract

TestContract = contract("{new.name}")
'''
