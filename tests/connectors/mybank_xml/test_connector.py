"""The internet bank's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import ConnectorContract


class TestMybankXml(ConnectorContract):
    dialect = "mybank_xml"
    strange_answer = (
        b"<document><response><head/><body><RespInfo><ResultStatus>F</ResultStatus>"
        b"<ResultCode>7777</ResultCode><ResultMsg>?</ResultMsg></RespInfo></body></response></document>"
    )
    strange_notice = (
        b"<document><request><head><appId>x</appId><function>mybank.credit.notify</function>"
        b"<reqMsgId>N1</reqMsgId></head><body><ApplyNo>att_1</ApplyNo><ApplyStatus>77</ApplyStatus></body>"
        b"</request></document>"
    )
