"""A report has a row for every capability, is believed only as it was signed, and escapes what it shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connectors import registry
from connectors.conformance.rig import PARTNER
from connectors.conformance.spelling import contract, reasons
from connectors.port import Capability, Partner
from connectors.workbench.report import (
    NO_REASON,
    Question,
    Report,
    ReportRefused,
    Status,
    page,
    signed,
    verified,
)
from signing.keys import Key, KeyRing
from signing.keystore import new_ed25519

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


def question(status: Status, *about: Capability, name: str = "q", reason: str = "") -> Question:
    return Question(name=name, asks="Does it?", status=status, capabilities=about, reason=reason)


def report(*questions: Question, has: tuple[Capability, ...] = (), finished: bool = True) -> Report:
    return Report.of(
        questions,
        has,
        {Capability.DAILY_FILE: "it is <asked> by the day"},
        dialect="d",
        target="simulator",
        package="loanhub",
        versions={"loanhub": "0.1.0"},
        at=NOW,
        finished=finished,
    )


def status(found: Report, capability: Capability) -> Status:
    (row,) = [row for row in found.rows if row.capability is capability]
    return row.status


def test_every_capability_has_a_row_and_a_missing_question_is_no_pass() -> None:
    apply, query, file = Capability.APPLY, Capability.CREDIT_QUERY, Capability.DAILY_FILE
    found = report(question(Status.PASSED, apply), has=(apply, query))
    assert [row.capability for row in found.rows] == list(Capability)
    assert status(found, apply) is Status.PASSED
    assert status(found, query) is Status.NOT_TESTED
    assert status(found, file) is Status.NOT_SUPPORTED
    assert (found.passed, found.complete) == (True, False)


def test_what_is_not_supported_says_why_in_json_and_on_the_page() -> None:
    found = report(question(Status.PASSED, Capability.APPLY), has=(Capability.APPLY,))
    why = {row.capability: row.reason for row in found.rows}
    assert (why[Capability.APPLY], why[Capability.DAILY_FILE]) == ("", "it is <asked> by the day")
    assert why[Capability.WAIVER] == NO_REASON
    assert "<td>it is &lt;asked&gt; by the day</td>" in page(found)
    assert json.loads(found.model_dump_json())["rows"][-2]["reason"] == "it is <asked> by the day"


@pytest.mark.parametrize("dialect", sorted(registry.BUILT_IN))
def test_every_dialect_says_of_all_it_lacks_why(dialect: str) -> None:
    ours, _ = contract(dialect)().keys("ours")
    has = registry.build(dialect, Partner(PARTNER, ours)).capabilities
    assert set(reasons(dialect)) == set(Capability) - has


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        ([Status.PASSED, Status.FAILED], Status.FAILED),
        ([Status.PASSED, Status.NOT_TESTED], Status.PASSED),
        ([Status.NOT_TESTED], Status.NOT_TESTED),
        ([Status.NOT_SUPPORTED], Status.NOT_TESTED),
        ([], Status.NOT_TESTED),
    ],
)
def test_the_worst_question_decides(ended: list[Status], expected: Status) -> None:
    found = report(*(question(one, Capability.APPLY) for one in ended), has=(Capability.APPLY,))
    assert status(found, Capability.APPLY) is expected


def test_a_run_that_broke_off_or_asked_nothing_has_not_passed() -> None:
    assert not report(question(Status.PASSED, Capability.APPLY), finished=False).passed
    assert not report().passed
    assert not report(question(Status.FAILED)).passed


@pytest.fixture(scope="module")
def key() -> Key:
    return new_ed25519("reports-1")


def test_a_report_is_believed_only_as_it_was_signed(key: Key) -> None:
    found = report(question(Status.FAILED, Capability.APPLY, reason="说不"), has=(Capability.APPLY,))
    document = signed(found, KeyRing.of("reports", key), now=NOW)
    ring = KeyRing.of("signer", key.public())
    assert verified(document, ring, now=NOW) == found
    better = document.replace(b'"status": "failed"', b'"status": "passed"')
    assert better != document
    stranger = KeyRing.of("signer", new_ed25519("reports-1").public())
    unsigned = json.dumps({"report": json.loads(document)["report"]}).encode()
    for bad, keys in [(better, ring), (document, stranger), (unsigned, ring), (b"[]", ring), (b"{", ring)]:
        with pytest.raises(ReportRefused):
            verified(bad, keys, now=NOW)


def test_the_page_shows_every_row_and_runs_nothing() -> None:
    shown = page(report(question(Status.FAILED, Capability.APPLY, reason="<script>alert(1)</script>")))
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert all(f"<td>{capability}</td>" in shown for capability in Capability)
    assert shown.count("不支持 not supported") == len(Capability)
