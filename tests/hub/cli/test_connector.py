"""The workbench's commands: from nothing to a signed report, and every refusal in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.workbench.far import far_partner
from tests.hub.cli.conftest import Run


def test_from_nothing_to_a_signed_report(run: Run) -> None:
    made = run("connector", "new", "first_trust", "--like", "trust_file")
    assert (made.exit_code, "next: loanhub connector check first_trust" in made.stdout) == (0, True)
    checked = run("connector", "check", "first_trust")
    assert checked.exit_code == 0, checked.stdout
    assert "daily_file               passed" in checked.stdout
    told = run("connector", "verify", "report/first_trust.json", "--key", "keys/reports/signer.pem")
    assert (told.exit_code, "first_trust at simulator" in told.stdout) == (0, True)
    path = Path("report/first_trust.json")
    path.write_text(path.read_text().replace('"not supported"', '"passed"'))
    forged = run("connector", "verify", "report/first_trust.json", "--key", "keys/reports/signer.pem")
    assert (forged.exit_code, "not what was signed" in forged.stderr) == (1, True)


def test_a_connector_that_fails_ends_with_its_own_code(run: Run) -> None:
    run("connector", "new", "first_trust", "--like", "trust_file")
    codes = Path("first_trust/loanhub_first_trust/codes.yaml")
    codes.write_text(
        codes.read_text().replace("credit_status:", 'credit_status:\n  - {code: "77", means: declined}')
    )
    checked = run("connector", "check", "first_trust")
    assert checked.exit_code == 3
    assert "failed: credit_callback_with_an_unknown_status" in checked.stdout


def test_what_a_partner_says_is_recorded_and_becomes_a_test(run: Run, tmp_path: Path) -> None:
    with far_partner("sorted_form", tmp_path) as far:
        at = ["--url", far.url, "--keys", str(far.keys), "--wait", "20", "--spacing", "0.1"]
        told = run("connector", "record", "sorted_form", "--partner", "far", "--setting", "a=b", *at)
        assert told.exit_code == 0, told.stderr
        assert "personal values replaced" in told.stdout
        again = run("connector", "record", "sorted_form", *at)
        assert (again.exit_code, "exists" in again.stderr) == (1, True)
    made = run("connector", "replay", "recording.json")
    assert (made.exit_code, Path("tests/test_recording.py").is_file()) == (0, True)
    twice = run("connector", "replay", "recording.json")
    assert (twice.exit_code, "exists" in twice.stderr) == (1, True)
    gone = run("connector", "record", "sorted_form", *at, "--out", "other.json")
    assert (gone.exit_code, Path("other.json").exists()) == (1, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["new", "X", "--like", "trust_file"], "lower-case"),
        (["check", "nobody"], "is no dialect"),
        (["check", "nobody", "--url", "https://a.example"], "--url goes with --keys"),
        (
            ["check", "nobody", "--setting", "x", "--url", "https://a.example", "--keys", "."],
            "not name=value",
        ),
    ],
)
def test_a_wrong_wish_is_refused_in_words(run: Run, words: list[str], said: str) -> None:
    refused = run("connector", *words)
    assert (refused.exit_code, said in refused.stderr) == (1, True)
