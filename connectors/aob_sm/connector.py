"""The city bank's connector: one path and one service number for each message, signed with its headers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from connectors.aob_sm import services, wire
from connectors.files import load_family
from connectors.interpreter import Interpreter
from connectors.phrasebook import Phrase
from connectors.port import LENDING, Capability, Forged, Partner, Verdict
from connectors.translator import Said
from connectors.words import Telling, Words
from contracts.messages import AnyAsk
from signing.envelope import Opened
from signing.profile import load_profile

PROFILE = "aob-sm"


class AobSmConnector(Interpreter):
    """Settings: `app_id`, our number there (our id for it when absent); `bank_id`; `product.<ours>`."""

    dialect = "aob_sm"
    capabilities = (LENDING - {Capability.PLAN_CALLBACK}) | {
        Capability.CARD_BINDING,
        Capability.DOCUMENT_UPLOAD,
        Capability.LIMIT_QUERY,
        Capability.LIMIT_CHANGE,
        Capability.LIMIT_CALLBACK,
        Capability.REPAYMENT_TRIAL,
        Capability.BUY_BACK,
        Capability.WAIVER,
        Capability.TAKE_OVER,
        Capability.CERTIFICATE,
    }
    file_marker = ".ok"
    layouts = load_family("claims_gbk")
    codes = wire.CODES
    book = services.BOOK
    answers = services.BOOK.answers
    paths: ClassVar[Mapping[str, str]] = {kind: f"/aob/{service}" for kind, service in wire.ASKED.items()}
    notices: ClassVar[Mapping[str, type[Telling]]] = {
        "credit": wire.Credit,
        "drawdown": wire.Loan,
        "repayment": wire.Rows,
        "compensation": wire.Rows,
        "buy_back": wire.Rows,
        "refund": wire.Rows,
        "limit": services.Limit,
    }

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))
        self._headers = {
            "x-aob-appID": partner.settings.get("app_id", partner.id),
            "x-aob-bankID": partner.settings.get("bank_id", partner.id),
        }

    def _framed(self, ask: AnyAsk, words: Phrase, request_no: str, now: datetime) -> Words:
        return words.model_copy(
            update={"mesg_id": request_no, "service_id": wire.ASKED[ask.kind], **wire.time_of(now)}
        )

    def _fields(self, ask: AnyAsk, request_no: str) -> Mapping[str, str]:
        return {**self._headers, "x-idempotency-key": ask.subject}

    def _result(self, payload: bytes) -> tuple[str, str]:
        mesg = wire.Mesg.read(payload)
        return mesg.deal_code or "", mesg.deal_msg or ""

    def _message_id(self, kind: str, opened: Opened) -> str:
        mesg = wire.Mesg.read(opened.payload)
        if mesg.service_id != wire.TOLD.get(kind):
            raise Forged("the message names another service than the one it was posted to")
        return mesg.mesg_id or ""

    def _acknowledgement(self, kind: str, verdict: Verdict, message_id: str) -> Said:
        code, message = _ACKNOWLEDGEMENTS[verdict]
        words = wire.Mesg(
            mesg_id=message_id, service_id=wire.TOLD.get(kind), deal_code=code, deal_msg=message
        )
        return Said("", words, self._headers)

    def _stamped(self, payload: bytes, now: datetime) -> bytes:
        return wire.stamped(payload, now)


_ACKNOWLEDGEMENTS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.RECEIVED: ("0000", "success"),
    Verdict.REFUSED: ("E1001", "message refused"),
    Verdict.BUSY: ("E0002", "please send again"),
}
