"""The report is whole on a narrow terminal, and silent where nobody watches."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from hub.demo import report

FIGURES: dict[str, Any] = {
    "funnel": {"submitted": 1234, "now repaying": 1000},
    "pending": {"repaying: its next term falls due": 1000},
    "partners": [
        {
            "partner": "a_bank_with_a_long_name",
            "applications": 1300,
            "approvals": 1100,
            "loans": 1000,
            "principal_fen": 1_234_567_890_12,
            "outstanding_fen": 900_000_000_01,
            "funding_cost": "0.047213",
        }
    ],
    "funding_cost": {"routed": "0.069930", "first": "0.078920", "random": None},
    "revenue": [
        {
            "party": "platform",
            "interest_fen": 26_042_684,
            "fee_fen": 0,
            "penalty_fen": -5,
            "disbursed_fen": 100,
            "total_fen": 26_042_779,
        }
    ],
    "trial_balance": {
        "items": [
            {"account": "capital", "zh": "出资", "en": "Capital provided", "party": party}
            | {"debit_fen": 1, "credit_fen": 100_000, "balance_fen": -99_999}
            for party in ("one", "two")
        ],
        "debit_fen": 200_000,
        "credit_fen": 200_000,
        "difference_fen": 0,
    },
    "pace": {
        "each_thousand_seconds": [21.46],
        "months_seconds": {"2026-01": 2.0},
        "seconds": 30.0,
        "per_thousand_seconds": 24.3,
    },
    "machine": {"hub": {"cpu_seconds": 20.0, "peak_mb": 140.2}, "demo": None, "peak_mb": 140.2},
    "checks": [
        {"name": "books balance", "passed": True, "found": []},
        {"name": "same loans", "passed": False, "found": ["bank holds [L2], which the hub does not know"]},
    ],
    "statements": [{}, {}],
    "statement_folder": "out/statements",
}


@pytest.mark.parametrize("width", [80, 110])
def test_every_figure_is_shown_whole(width: int) -> None:
    out = StringIO()
    report.show(Console(file=out, width=width), FIGURES)
    text = out.getvalue()
    for shown in (
        "1,234,567,890.12",
        "900,000,000.01",
        "4.721%",
        "6.993%",
        "260,426.84",
        "-0.05",
        "2,000.00",
        "-1,999.98",
        "thousand 1",
        "21.5 s",
        "pass books balance",
        "FAIL same loans",
        "bank holds [L2], which the hub does not know",
        "2 statements, each as CSV and XLSX: out/statements",
    ):
        assert shown in text, shown
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width


def test_progress_shows_on_a_terminal_only() -> None:
    shown = {}
    for terminal in (True, False):
        out = StringIO()
        with report.progress(Console(file=out, force_terminal=terminal), 10, 2) as tell:
            tell("applications", 5)
            tell("months", 1)
        shown[terminal] = out.getvalue()
    assert "applications" in shown[True]
    assert shown[False] == ""
