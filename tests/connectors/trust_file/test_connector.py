"""The trust's connector keeps the contract of every connector."""

from __future__ import annotations

from typing import ClassVar

from connectors.conformance import ConnectorContract


class TestTrustFile(ConnectorContract):
    dialect = "trust_file"
    strange_answer = b'{"status":{"isSuccess":false,"responseCode":"7777","responseMessage":"?"}}'
    strange_notice = b'{"uniqueId":"att_1","auditStatus":"77"}'
    notice_fields: ClassVar[dict[str, str]] = {"merId": "x", "fn": "400001"}
