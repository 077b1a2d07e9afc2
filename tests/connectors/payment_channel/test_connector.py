"""The payment channel's connector keeps the contract of every connector."""

from __future__ import annotations

from typing import ClassVar

from connectors.conformance import ConnectorContract


class TestPaymentChannel(ConnectorContract):
    dialect = "payment_channel"
    strange_answer = b'{"txCode":"pay.query","respCode":"7777","respMsg":"?"}'
    strange_notice = b'{"txCode":"pay.notify","transNo":"o_1","orderStat":"?"}'
    notice_fields: ClassVar[dict[str, str]] = {"appid": "x"}
