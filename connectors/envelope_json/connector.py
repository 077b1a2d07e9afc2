"""The consumer-finance company's connector: every message a digital envelope that names its service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from connectors.envelope_json import wire
from connectors.port import LENDING, Call, Capability, Forged, Partner, Verdict
from connectors.translator import Said, Translator, lacks
from connectors.words import Telling, Words
from contracts.messages import AnyAsk, ApplyForCredit, QueryCredit, QueryDrawdown, QueryPlan, RequestDrawdown
from signing.envelope import Opened
from signing.profile import load_profile

PROFILE = "digital-envelope"
PATHS: Mapping[str, str] = {
    "apply": "/gateway/credit/apply",
    "query_credit": "/gateway/credit/query",
    "drawdown": "/gateway/loan/apply",
    "query_drawdown": "/gateway/loan/query",
    "query_plan": "/gateway/plan/query",
}
"""Where each ask goes; the service in the envelope is the path's last two parts."""
SERVICES: Mapping[str, str] = {
    "credit": "credit.notify",
    "drawdown": "loan.notify",
    "plan": "plan.notify",
    "repayment": "repay.notify",
    "compensation": "compensate.notify",
    "refund": "refund.notify",
}
"""The service a callback of each kind names."""


def service_of(path: str) -> str:
    """Return the service a path serves: /gateway/credit/apply is credit.apply."""
    return ".".join(path.split("/")[-2:])


class EnvelopeJsonConnector(Translator):
    """Settings: `app_id`, our number there (our id for it when absent); `product.<ours>`, its product."""

    dialect = "envelope_json"
    capabilities = LENDING - {Capability.DAILY_FILE}
    codes = wire.CODES
    answers: ClassVar[Mapping[str, type[Telling]]] = {
        "query_credit": wire.CreditReply,
        "query_drawdown": wire.DisbursementReply,
        "query_plan": wire.PlanReply,
    }
    notices: ClassVar[Mapping[str, type[Telling]]] = {
        "credit": wire.Credit,
        "drawdown": wire.Disbursement,
        "plan": wire.Plan,
        "repayment": wire.RepaymentList,
        "compensation": wire.CompensationList,
        "refund": wire.RefundList,
    }

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))
        self._app_id = partner.settings.get("app_id", partner.id)

    def _say(self, ask: AnyAsk, request_no: str, now: datetime) -> Said:
        path = PATHS[ask.kind]
        return Said(path, self._words(ask), {"appid": self._app_id, "service": service_of(path)})

    def _words(self, ask: AnyAsk) -> Words:
        match ask:
            case ApplyForCredit():
                return wire.Apply.of(ask, self._settings)
            case QueryCredit():
                return wire.CreditQuery(apply_id=ask.subject)
            case RequestDrawdown():
                return wire.Drawdown.of(ask)
            case QueryDrawdown():
                return wire.DrawdownQuery(loan_apply_id=ask.subject)
            case QueryPlan():
                return wire.PlanQuery(loan_no=ask.loan_no)
            case _:
                raise lacks(self.dialect, ask)

    def _result(self, payload: bytes) -> tuple[str, str]:
        reply = wire.Reply.read(payload)
        return reply.code, reply.msg

    def _message_id(self, kind: str, opened: Opened) -> str:
        # The path is not signed here, the service is: without this a credit notice could be posted as another
        # kind.
        if opened.fields.get("service") != SERVICES.get(kind):
            raise Forged("the envelope names another service than the one it was posted to")
        return opened.fields["requestNo"]

    def _number_of(self, kind: str, call: Call, now: datetime) -> str:
        # The number stands outside the sealed part, and the same bytes were verified when they were read.
        try:
            number = json.loads(call.body)["requestNo"]
        except (ValueError, TypeError, KeyError):
            number = None
        if not isinstance(number, str):
            raise Forged("no requestNo")
        return number

    def _acknowledgement(self, kind: str, verdict: Verdict, message_id: str) -> Said:
        code, message = _ACKNOWLEDGEMENTS[verdict]
        fields = {"appid": self._app_id, "service": SERVICES.get(kind, "unknown")}
        return Said("", wire.Reply(code=code, msg=message), fields)


_ACKNOWLEDGEMENTS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.RECEIVED: ("000000", "success"),
    Verdict.REFUSED: ("100001", "message refused"),
    Verdict.BUSY: ("999999", "please send again"),
}
