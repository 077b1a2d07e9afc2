"""The platform's connector: one gateway, and a function in the head of every signed document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from connectors.ant_xml import wire
from connectors.files import load_family
from connectors.port import LENDING, Capability, Partner, Verdict
from connectors.words import Telling
from connectors.xmlgateway import GATEWAY, XmlInterpreter
from signing.profile import load_profile

PROFILE = "ant-jiebei-xml"


class AntXmlConnector(XmlInterpreter):
    """Settings: `app_id`, our number there (our id for it when absent); `product.<ours>`, its product."""

    dialect = "ant_xml"
    capabilities = (LENDING - {Capability.PLAN_CALLBACK, Capability.SEALED_REQUESTS}) | {
        Capability.ACCESS_CHECK,
        Capability.LIMIT_QUERY,
        Capability.LIMIT_CHANGE,
        Capability.LIMIT_CALLBACK,
        Capability.BUY_BACK,
    }
    file_marker = ".ok"
    layouts = load_family("daily_rate")
    codes = wire.CODES
    book = wire.BOOK
    answers = wire.BOOK.answers
    asked = wire.ASKED
    told = wire.TOLD
    head = wire.Head
    body = wire.Body
    paths: ClassVar[Mapping[str, str]] = dict.fromkeys(wire.ASKED, GATEWAY)
    notices: ClassVar[Mapping[str, type[Telling]]] = {
        "credit": wire.Credit,
        "drawdown": wire.Loan,
        "repayment": wire.Rows,
        "compensation": wire.Rows,
        "buy_back": wire.Rows,
        "refund": wire.Rows,
        "limit": wire.Limit,
    }
    verdicts: ClassVar[Mapping[Verdict, tuple[str, str]]] = {
        Verdict.RECEIVED: ("0000", "success"),
        Verdict.REFUSED: ("2000", "message refused"),
        Verdict.BUSY: ("1002", "please send again"),
    }

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))
