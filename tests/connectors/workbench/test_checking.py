"""The kit in a process of its own: a good package passes, a damaged one fails, and both reports are whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.port import Capability
from connectors.workbench.checking import check
from connectors.workbench.faults import Unworkable
from connectors.workbench.report import Status
from connectors.workbench.scaffold import write_package

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


def test_a_package_that_is_not_installed_passes_and_a_damaged_one_does_not(tmp_path: Path) -> None:
    folder = write_package("first_trust", "trust_file", tmp_path)
    codes = folder / "loanhub_first_trust" / "codes.yaml"
    # Unknown taken for no: the mistake that turns away borrowers nobody declined.
    codes.write_text(
        codes.read_text().replace("credit_status:", 'credit_status:\n  - {code: "77", means: declined}')
    )
    report = check(str(folder), at=NOW).report
    rows = {row.capability: row for row in report.rows}
    assert rows.keys() == set(Capability)
    assert (report.finished, report.passed) == (True, False)
    assert rows[Capability.CREDIT_CALLBACK].status is Status.FAILED
    assert rows[Capability.DAILY_FILE].status is Status.PASSED
    assert rows[Capability.PLAN_QUERY].status is Status.NOT_SUPPORTED
    failed = [one.name for one in report.questions if one.status is Status.FAILED]
    assert failed == ["credit_callback_with_an_unknown_status_is_unclear"]


def test_what_only_the_dialect_can_spell_is_not_tested_when_nobody_spells_it(tmp_path: Path) -> None:
    folder = write_package("first_trust", "trust_file", tmp_path)
    (folder / "loanhub_first_trust" / "kit.yaml").unlink()
    report = check(str(folder), at=NOW).report
    untold = {one.name for one in report.questions if one.status is Status.NOT_TESTED}
    assert "credit_callback_with_an_unknown_status_is_unclear" in untold
    assert report.passed
    assert (report.package, report.versions["loanhub-first-trust"]) == (
        "loanhub-first-trust",
        "not installed",
    )


@pytest.mark.parametrize(
    "project", [None, "", "[project]\nname='x'\n", '[project]\nname="x"\n[project.entry-points]\n']
)
def test_what_is_no_connector_is_refused(project: str | None, tmp_path: Path) -> None:
    if project is not None:
        (tmp_path / "pyproject.toml").write_text(project)
    with pytest.raises(Unworkable, match="is no dialect" if project is None else "names no connector"):
        check(str(tmp_path), at=NOW)


def test_a_package_that_does_not_load_says_why(tmp_path: Path) -> None:
    folder = write_package("first_trust", "trust_file", tmp_path)
    (folder / "loanhub_first_trust" / "wire.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(Unworkable, match="nothing_of_that_name"):
        check(str(folder), at=NOW)
