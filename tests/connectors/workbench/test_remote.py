"""The same kit at a partner's address: what can be asked is asked, what cannot is not tested and no pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from connectors.port import Capability
from connectors.workbench.checking import check
from connectors.workbench.report import Status
from tests.connectors.workbench.far import SLOW, far_partner

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


def test_a_partner_that_keeps_its_word_passes_as_far_as_it_can_be_asked(tmp_path: Path) -> None:
    with far_partner("sorted_form", tmp_path) as remote:
        checked = check("sorted_form", at=NOW, remote=remote)
    report = checked.report
    assert report.passed, checked.printed
    assert not report.complete
    rows = {row.capability: row for row in report.rows}
    for capability in (Capability.APPLY, Capability.CREDIT_QUERY, Capability.DRAWDOWN_QUERY):
        assert rows[capability].status is Status.PASSED
    assert rows[Capability.REPAYMENT_CALLBACK].status is Status.NOT_TESTED
    ended = {one.name: one for one in report.questions}
    assert ended["credit_query"].status is Status.PASSED
    assert ended["drawdown_query"].status is Status.PASSED
    assert ended["movements_agree_with_the_partners_books"].reason.startswith("not tested")
    assert (report.target, ended["apply_is_declined"].status) == (remote.url, Status.NOT_TESTED)


def test_a_partner_that_does_not_decide_in_time_was_not_tested(tmp_path: Path) -> None:
    with far_partner("sorted_form", tmp_path, habits=SLOW) as remote:
        report = check("sorted_form", at=NOW, remote=replace(remote, wait=0.1)).report
    (query,) = [one for one in report.questions if one.name == "credit_query"]
    assert (query.status, query.reason) == (Status.NOT_TESTED, "not tested: no decision within 0 s")


def test_a_partner_with_other_keys_fails(tmp_path: Path) -> None:
    with far_partner("sorted_form", tmp_path) as remote, far_partner("sorted_form", tmp_path / "b") as other:
        report = check("sorted_form", at=NOW, remote=replace(remote, keys=other.keys)).report
    assert not report.passed
    (apply,) = [row for row in report.rows if row.capability is Capability.APPLY]
    assert apply.status is Status.FAILED
