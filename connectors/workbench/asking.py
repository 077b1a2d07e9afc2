"""The process that asks the kit's questions: pytest with a recorder, its findings written as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from connectors.conformance.rig import ASKED, PARTNER
from connectors.conformance.spelling import contract, reasons
from connectors.port import Capability, Partner
from connectors.workbench.report import Question, Status

# Questions that need no capability by name, for the facts come by whatever way the dialect has.
_ALSO: Mapping[str, frozenset[Capability]] = {
    "test_movements_agree_with_the_partners_books": frozenset(
        {
            Capability.REPAYMENT_CALLBACK,
            Capability.COMPENSATION_CALLBACK,
            Capability.REFUND_CALLBACK,
            Capability.DRAWDOWN_CALLBACK,
            Capability.MOVEMENT_QUERY,
            Capability.DAILY_FILE,
        }
    ),
    "test_plan_repays_the_principal": frozenset({Capability.PLAN_CALLBACK}),
}
_TEST = """
from connectors.{module} import {maker}

TestKit = {maker}({arguments})
"""


class Recorder:
    """A pytest plugin that keeps each question's end, and the capabilities it was about."""

    def __init__(self, capabilities: frozenset[Capability]) -> None:
        self.questions: dict[str, Question] = {}
        self._has = capabilities

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin a question."""
        ASKED.clear()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Keep how a phase of a question ended; the worst of its phases counts."""
        outcome = yield
        report: pytest.TestReport = outcome.get_result()
        if report.passed and report.when != "call":
            return
        status, reason = _ended(report)
        before = self.questions.get(item.name)
        if before is not None and before.status is Status.FAILED:
            return
        function = getattr(item, "function", None)
        about = set(ASKED) | (_ALSO.get(getattr(item, "originalname", ""), frozenset()) & self._has)
        self.questions[item.name] = Question(
            name=item.name.removeprefix("test_"),
            asks=(function.__doc__ or "").strip().split("\n")[0],
            status=status,
            capabilities=tuple(sorted(about)),
            reason=reason,
        )


def _ended(report: pytest.TestReport) -> tuple[Status, str]:
    if report.passed:
        return Status.PASSED, ""
    if report.skipped:
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if reason.startswith("not supported"):
            return Status.NOT_SUPPORTED, reason
        return Status.NOT_TESTED, reason
    return Status.FAILED, _last_line(report)


def _last_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message if crash is not None else report.longrepr)
    return text.strip().split("\n")[0][:300]


def main(arguments: list[str]) -> int:
    """Ask about a dialect and write the findings; arguments are one JSON object and the file to write."""
    wish: dict[str, Any] = json.loads(arguments[0])
    capabilities = _capabilities(wish["dialect"])
    recorder = Recorder(capabilities)
    with tempfile.TemporaryDirectory() as folder:
        test = Path(folder, "test_kit.py")
        test.write_text(_TEST.format(**wish["test"]), encoding="utf-8")
        Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        options = ["-q", "--tb=short", "-p", "no:cacheprovider", "--import-mode=importlib"]
        code = pytest.main([*options, "-c", f"{folder}/pytest.ini", str(test)], plugins=[recorder])
    findings = {
        "finished": code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED),
        "capabilities": sorted(capabilities),
        "lacks": reasons(wish["dialect"]),
        "questions": [question.model_dump(mode="json") for question in recorder.questions.values()],
    }
    Path(arguments[1]).write_text(json.dumps(findings, ensure_ascii=False), encoding="utf-8")
    return 0


def _capabilities(dialect: str) -> frozenset[Capability]:
    return registry.build(dialect, Partner(PARTNER, contract(dialect)().keys("ours")[0])).capabilities


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
