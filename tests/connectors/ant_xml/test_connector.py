"""The platform's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import ConnectorContract


class TestAntXml(ConnectorContract):
    dialect = "ant_xml"
    strange_answer = b"<head/><body><resultCode>7777</resultCode><resultMsg>?</resultMsg></body>"
    strange_notice = (
        b"<head><appId>x</appId><function>credit.result.notify</function><reqMsgId>N1</reqMsgId></head>"
        b"<body><applyNo>att_1</applyNo><applyStatus>77</applyStatus></body>"
    )
