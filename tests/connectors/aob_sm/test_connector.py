"""The city bank's connector keeps the contract of every connector."""

from __future__ import annotations

from typing import ClassVar

from connectors.conformance import ConnectorContract
from signing.profile import load_profile


class TestAobSm(ConnectorContract):
    dialect = "aob_sm"
    profile = load_profile("aob-sm")
    strange_answer = b'{"mesgId":"1","dealCode":"7777","dealMsg":"?"}'
    strange_notice = b'{"mesgId":"N1","serviceId":"creditNotify","creditApplyNo":"att_1","creditSts":"77"}'
    notice_fields: ClassVar[dict[str, str]] = {"x-aob-appID": "x"}
