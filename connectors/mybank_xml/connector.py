"""The internet bank's connector: one gateway, whole documents, the function in the head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from connectors.files import load_family
from connectors.mybank_xml import wire
from connectors.port import LENDING, Capability, Partner, Verdict
from connectors.words import Telling
from connectors.xmlgateway import GATEWAY, XmlInterpreter
from signing.profile import load_profile

PROFILE = "mybank-xmldsig"


class MybankXmlConnector(XmlInterpreter):
    """Settings: `app_id`, our number there (our id for it when absent); `product.<ours>`, its product."""

    dialect = "mybank_xml"
    capabilities = (LENDING - {Capability.PLAN_CALLBACK, Capability.SEALED_REQUESTS}) | {
        Capability.BUY_BACK,
        Capability.CARD_BINDING,
        Capability.DOCUMENT_UPLOAD,
        Capability.REPAYMENT_TRIAL,
        Capability.TAKE_OVER,
        Capability.CERTIFICATE,
    }
    file_marker = ".ok"
    layouts = load_family("trailing_bar")
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
    }
    verdicts: ClassVar[Mapping[Verdict, tuple[str, str]]] = {
        Verdict.RECEIVED: ("S0000", "success"),
        Verdict.REFUSED: ("F2000", "message refused"),
        Verdict.BUSY: ("F1002", "please send again"),
    }

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))
