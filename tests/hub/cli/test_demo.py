"""`demo` says in words why it cannot be held, before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub.cli.conftest import Run


def test_a_folder_in_use_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    refused = run("demo", "--out", str(tmp_path))
    assert (refused.exit_code, "is not empty" in refused.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n", "has no column loan_amount"),
        ("loan_amount,term,interest_rate,loan_purpose\n", "has no loans"),
    ],
)
def test_a_file_without_loans_is_told(run: Run, tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "loans.csv"
    file.write_text(content)
    refused = run("demo", "--file", str(file), "--out", str(tmp_path / "run"))
    assert (refused.exit_code, words in refused.stderr) == (1, True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("option", ["--applications", "--months", "--limit"])
def test_nothing_is_not_a_number_of_anything(run: Run, option: str) -> None:
    assert run("demo", option, "0").exit_code == 2
