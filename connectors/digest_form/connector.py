"""The gateway's connector: clear fields, sealed personal ones, and a query before money is believed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import ClassVar

from connectors.digest_form import services, wire
from connectors.files import load_family
from connectors.interpreter import Interpreter
from connectors.port import QUESTIONS, Capability, Forged, Partner
from connectors.translator import Said
from connectors.words import Telling
from contracts.messages import AnyAsk
from signing.envelope import Opened
from signing.profile import Profile, parse_profile


@cache
def profile() -> Profile:
    """Return the gateway's cryptography, declared beside this module."""
    return parse_profile(files(__package__).joinpath("profile.yaml").read_text(encoding="utf-8"))


class DigestFormConnector(Interpreter):
    """Settings: `merchant_id`, our number there (our id for it if absent); `product.<ours>`, its product."""

    dialect = "digest_form"
    capabilities = frozenset(
        {
            Capability.APPLY,
            Capability.CREDIT_QUERY,
            Capability.CREDIT_HINT,
            Capability.DRAWDOWN,
            Capability.DRAWDOWN_QUERY,
            Capability.DRAWDOWN_HINT,
            Capability.MOVEMENT_QUERY,
            Capability.CARD_BINDING,
            Capability.DOCUMENT_UPLOAD,
            Capability.LIMIT_QUERY,
            Capability.LIMIT_CHANGE,
            Capability.REPAYMENT_TRIAL,
            Capability.BUY_BACK,
            Capability.CERTIFICATE,
            Capability.DAILY_FILE,
            Capability.SEALED_REQUESTS,
        }
    )
    file_marker = ".ok"
    layouts = load_family("plain_bar")
    codes = wire.CODES
    book = services.BOOK
    answers = services.BOOK.answers
    notices: ClassVar[Mapping[str, type[Telling]]] = {
        "credit": wire.CreditNotice,
        "drawdown": wire.LoanNotice,
    }

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, profile())
        self._merchant = partner.settings.get("merchant_id", partner.id)

    def _say(self, ask: AnyAsk, request_no: str, now: datetime) -> Said:
        sealed, clear = self.book.asks[ask.kind].of(ask, self._settings).parted()
        path = wire.QUERY if ask.kind in QUESTIONS else wire.SUBMIT
        return Said(path, sealed, {**clear, "merId": self._merchant, "txnType": wire.TYPES[ask.kind]})

    def _result(self, payload: bytes) -> tuple[str, str]:
        mesg = wire.Mesg.read(payload)
        return mesg.resp_code or "", mesg.resp_msg or ""

    def _message_id(self, kind: str, opened: Opened) -> str:
        # One address for everything: the type is signed, the path is not.
        if opened.fields.get("txnType") != wire.ORDERS.get(kind):
            raise Forged("the form is of another type than the one it was posted to")
        return opened.nonce or ""
