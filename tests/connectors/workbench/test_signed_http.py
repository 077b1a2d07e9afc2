"""A dialect signed as HTTP messages (RFC 9421) comes out of the workbench and keeps the contract."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from connectors.port import Capability
from connectors.workbench.checking import check
from connectors.workbench.report import Status
from connectors.workbench.scaffold import write_package

CHANGES = {
    "connector.py": (
        ('PROFILE = "aob-sm"', 'PROFILE = "http-message-signature"'),
        (
            "LENDING - {Capability.PLAN_CALLBACK}",
            "LENDING - {Capability.PLAN_CALLBACK, Capability.SEALED_REQUESTS}",
        ),
        ('return {**self._headers, "x-idempotency-key": ask.subject}', "return {}"),
        ('return Said("", words, self._headers)', 'return Said("", words, {})'),
    ),
    "simulator.py": (
        ('return {"x-aob-appID": self.partner.settings.get("app_id", self.partner.id)}', "return {}"),
    ),
    "kit.yaml": (
        ("profile: aob-sm", "profile: http-message-signature"),
        ("notice_fields: {x-aob-appID: x}", "notice_fields: {}"),
    ),
}
"""All that differs from a dialect with headers and SM2: the profile, and what only those headers need."""


def test_a_dialect_on_http_message_signatures_passes_the_kit(tmp_path: Path) -> None:
    folder = write_package("signed_http", "aob_sm", tmp_path)
    for name, changes in CHANGES.items():
        file = folder / "loanhub_signed_http" / name
        text = file.read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
    report = check(str(folder), at=datetime(2026, 1, 5, tzinfo=UTC)).report
    assert [q for q in report.questions if q.status is Status.FAILED] == []
    assert report.complete
    passed = {row.capability for row in report.rows if row.status is Status.PASSED}
    assert {Capability.APPLY, Capability.CREDIT_CALLBACK, Capability.DRAWDOWN_QUERY} <= passed
    assert Capability.SEALED_REQUESTS not in passed
