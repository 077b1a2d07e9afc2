"""`books` and `detail` take the ledgers out as files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from hub.demo.premises import Premises
from tests.hub.cli.conftest import Run
from tests.hub.cli.test_closing import lend


def test_the_ledgers_are_taken_out(run: Run, premises: Premises) -> None:
    lend("loan_1", date(2026, 1, 6))
    said = run("books", "journal", "--period", "2026-01", "--out", "v.csv")
    assert "v.csv: 1 entries of 2026-01, which is still open" in said.stdout
    assert "which is not closed" not in said.stdout
    open_month = run("detail", "export", "--period", "2026-01")
    assert (open_month.exit_code, "is not closed; close it first" in open_month.stderr) == (1, True)
    assert run("close", "--period", "2026-01").exit_code == 0
    again = run("books", "journal", "--period", "2026-01", "--out", "v.csv", "--layout", "journal")
    assert again.stdout.endswith("entries of 2026-01\n")
    assert "借方(元) Debit" in Path("v.csv").read_text(encoding="utf-8-sig")
    said = run("detail", "export", "--period", "2026-01")
    assert said.exit_code == 0, said.stderr
    made = json.loads((premises.statements / "2026-01-detail.json").read_text(encoding="utf-8"))
    assert made["content_sha256"] in said.stdout
    said = run("books", "account", "loan_principal", "nobody", "--from", "2026-01", "--to", "2026-02")
    assert "2026-02 期末余额 closing 0.00" in said.stdout
    assert (
        "there is no account x"
        in run("books", "account", "x", "a", "--from", "2026-01", "--to", "2026-01").stderr
    )
    assert "a period is a month" in run("detail", "export", "--period", "January").stderr
