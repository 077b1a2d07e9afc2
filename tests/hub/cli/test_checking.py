"""`check-config` says what is wrong, where, and what to do, and counts what is in order."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hub.config.load import sandbox_folder
from tests.hub.cli.conftest import Run


def test_the_packaged_folder_is_in_order(run: Run) -> None:
    said = run("check-config")
    assert said.exit_code == 0
    assert "in order: 3 partners, 2 products, 6 programmes, 4 agreements" in said.stdout


@pytest.mark.parametrize("by_setting", [True, False])
def test_every_problem_has_its_file_line_field_and_remedy(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_setting: bool
) -> None:
    folder = tmp_path / "config"
    shutil.copytree(sandbox_folder(), folder)
    file = folder / "programmes.yaml"
    text = file.read_text(encoding="utf-8")
    wrong = 'funding_rat: "0.0550"'
    file.write_text(text.replace('funding_rate: "0.0550"', wrong, 1), encoding="utf-8")
    if by_setting:
        monkeypatch.setenv("LOANHUB_CONFIG_DIR", str(folder))
    said = run("check-config", *([] if by_setting else [str(folder)]))
    line = text[: text.index('funding_rate: "0.0550"')].count("\n") + 1
    assert said.exit_code == 1
    place = f"programmes.yaml:{line}: programmes[0].funding_rat"
    assert f"{place}: there is no such field. Remedy: write 'funding_rate' if that is meant." in said.stdout


def test_a_folder_that_is_not_there_is_a_problem_not_a_crash(run: Run) -> None:
    said = run("check-config", "absent")
    assert said.exit_code == 1
    assert "products.yaml:1: the file cannot be read" in said.stdout
