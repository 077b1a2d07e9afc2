"""The joint lender's connector keeps the contract of every connector."""

from __future__ import annotations

from typing import ClassVar

from connectors.conformance import ConnectorContract


class TestJointCapital(ConnectorContract):
    dialect = "joint_capital"
    strange_answer = b'{"txCode":"02B173","respCode":"7777","respMsg":"?"}'
    strange_notice = b'{"txCode":"02C172","thirdApplyId":"att_1","status":"?"}'
    notice_fields: ClassVar[dict[str, str]] = {"appid": "x"}
