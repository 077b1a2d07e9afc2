"""The bank's connector: our words to its sealed forms, its answers and notifications to ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from connectors.files import load_family
from connectors.interpreter import Interpreter
from connectors.port import LENDING, Capability, Partner, Verdict
from connectors.sorted_form import services, wire
from connectors.translator import Said
from connectors.words import Telling
from contracts.messages import AnyAsk
from signing.profile import load_profile

PROFILE = "icbc-sorted-form"


class SortedFormConnector(Interpreter):
    """Settings: `app_id`, our number there (our id for it when absent); `product.<ours>`, its product."""

    dialect = "sorted_form"
    capabilities = (LENDING - {Capability.PLAN_CALLBACK}) | {
        Capability.CARD_BINDING,
        Capability.DOCUMENT_UPLOAD,
        Capability.LIMIT_QUERY,
        Capability.LIMIT_CHANGE,
        Capability.REPAYMENT_TRIAL,
        Capability.BUY_BACK,
        Capability.WAIVER,
        Capability.CERTIFICATE,
    }
    file_marker = ".ok"
    layouts = load_family("titled_csv")
    codes = wire.CODES
    book = services.BOOK
    answers = services.BOOK.answers
    paths = wire.PATHS
    notices: ClassVar[Mapping[str, type[Telling]]] = {
        "credit": wire.Credit,
        "drawdown": wire.Loan,
        "repayment": wire.Repayments,
        "compensation": wire.Compensations,
        "buy_back": wire.BuyBacks,
        "refund": wire.Refunds,
    }

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))
        self._app = {"app_id": partner.settings.get("app_id", partner.id)}

    def _fields(self, ask: AnyAsk, request_no: str) -> Mapping[str, str]:
        return self._app

    def _result(self, payload: bytes) -> tuple[str, str]:
        form = wire.Form.read(payload)
        return form.return_code or "", form.return_msg or ""

    # The kind of a callback needs no check: the path it was posted to is part of what is signed.

    def _acknowledgement(self, kind: str, verdict: Verdict, message_id: str) -> Said:
        code, message = _ACKNOWLEDGEMENTS[verdict]
        words = wire.Acknowledgement(return_code=code, return_msg=message, msg_id=message_id)
        return Said("", words, {})


_ACKNOWLEDGEMENTS: Mapping[Verdict, tuple[int, str]] = {
    Verdict.RECEIVED: (0, "success"),
    Verdict.REFUSED: (400001, "message refused"),
    Verdict.BUSY: (500001, "please send again"),
}
