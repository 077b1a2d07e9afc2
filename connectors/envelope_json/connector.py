"""The consumer-finance company's connector: every message a digital envelope that names its service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from connectors.envelope_json import services, wire
from connectors.files import load_family
from connectors.interpreter import Interpreter
from connectors.port import LENDING, Capability, Forged, Partner, Verdict
from connectors.translator import Said
from connectors.words import Telling
from contracts.messages import AnyAsk
from signing.envelope import Opened
from signing.profile import load_profile

PROFILE = "digital-envelope"


class EnvelopeJsonConnector(Interpreter):
    """Settings: `app_id`, our number there (our id for it when absent); `product.<ours>`, its product."""

    dialect = "envelope_json"
    capabilities = LENDING | {
        Capability.ACCESS_CHECK,
        Capability.CARD_BINDING,
        Capability.DOCUMENT_UPLOAD,
        Capability.REPAYMENT_TRIAL,
        Capability.BUY_BACK,
        Capability.TAKE_OVER,
        Capability.CERTIFICATE,
    }
    file_marker = ".ok"
    layouts = load_family("json_lines")
    codes = wire.CODES
    book = services.BOOK
    answers = services.BOOK.answers
    paths = wire.PATHS
    notices: ClassVar[Mapping[str, type[Telling]]] = {
        "credit": wire.Credit,
        "drawdown": wire.Loan,
        "plan": services.Plan,
        "repayment": wire.Repayments,
        "compensation": wire.Compensations,
        "buy_back": wire.BuyBacks,
        "refund": wire.Refunds,
    }

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))
        self._app_id = partner.settings.get("app_id", partner.id)

    def _fields(self, ask: AnyAsk, request_no: str) -> Mapping[str, str]:
        return {"appid": self._app_id, "service": wire.service_of(wire.PATHS[ask.kind])}

    def _result(self, payload: bytes) -> tuple[str, str]:
        reply = wire.Reply.read(payload)
        return reply.code, reply.msg

    def _message_id(self, kind: str, opened: Opened) -> str:
        # The path is not signed here, the service is: without this a credit notice could be posted as another
        # kind.
        if opened.fields.get("service") != wire.SERVICES.get(kind):
            raise Forged("the envelope names another service than the one it was posted to")
        return opened.fields["requestNo"]

    def _acknowledgement(self, kind: str, verdict: Verdict, message_id: str) -> Said:
        code, message = _ACKNOWLEDGEMENTS[verdict]
        fields = {"appid": self._app_id, "service": wire.SERVICES.get(kind, "unknown")}
        return Said("", wire.Reply(code=code, msg=message), fields)


_ACKNOWLEDGEMENTS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.RECEIVED: ("000000", "success"),
    Verdict.REFUSED: ("100001", "message refused"),
    Verdict.BUSY: ("999999", "please send again"),
}
