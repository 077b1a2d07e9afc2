"""What the kit found, capability by capability: built from its questions, signed, shown as a page."""

from __future__ import annotations

import html
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from connectors.port import Capability
from signing.errors import SignatureRefused
from signing.keys import KeyRing
from signing.signature import SignatureAlgorithm, sign, verify


class Status(StrEnum):
    """How a question, or all questions about a capability, ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SUPPORTED = "not supported"  # the dialect does not name the capability
    NOT_TESTED = "not tested"  # nobody asked, or the question could not be put


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Kept):
    """One question of the kit, as it ended. `reason` says why it failed or was not asked."""

    name: str
    asks: str
    status: Status
    capabilities: tuple[Capability, ...]
    reason: str = ""


class Row(_Kept):
    """A capability and how many questions about it ended in which way; `reason` says why it is not there."""

    capability: Capability
    status: Status
    passed: int = 0
    failed: int = 0
    not_tested: int = 0
    reason: str = ""


class Report(_Kept):
    """A run of the kit: a row for every capability there is; `finished` tells whether it came to its end.

    `target` is `simulator`, or the address of the partner's sandbox. `package` is the distribution that
    brought the connector, and `versions` its and the hub's version.
    """

    dialect: str
    target: str
    package: str
    versions: Mapping[str, str]
    at: AwareDatetime
    finished: bool
    rows: tuple[Row, ...]
    questions: tuple[Question, ...]

    @property
    def passed(self) -> bool:
        """Whether the run ended, something passed, and no question failed; what was not tested is no pass."""
        ended = self.finished and all(question.status is not Status.FAILED for question in self.questions)
        return ended and any(question.status is Status.PASSED for question in self.questions)

    @property
    def complete(self) -> bool:
        """Whether it passed and every capability the dialect names was tested."""
        return self.passed and all(row.status is not Status.NOT_TESTED for row in self.rows)

    @classmethod
    def of(
        cls,
        questions: Sequence[Question],
        capabilities: Iterable[Capability],
        lacks: Mapping[Capability, str],
        *,
        dialect: str,
        target: str,
        package: str,
        versions: Mapping[str, str],
        at: datetime,
        finished: bool,
    ) -> Self:
        """Return the report of a dialect with those capabilities; `lacks` says why it has no others."""
        has = frozenset(capabilities)
        return cls(
            dialect=dialect,
            target=target,
            package=package,
            versions=dict(versions),
            at=at,
            finished=finished,
            rows=tuple(
                _row(one, questions, None if one in has else lacks.get(one, NO_REASON)) for one in Capability
            ),
            questions=tuple(questions),
        )


NO_REASON = "kit.yaml does not say why"


def _row(capability: Capability, questions: Sequence[Question], lacking: str | None) -> Row:
    if lacking is not None:
        return Row(capability=capability, status=Status.NOT_SUPPORTED, reason=lacking)
    ended = [question.status for question in questions if capability in question.capabilities]
    passed, failed = ended.count(Status.PASSED), ended.count(Status.FAILED)
    status = Status.FAILED if failed else Status.PASSED if passed else Status.NOT_TESTED
    return Row(
        capability=capability,
        status=status,
        passed=passed,
        failed=failed,
        not_tested=ended.count(Status.NOT_TESTED),
    )


class ReportRefused(Exception):
    """A report that is not proven to be what its signer saw."""


def signed(report: Report, ring: KeyRing, *, now: datetime) -> bytes:
    """Return the report as JSON with an Ed25519 signature over its canonical form. Raises KeyUnavailable."""
    body = report.model_dump(mode="json")
    made = sign(SignatureAlgorithm.ED25519, _canonical(body), ring, now)
    seal = {"algorithm": "ed25519", "key": made.key_id, "value": b64encode(made.value).decode()}
    return json.dumps({"report": body, "signature": seal}, ensure_ascii=False, indent=1).encode()


def verified(document: bytes, ring: KeyRing, *, now: datetime) -> Report:
    """Return the report in a signed document. Raises ReportRefused, KeyUnavailable."""
    try:
        parts = json.loads(document)
        body = _canonical(parts["report"])
        value = b64decode(parts["signature"]["value"], validate=True)
        vouched = verify(SignatureAlgorithm.ED25519, body, value, ring, now)
        return Report.model_validate_json(vouched)
    except (SignatureRefused, ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportRefused(f"the report is not what was signed: {type(error).__name__}") from error


def _canonical(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


_SHOWN = {
    Status.PASSED: "通过 passed",
    Status.FAILED: "失败 failed",
    Status.NOT_SUPPORTED: "不支持 not supported",
    Status.NOT_TESTED: "未测试 not tested",
}
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top}
.passed{color:#175d17}.failed{color:#a30000;font-weight:bold}.not-supported{color:#555}.not-tested{color:#8a4b00}
"""


def page(report: Report) -> str:
    """Return the report as one HTML page without scripts and without anything fetched from elsewhere."""
    rows = "".join(
        f"<tr><td>{row.capability}</td>{_cell(row.status)}<td>{row.passed}</td><td>{row.failed}</td>"
        f"<td>{row.not_tested}</td><td>{html.escape(row.reason)}</td></tr>"
        for row in report.rows
    )
    questions = "".join(
        f"<tr><td>{html.escape(one.name)}</td><td>{html.escape(one.asks)}</td>{_cell(one.status)}"
        f"<td>{html.escape(one.reason)}</td></tr>"
        for one in report.questions
    )
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    verdict = "全部通过 complete" if report.complete else "通过，尚有未测试 passed, not all tested"
    if not report.passed:
        verdict = "未通过 not passed" if report.finished else "未完成 the run did not end"
    return f"""<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{html.escape(report.dialect)}: 连接器符合性报告 conformance</title><style>{_STYLE}</style></head><body>
<h1>{html.escape(report.dialect)}: 连接器符合性报告 Connector conformance</h1>
<p><b>{verdict}</b><br>{html.escape(report.target)} · {html.escape(versions)} · {report.at.isoformat()}</p>
<h2>能力 Capabilities</h2>
<table><thead><tr><th>能力 capability</th><th>结果 result</th><th>通过 passed</th><th>失败 failed</th>
<th>未测试 not tested</th><th>原因 reason</th></tr></thead><tbody>{rows}</tbody></table>
<h2>问题 Questions</h2>
<table><thead><tr><th>问题 question</th><th>要求 demand</th><th>结果 result</th>
<th>原因 reason</th></tr></thead>
<tbody>{questions}</tbody></table></body></html>
"""


def _cell(status: Status) -> str:
    return f'<td class="{status.replace(" ", "-")}">{_SHOWN[status]}</td>'
