"""`close` settles a month once and leaves every party's statement as CSV and XLSX."""

from __future__ import annotations

import os
from datetime import date

import pytest

from hub.demo.premises import Premises
from hub.domain import sharing
from hub.flows.books import book
from hub.flows.context import Cause
from hub.settings import Settings
from hub.wiring import assemble
from tests.hub.cli.conftest import START, Run


def lend(loan_id: str, on: date) -> None:
    """Book a loan and a repayment of it on a day."""
    context = assemble(Settings(), clock=lambda: START, random=os.urandom, wake=lambda _queue: None)
    agreement = context.catalogue.agreements[0]
    cause = Cause("test", "api", START)
    with context.database.write() as tx:
        event = sharing.Disbursed(loan_id, 1_000_000, on)
        book(context, tx, loan_id, agreement.partner, agreement, event, cause)
    context.database.close()


def test_a_month_is_closed_once_with_its_statements(run: Run, premises: Premises) -> None:
    lend("loan_1", date(2026, 1, 6))
    said = run("close", "--period", "2026-01")
    assert said.exit_code == 0, said.stderr
    files = sorted(path.name for path in premises.statements.iterdir())
    assert files
    assert {name.rpartition(".")[2] for name in files} == {"csv", "xlsx", "pdf"}
    assert f"2026-01 is closed, {len(files) // 3} statements" in said.stdout


def test_a_closed_month_has_its_statements_written_again(run: Run, premises: Premises) -> None:
    """Whoever closed it may have been killed before it wrote them, or after one of them."""
    lend("loan_1", date(2026, 1, 6))
    assert run("close", "--period", "2026-01").exit_code == 0
    before = {path.name: path.read_bytes() for path in premises.statements.iterdir()}
    lost = sorted(premises.statements.iterdir())[0]
    lost.unlink()
    again = run("close", "--period", "2026-01")
    assert (again.exit_code, "2026-01 was closed before" in again.stdout) == (0, True)
    assert {path.name: path.read_bytes() for path in premises.statements.iterdir()} == before


@pytest.mark.parametrize(
    ("period", "words"), [("2999-01", "has not ended yet"), ("2026-13", "2026-01"), ("January", "2026-01")]
)
def test_a_month_that_cannot_be_closed_is_told(run: Run, premises: Premises, period: str, words: str) -> None:
    refused = run("close", "--period", period)
    assert (refused.exit_code, words in refused.stderr) == (1, True)
    assert not premises.statements.exists()


def test_a_line_is_explained(run: Run, premises: Premises) -> None:
    lend("loan_1", date(2026, 1, 6))
    said = run("explain", "loan_1:disbursed::0")
    assert said.exit_code == 0, said.stderr
    assert "事件：2026-01-06 放款" in said.stdout
    assert "its numbers give it again" in said.stdout
    assert run("explain", "loan_1:disbursed::99").exit_code != 0


def test_a_month_is_reckoned_again(run: Run, premises: Premises) -> None:
    assert "0 differences" in run("recheck", "--period", "2026-01").stdout
