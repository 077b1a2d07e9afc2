"""What the documentation shows is true: its Python runs, its commands exist, its lists are complete."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.shared import ROOT

PAGES = sorted((ROOT / "docs").rglob("*.md"))
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
DECISIONS = ROOT / "docs" / "decisions"


def _blocks(page: Path, language: str) -> list[tuple[int, str]]:
    text = page.read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, found.start()) + 2, found["body"])
        for found in BLOCK.finditer(text)
        if found["language"] == language
    ]


def _commands() -> list[str]:
    """Return every `make` and `loanhub` command shown: in bash blocks, and inline in the two READMEs."""
    shown = [body for page in (*READMES, *PAGES) for _, body in _blocks(page, "bash")]
    for readme in READMES:
        shown += re.findall(r"`((?:make|loanhub) [^`]+)`", readme.read_text(encoding="utf-8"))
    lines = [" ".join(shlex.split(line, comments=True)) for text in shown for line in text.splitlines()]
    return sorted({line for line in lines if line.split(" ")[0] in {"make", "loanhub"}})


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if _blocks(page, "python")],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_python_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shared: dict[str, object] = {"__name__": f"docs_{page.stem}"}
    for line, body in _blocks(page, "python"):
        code = compile("\n" * (line - 1) + body, str(page), "exec")
        exec(code, shared)


@pytest.mark.parametrize("command", [line for line in _commands() if line.startswith("make")])
def test_make_target_exists(command: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = [word for word in command.split()[1:] if "=" not in word and not word.startswith("-")]
    assert set(named) <= targets


@pytest.mark.parametrize("command", [line for line in _commands() if line.startswith("loanhub")])
def test_command_and_its_options_exist(command: str) -> None:
    words = command.split()[1:]
    options = {word.split("=")[0] for word in words if word.startswith("--")}
    verbs = words[: next((i for i, word in enumerate(words) if word.startswith("-")), len(words))]
    shown = subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", *verbs, "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"COLUMNS": "200", "PYTHONUTF8": "1", "PATH": ""},
        timeout=60,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert options <= set(re.findall(r"--[a-z][a-z-]*", shown.stdout)), shown.stdout


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.name)
def test_readme_is_one_screen_with_the_two_commands_first(readme: Path) -> None:
    first = _blocks(readme, "bash")[0][1]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make demo", "make test"]
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 70


@pytest.mark.parametrize("page", [*READMES, *PAGES], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_to_files_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


def test_every_dependency_is_explained_and_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    names = {_normal(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in declared}
    explained = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert not {name for name in names if f"`{name}`" not in explained}
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert not names - {_normal(pin.split("==")[0]) for pin in pins}


def test_architecture_page_names_every_table_and_every_import_rule() -> None:
    from hub.store.tables import T

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rules = re.findall(
        r"^\[importlinter:contract:(.+)\]$", (ROOT / ".importlinter").read_text(), re.MULTILINE
    )
    assert not [name for name in (*T.metadata.tables, *rules) if f"`{name}`" not in text]


def test_architecture_page_tells_which_tables_never_change() -> None:
    from hub.store.tables import append_only

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?) \| .+ \| never \|$", text, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(append_only())


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("*.md")), ids=lambda page: page.name)
def test_decision_has_its_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parts = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert parts == ["Context", "Decision", "Measurement", "Consequences"]
    assert re.search(r"^Status: (confirmed|changed|replaced)", text, re.MULTILINE)
    assert re.match(rf"# {int(page.name[:4])}\. ", text)
