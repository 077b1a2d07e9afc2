"""The trust's connector: sealed forms to one gateway, decisions by callback, the rest from daily files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import ClassVar

from connectors.interpreter import Interpreter
from connectors.port import Capability, Forged, Partner, Verdict
from connectors.translator import Said
from connectors.trust_file import services, wire
from connectors.words import Telling
from contracts.messages import AnyAsk
from signing.envelope import Opened
from signing.profile import Profile, parse_profile


@cache
def profile() -> Profile:
    """Return the trust's cryptography, declared beside this module."""
    return parse_profile(files(__package__).joinpath("profile.yaml").read_text(encoding="utf-8"))


class TrustFileConnector(Interpreter):
    """Settings: `merchant_id`, our number there (our id for it if absent); `product.<ours>`, its product;
    `secret`, the word the trust wants in a header. It proves nothing: the signature does.
    """

    dialect = "trust_file"
    capabilities = frozenset(
        {
            Capability.CARD_BINDING,
            Capability.DOCUMENT_UPLOAD,
            Capability.APPLY,
            Capability.CREDIT_QUERY,
            Capability.CREDIT_CALLBACK,
            Capability.DRAWDOWN,
            Capability.DRAWDOWN_QUERY,
            Capability.BALANCE_QUERY,
            Capability.REPAYMENT_REQUEST,
            Capability.REPAYMENT_QUERY,
            Capability.BUY_BACK,
            Capability.WAIVER,
            Capability.TAKE_OVER,
            Capability.DAILY_FILE,
            Capability.SEALED_REQUESTS,
        }
    )
    file_marker = ".ok"
    layouts = wire.LAYOUTS
    codes = wire.CODES
    book = services.BOOK
    answers = services.BOOK.answers
    paths: ClassVar[Mapping[str, str]] = dict.fromkeys(wire.FUNCTIONS, wire.GATEWAY)
    notices: ClassVar[Mapping[str, type[Telling]]] = {"credit": wire.Credit}

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, profile())
        merchant = partner.settings.get("merchant_id", partner.id)
        self._headers = {"merId": merchant, "secret": partner.settings.get("secret", merchant)}

    def _fields(self, ask: AnyAsk, request_no: str) -> Mapping[str, str]:
        return self._headers | {"fn": wire.FUNCTIONS[ask.kind]}

    def _result(self, payload: bytes) -> tuple[str, str]:
        head = wire.Camel.read(payload).head
        return ("", "") if head is None else (head.response_code, head.response_message)

    def _message_id(self, kind: str, opened: Opened) -> str:
        # One gateway for everything: the function number is signed, the path is not.
        if kind != "credit" or opened.fields.get("fn") != wire.CREDIT_NOTICE:
            raise Forged("the form names another function than the one it was posted to")
        return opened.fields["requestNo"]

    def _acknowledgement(self, kind: str, verdict: Verdict, message_id: str) -> Said:
        code, message = _ACKNOWLEDGEMENTS[verdict]
        words = wire.Status(
            is_success=verdict is Verdict.RECEIVED,
            response_code=code,
            response_message=message,
            request_id=message_id,
        )
        return Said("", words, {})


_ACKNOWLEDGEMENTS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.RECEIVED: ("9999", "交易处理成功"),
    Verdict.REFUSED: ("9000", "message refused"),
    Verdict.BUSY: ("9002", "please send again"),
}
