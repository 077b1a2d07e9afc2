"""The platform's connector: approvals are hints, disbursements come once, days are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from connectors.interpreter import Interpreter
from connectors.port import Answer, Call, Capability, Forged, Heard, Partner, Uncertain, Unreadable
from connectors.words import Telling
from connectors.x_ca_hmac import services, wire
from contracts.messages import AnyAsk, AnyTold
from signing.envelope import Opened
from signing.profile import load_profile

PROFILE = "x-ca-hmac"
_SUCCESS = range(200, 300)


class XCaHmacConnector(Interpreter):
    """Settings: `app_key`, our number there (our id for it when absent); `product.<ours>`, its product."""

    dialect = "x_ca_hmac"
    capabilities = frozenset(
        {
            Capability.APPLY,
            Capability.CREDIT_QUERY,
            Capability.CREDIT_HINT,
            Capability.DRAWDOWN,
            Capability.DRAWDOWN_QUERY,
            Capability.DRAWDOWN_CALLBACK,
            Capability.MOVEMENT_QUERY,
            Capability.ACCESS_CHECK,
            Capability.DOCUMENT_UPLOAD,
            Capability.LIMIT_QUERY,
            Capability.PLAN_QUERY,
            Capability.REPAYMENT_TRIAL,
            Capability.BUY_BACK,
            Capability.SEALED_REQUESTS,
        }
    )
    codes = wire.CODES
    book = services.BOOK
    answers = services.BOOK.answers
    page_rows = wire.PAGE_ROWS
    paths: ClassVar[Mapping[str, str]] = {
        kind: f"/v1/gateway/{service}" for kind, service in wire.SERVICES.items()
    }
    notices: ClassVar[Mapping[str, type[Telling]]] = {"drawdown": wire.Loan}

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))
        self._key = {"app_key": partner.settings.get("app_key", partner.id)}

    def _fields(self, ask: AnyAsk, request_no: str) -> Mapping[str, str]:
        return self._key

    def read_answer(self, ask: AnyAsk, answer: Answer, *, now: datetime) -> tuple[AnyTold, ...]:
        """Return what the platform answered. Only a success is encrypted; anything else comes in clear."""
        if answer.status in _SUCCESS:
            return super().read_answer(ask, answer, now=now)
        try:
            said = wire.Reply.read(answer.body)
        except Unreadable:
            raise Uncertain("an answer in clear that makes no sense", code=f"HTTP {answer.status}") from None
        # The platform shows the text it would have signed: the quickest way to see what differs.
        theirs = {name.lower(): value for name, value in answer.headers.items()}.get("x-ca-error-message")
        hint = "" if theirs is None else f"; the text they sign: {theirs[:300]}"
        raise Uncertain(f"{said.message[:200]}{hint}", code=said.code[:40])

    def _result(self, payload: bytes) -> tuple[str, str]:
        reply = wire.Reply.read(payload)
        return reply.code, reply.message

    def read_callback(self, kind: str, call: Call, *, now: datetime) -> Heard:
        """Return the facts in a callback: of an approval no more than a hint. Raises Forged or Unreadable."""
        if kind != "credit":
            return super().read_callback(kind, call, now=now)
        try:
            told = wire.CreditSign.read(self._side.read_hint(call)).told()
        except Unreadable as error:
            # Anybody could have sent it, so it is not worth keeping for a person to look at.
            raise Forged(f"an unsigned message that makes no sense: {error.reason}") from error
        return Heard(told[0].event_id, told)

    def _message_id(self, kind: str, opened: Opened) -> str:
        # Time and nonce are unsigned here, so what the message says must be its identity.
        loan = wire.Loan.read(opened.payload)
        return f"{loan.subject}/{loan.status}/{loan.loan_no or ''}"

    def _number_of(self, kind: str, call: Call, now: datetime) -> str:
        return "" if kind == "credit" else super()._number_of(kind, call, now)
