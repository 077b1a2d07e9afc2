"""The company's connector: every transaction has its number, inside the envelope and in the path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from connectors.files import load_family
from connectors.joint_capital import services, wire
from connectors.jsongateway import JsonInterpreter
from connectors.port import LENDING, Capability, Partner, Verdict
from connectors.words import Telling
from signing.profile import load_profile

PROFILE = "digital-envelope"


class JointCapitalConnector(JsonInterpreter):
    """Settings: `app_id`, our number there (our id for it when absent); `product.<ours>`, its product."""

    dialect = "joint_capital"
    capabilities = (LENDING - {Capability.PLAN_CALLBACK}) | {
        Capability.ACCESS_CHECK,
        Capability.CARD_BINDING,
        Capability.DOCUMENT_UPLOAD,
        Capability.LIMIT_CALLBACK,
        Capability.BUY_BACK,
        Capability.TAKE_OVER,
        Capability.CERTIFICATE,
        Capability.LIMIT_QUERY,
        Capability.LIMIT_CHANGE,
        Capability.REPAYMENT_TRIAL,
        Capability.REPAYMENT_REQUEST,
        Capability.REPAYMENT_QUERY,
    }
    file_marker = "*.ok"
    layouts = load_family("counted_plus")
    codes = wire.CODES
    book = services.BOOK
    answers = services.BOOK.answers
    asked = wire.ASKED
    told = wire.TOLD
    body = wire.Body
    paths: ClassVar[Mapping[str, str]] = {kind: f"/openapi/{code}" for kind, code in wire.ASKED.items()}
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
