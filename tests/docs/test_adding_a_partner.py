"""The tutorial is walked from an empty folder to a connector that passes, and prints what it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import app
from tests.shared import ROOT

PAGE = ROOT / "docs" / "adding-a-partner.md"
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
FIRST = "loanhub connector new"


def blocks() -> Iterator[tuple[str, str]]:
    """Yield the tutorial's blocks, from its first command on."""
    text = PAGE.read_text(encoding="utf-8")
    yield from (
        (found["language"], found["body"]) for found in BLOCK.finditer(text[text.index("### Begin") :])
    )


def test_the_tutorial_ends_with_a_connector_that_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOANHUB_KEY_DIR", raising=False)
    printed = ""
    checked: list[int] = []
    for language, body in blocks():
        if language == "bash" and "https://" not in body:
            printed, code = run(body)
            checked += [code] if "connector check" in body else []
        elif language == "diff":
            change(body)
        elif language == "text" and printed:
            for line in body.splitlines():
                assert line in printed, f"{line!r} is not in what was printed:\n{printed}"
            printed = ""
    assert checked == [0, 0, 3, 0]


def test_the_tutorial_begins_with_nothing() -> None:
    assert next(blocks())[1].startswith(FIRST)


def run(body: str) -> tuple[str, int]:
    printed, code = "", 0
    for line in body.splitlines():
        result = CliRunner().invoke(app, shlex.split(line)[1:])
        printed, code = printed + result.output, result.exit_code
    return printed, code


def change(body: str) -> None:
    """Apply a diff whose hunks each begin with the name of their file; every hunk must fit in one place."""
    for hunk in re.split(r"^--- ", body, flags=re.MULTILINE)[1:]:
        name, _, lines = hunk.partition("\n")
        file = Path(name)
        before = "".join(f"{line[1:]}\n" for line in lines.splitlines() if line[0] in " -")
        after = "".join(f"{line[1:]}\n" for line in lines.splitlines() if line[0] in " +")
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{name} holds these lines {text.count(before)} times:\n{before}"
        file.write_text(text.replace(before, after), encoding="utf-8")
