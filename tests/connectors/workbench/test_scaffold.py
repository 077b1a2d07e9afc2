"""A new dialect's package is complete, has its own names, and runs when it is installed from nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from connectors import registry
from connectors.workbench.faults import Unworkable
from connectors.workbench.scaffold import code_lines, write_package
from tests.shared import ROOT

MOST_LINES = 150
"""What a partner of a known dialect may need beside its words, its data and its samples."""


@pytest.mark.parametrize("dialect", registry.names())
def test_a_dialect_is_short_beside_the_partners_words(dialect: str) -> None:
    assert 20 < code_lines(dialect) <= MOST_LINES


@pytest.mark.parametrize("like", sorted(registry.BUILT_IN))
def test_a_package_names_nothing_of_the_one_it_is_like(like: str, tmp_path: Path) -> None:
    folder = write_package("first_bank", like, tmp_path)
    code = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.py")}
    old_class = registry.located(like)[0].partition(":")[2].removesuffix("Connector")
    for path, text in code.items():
        assert f"connectors.{like}" not in text, path
        assert f'"{like}"' not in text, path
        assert old_class not in text, path
        compile(text, str(path), "exec")
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["entry-points"][registry.GROUP] == {
        "first_bank": "loanhub_first_bank.connector:FirstBankConnector"
    }
    assert _names(folder / "loanhub_first_bank") == _names(ROOT / "connectors" / like) | {"py.typed"}


def test_the_code_beside_words_and_samples_is_short(tmp_path: Path) -> None:
    for like in registry.BUILT_IN:
        folder = write_package(f"n_{like}", like, tmp_path) / f"loanhub_n_{like}"
        assert len((folder / "connector.py").read_text().splitlines()) <= 150


@pytest.mark.parametrize(
    ("name", "like", "said"),
    [
        ("City Bank", "sorted_form", "lower-case"),
        ("../x", "sorted_form", "lower-case"),
        ("sorted_form", "sorted_form", "already"),
        ("city_bank", "nobody", "nothing named 'nobody'"),
    ],
)
def test_a_wrong_wish_writes_nothing(name: str, like: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Unworkable, match=said):
        write_package(name, like, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "city_bank").mkdir()
    with pytest.raises(Unworkable, match="exists"):
        write_package("city_bank", "sorted_form", tmp_path)


def test_built_installed_and_run_without_touching_the_hub(tmp_path: Path) -> None:
    folder = write_package("city_bank", "sorted_form", tmp_path)
    site = tmp_path / "site"
    build = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    _run([*build, "--disable-pip-version-check", "--target", str(site), str(folder)], tmp_path)
    assert (site / "loanhub_city_bank" / "kit.yaml").is_file()
    path = {"PYTHONPATH": f"{site}{os.pathsep}{ROOT}", "LOANHUB_KEY_DIR": str(tmp_path / "keys")}
    printed = _run([sys.executable, "-m", "hub.cli", "connector", "check", "city_bank"], tmp_path, **path)
    assert "passed: report" in printed
    assert (tmp_path / "report" / "city_bank.html").is_file()


def _names(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _run(words: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
