"""The bank's connector: our words to its sealed forms, its answers and notifications to ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from connectors.port import LENDING, Capability, Partner, Verdict
from connectors.sorted_form import wire
from connectors.translator import Said, Translator, lacks
from connectors.words import Telling
from contracts.messages import (
    AnyAsk,
    ApplyForCredit,
    QueryCredit,
    QueryDrawdown,
    QueryPlan,
    RequestDrawdown,
)
from signing.envelope import Opened
from signing.profile import load_profile

PROFILE = "icbc-sorted-form"


class SortedFormConnector(Translator):
    """Settings: `app_id`, our number there (our id for it when absent); `product.<ours>`, its product."""

    dialect = "sorted_form"
    capabilities = LENDING - {Capability.PLAN_CALLBACK, Capability.DAILY_FILE}
    codes = wire.CODES
    answers: ClassVar[Mapping[str, type[Telling]]] = {
        "query_credit": wire.CreditReply,
        "query_drawdown": wire.DisbursementReply,
        "query_plan": wire.PlanReply,
    }
    notices: ClassVar[Mapping[str, type[Telling]]] = {
        "credit": wire.CreditNotice,
        "drawdown": wire.DisbursementNotice,
        "repayment": wire.RepayNotice,
        "compensation": wire.CompensationNotice,
        "refund": wire.RefundNotice,
    }

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))
        self._fields = {"app_id": partner.settings.get("app_id", partner.id)}

    def _say(self, ask: AnyAsk, request_no: str, now: datetime) -> Said:
        match ask:
            case ApplyForCredit():
                return Said(wire.APPLY, wire.Apply.of(ask, self._settings), self._fields)
            case QueryCredit():
                words = wire.CreditQuery(third_apply_id=ask.subject, credit_no=ask.credit_no)
                return Said(wire.CREDIT_QUERY, words, self._fields)
            case RequestDrawdown():
                return Said(wire.DRAWDOWN, wire.Drawdown.of(ask), self._fields)
            case QueryDrawdown():
                query = wire.DrawdownQuery(loan_apply_no=ask.subject, credit_no=ask.credit_no)
                return Said(wire.DRAWDOWN_QUERY, query, self._fields)
            case QueryPlan():
                return Said(wire.PLAN_QUERY, wire.PlanQuery(loan_no=ask.loan_no), self._fields)
            case _:
                raise lacks(self.dialect, ask)

    def _result(self, payload: bytes) -> tuple[str, str]:
        reply = wire.Reply.read(payload)
        return reply.return_code, reply.return_msg

    def _message_id(self, kind: str, opened: Opened) -> str:
        # The kind needs no check: the path it was posted to is part of what is signed.
        return opened.nonce or ""

    def _acknowledgement(self, kind: str, verdict: Verdict, message_id: str) -> Said:
        code, message = _ACKNOWLEDGEMENTS[verdict]
        words = wire.Acknowledgement(return_code=code, return_msg=message, msg_id=message_id)
        return Said("", words, {})


_ACKNOWLEDGEMENTS: Mapping[Verdict, tuple[int, str]] = {
    Verdict.RECEIVED: (0, "success"),
    Verdict.REFUSED: (400001, "message refused"),
    Verdict.BUSY: (500001, "please send again"),
}
