"""The bank's connector keeps the contract of every connector."""

from __future__ import annotations

from typing import ClassVar

from connectors.conformance import ConnectorContract


class TestSortedForm(ConnectorContract):
    dialect = "sorted_form"
    strange_answer = b'{"return_code":77,"return_msg":"?","msg_id":"1"}'
    strange_notice = b'{"msg_id":"N1","third_apply_id":"att_1","apply_status":"77"}'
    notice_fields: ClassVar[dict[str, str]] = {"app_id": "x"}
