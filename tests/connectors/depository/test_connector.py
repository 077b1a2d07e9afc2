"""The depository's connector keeps the contract of every connector."""

from __future__ import annotations

from typing import ClassVar

from connectors.conformance import ConnectorContract


class TestDepository(ConnectorContract):
    dialect = "depository"
    strange_answer = b'{"txCode":"orderQuery","respCode":"7777","respMsg":"?"}'
    strange_notice = b'{"txCode":"orderNotify","orderNo":"o_1","orderStatus":"?"}'
    notice_fields: ClassVar[dict[str, str]] = {"appid": "x"}
