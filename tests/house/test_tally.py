"""The table of vectors counts what failed as well, and a failing vector fails its test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.shared import ROOT

LOOP = """
import pytest

def test_loop(tally):
    for at in range(3):
        with tally("some/file.json", at):
            assert at != 1

@pytest.mark.vectors("other/file.json")
@pytest.mark.parametrize("case", [1, 2])
def test_each(case):
    assert case == 1

@pytest.mark.vectors("other/file.json")
def test_that_does_not_read_it():
    pass

def test_unmarked():
    pass
"""


def test_failures_are_counted_and_fail(tmp_path: Path) -> None:
    file = tmp_path / "test_loop.py"
    file.write_text(LOOP)
    options = ["-p", "tests.tally", "-p", "no:cacheprovider", "-q", "-m", "vectors", "-c", "/dev/null"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    table = {line.split()[0]: line.split()[1:] for line in run.stdout.splitlines() if "file.json " in line}
    assert table["some/file.json"] == ["3", "2", "FAILED"]
    assert table["other/file.json"] == ["2", "1", "FAILED"]
    assert run.returncode == 1
    assert "some/file.json 1: AssertionError" in run.stdout
    assert "1 deselected" in run.stdout
