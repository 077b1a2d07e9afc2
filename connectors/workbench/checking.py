"""Runs the kit on a dialect in a process of its own, installed or not, and brings back the report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import connectors
from connectors import registry
from connectors.port import Capability
from connectors.workbench.faults import Unworkable
from connectors.workbench.report import Question, Report

_SECONDS = 900
"""How long the kit may take; a partner's real sandbox may need minutes to decide."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A partner's real sandbox: its address, the folder of our keys for it, our settings and our id there.

    `wait` is how long a decision may take, `spacing` how long to wait between two queries, in seconds.
    """

    url: str
    keys: Path
    partner: str
    settings: Mapping[str, str]
    wait: float = 300.0
    spacing: float = 30.0


@dataclass(frozen=True, slots=True)
class Checked:
    """The report, and what pytest printed meanwhile."""

    report: Report
    printed: str


def check(what: str, *, at: datetime, remote: Remote | None = None) -> Checked:
    """Ask the kit's questions of a dialect, by its name or by the folder of its package.

    Raises Unworkable for what is neither, a package that does not load, or where pytest is not installed.
    """
    if find_spec("pytest") is None:
        raise Unworkable("the kit runs on pytest, which is not installed: pip install 'loanhub[kit]'")
    with _found(what) as (dialect, package, paths):
        findings, printed = _asked(dialect, paths, remote)
    report = Report.of(
        [Question.model_validate_json(json.dumps(one)) for one in findings["questions"]],
        [Capability(one) for one in findings["capabilities"]],
        {Capability(one): why for one, why in findings["lacks"].items()},
        dialect=dialect,
        target="simulator" if remote is None else remote.url,
        package=package,
        versions=_versions(package),
        at=at,
        finished=findings["finished"],
    )
    return Checked(report, printed)


@contextmanager
def _found(what: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the dialect's name, its distribution and what must be on the path for it to be found."""
    if what in registry.names():
        yield what, _distribution(what), []
        return
    project = Path(what) / "pyproject.toml"
    if not project.is_file():
        there = ", ".join(registry.names())
        raise Unworkable(f"{what} is no dialect ({there}) and no folder with a pyproject.toml")
    with tempfile.TemporaryDirectory() as shelf:
        dialect, package = _as_if_installed(project, Path(shelf))
        yield dialect, package, [str(project.parent.resolve()), shelf]


def _as_if_installed(project: Path, shelf: Path) -> tuple[str, str]:
    """Write the entry points of a package that is not installed where they are found like any other's."""
    try:
        told = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
        points = told["entry-points"]
        (dialect,) = points[registry.GROUP]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise Unworkable(f"{project} names no connector under {registry.GROUP}: {error}") from error
    info = shelf / f"{told['name'].replace('-', '_')}-{told.get('version', '0')}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told.get('version', '0')}\n"
    )
    lines: list[str] = []
    for group, named in points.items():
        lines += [f"[{group}]", *(f"{name} = {place}" for name, place in named.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return dialect, told["name"]


def _asked(dialect: str, paths: list[str], remote: Remote | None) -> tuple[dict[str, Any], str]:
    house = str(Path(connectors.__file__).parent.parent)
    known = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    path = os.pathsep.join([*paths, house, *known])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "findings.json")
        words = [sys.executable, "-m", "connectors.workbench.asking", json.dumps(_wish(dialect, remote))]
        try:
            run = subprocess.run(  # noqa: S603  our own module, and a name from the registry
                [*words, str(out)],
                capture_output=True,
                text=True,
                env=environment,
                cwd=folder,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Unworkable(f"the kit did not end within {_SECONDS} seconds") from error
        if not out.is_file():
            raise Unworkable(f"{dialect} cannot be loaded:\n{run.stderr.strip()[-2000:]}")
        findings: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return findings, run.stdout


def _wish(dialect: str, remote: Remote | None) -> dict[str, object]:
    if remote is None:
        test = {"module": "conformance.spelling", "maker": "contract", "arguments": repr(dialect)}
    else:
        aim = {**asdict(remote), "keys": str(remote.keys.resolve()), "settings": dict(remote.settings)}
        arguments = f"{dialect!r}, {aim!r}"
        test = {"module": "workbench.remote", "maker": "remote_contract", "arguments": arguments}
    return {"dialect": dialect, "test": test}


def _distribution(dialect: str) -> str:
    for point in entry_points(group=registry.GROUP, name=dialect):
        if point.dist is not None and dialect not in registry.BUILT_IN:
            return point.dist.name
    return "loanhub"


def _versions(package: str) -> dict[str, str]:
    found = {}
    for name in ("loanhub", package):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
