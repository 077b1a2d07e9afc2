"""`agreement` reads an agreement in words and tries it on invented loans; `explain` says why a line is so."""

from __future__ import annotations

from pathlib import Path

from tests.hub.cli.conftest import Run


def test_an_agreement_in_words(run: Run) -> None:
    said = run("agreement", "render", "harvest_trust_2025@1")
    assert said.exit_code == 0, said.stderr
    assert "平台取实收利息的 30%" in said.stdout
    assert "Platform takes 30% of interest received" in said.stdout


def test_an_agreement_tried(run: Run, tmp_path: Path) -> None:
    chart = tmp_path / "chart.svg"
    said = run("agreement", "simulate", "harvest_trust_2025", "--loans", "20", "--chart", str(chart))
    assert said.exit_code == 0, said.stderr
    assert "every fen is kept" in said.stdout
    assert chart.read_text(encoding="utf-8").startswith("<svg")


def test_one_that_is_not_there(run: Run) -> None:
    said = run("agreement", "render", "nothing")
    assert said.exit_code == 2
    assert "harvest_trust_2025" in said.stderr
