"""The consumer-finance company's connector keeps the contract of every connector."""

from __future__ import annotations

from typing import ClassVar

from connectors.conformance import ConnectorContract


class TestEnvelopeJson(ConnectorContract):
    dialect = "envelope_json"
    strange_answer = b'{"code":"777777","msg":"?"}'
    strange_notice = b'{"applyId":"att_1","creditStatus":"77"}'
    notice_fields: ClassVar[dict[str, str]] = {"appid": "x", "service": "credit.notify"}
