"""The trust's connector: sealed forms to one gateway, decisions by callback, the rest from daily files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import ClassVar

from connectors.port import Capability, Forged, Partner, Verdict
from connectors.translator import Said, Translator, lacks
from connectors.trust_file import wire
from connectors.trust_file.daily import read_daily
from connectors.words import Telling, Words
from contracts.messages import (
    AnyAsk,
    AnyTold,
    ApplyForCredit,
    QueryBalance,
    QueryCredit,
    QueryDrawdown,
    QueryRepayment,
    RequestDrawdown,
    RequestRepayment,
)
from signing.envelope import Opened
from signing.profile import Profile, parse_profile


@cache
def profile() -> Profile:
    """Return the trust's cryptography, declared beside this module."""
    return parse_profile(files(__package__).joinpath("profile.yaml").read_text(encoding="utf-8"))


class TrustFileConnector(Translator):
    """Settings: `merchant_id`, our number there (our id for it if absent); `product.<ours>`, its product;
    `secret`, the word the trust wants in a header. It proves nothing: the signature does.
    """

    dialect = "trust_file"
    capabilities = frozenset(
        {
            Capability.APPLY,
            Capability.CREDIT_QUERY,
            Capability.CREDIT_CALLBACK,
            Capability.DRAWDOWN,
            Capability.DRAWDOWN_QUERY,
            Capability.BALANCE_QUERY,
            Capability.REPAYMENT_REQUEST,
            Capability.REPAYMENT_QUERY,
            Capability.DAILY_FILE,
            Capability.SEALED_REQUESTS,
        }
    )
    file_marker = ".ok"
    codes = wire.CODES
    answers: ClassVar[Mapping[str, type[Telling]]] = {
        "query_credit": wire.AuditReply,
        "query_drawdown": wire.Remitted,
        "query_balance": wire.Balance,
        "query_repayment": wire.Repaid,
    }
    notices: ClassVar[Mapping[str, type[Telling]]] = {"credit": wire.Audit}

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, profile())
        merchant = partner.settings.get("merchant_id", partner.id)
        self._headers = {"merId": merchant, "secret": partner.settings.get("secret", merchant)}

    def _say(self, ask: AnyAsk, request_no: str, now: datetime) -> Said:
        words = self._words(ask)
        return Said(wire.GATEWAY, words, self._headers | {"fn": wire.FUNCTIONS[ask.kind]})

    def _words(self, ask: AnyAsk) -> Words:
        match ask:
            case ApplyForCredit():
                return wire.Apply.of(ask, self._settings)
            case RequestDrawdown():
                return wire.Drawdown.of(ask)
            case QueryCredit() | QueryDrawdown():
                return wire.Query(unique_id=ask.subject)
            case QueryBalance():
                return wire.BalanceQuery.of(ask, self._settings)
            case RequestRepayment():
                return wire.Repaying.of(ask, self._settings)
            case QueryRepayment():
                return wire.RepayQuery.of(ask, self._settings)
            case _:
                raise lacks(self.dialect, ask)

    def _result(self, payload: bytes) -> tuple[str, str]:
        status = wire.Reply.read(payload).status
        return status.response_code, status.response_message

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

    def read_file(self, name: str, content: bytes, *, now: datetime) -> tuple[AnyTold, ...]:
        """Return the facts of a day's file; none on an empty day. Raises Unreadable."""
        return read_daily(name, content)


_ACKNOWLEDGEMENTS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.RECEIVED: ("9999", "交易处理成功"),
    Verdict.REFUSED: ("9000", "message refused"),
    Verdict.BUSY: ("9002", "please send again"),
}
