"""The bank's connector: everything is asked, nothing is called; a record's code counts, not the head's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from connectors.cmb_sm import services, wire
from connectors.files import load_family
from connectors.interpreter import Interpreter
from connectors.phrasebook import Phrase
from connectors.port import Answer, Capability, Partner, Uncertain
from connectors.units import SHANGHAI
from connectors.words import Telling, Words
from contracts.messages import AnyAsk, AnyTold
from contracts.sensitive import scrub
from signing.profile import load_profile

PROFILE = "cmb-sm"
_COMPLAINT = re.compile(rb"ErrMsg:|CDCServer:")
_SHOWN = 200


class CmbSmConnector(Interpreter):
    """Settings: `user_id`, our user number there (our id for it when absent); `product.<ours>`, its product.

    The user number, padded to 16 characters, is also the SM2 user id and the IV: it belongs to the keys.
    """

    dialect = "cmb_sm"
    capabilities = frozenset(
        {
            Capability.APPLY,
            Capability.CREDIT_QUERY,
            Capability.DRAWDOWN,
            Capability.DRAWDOWN_QUERY,
            Capability.MOVEMENT_QUERY,
            Capability.ACCESS_CHECK,
            Capability.CARD_BINDING,
            Capability.DOCUMENT_UPLOAD,
            Capability.LIMIT_QUERY,
            Capability.LIMIT_CHANGE,
            Capability.PLAN_QUERY,
            Capability.REPAYMENT_TRIAL,
            Capability.BUY_BACK,
            Capability.TAKE_OVER,
            Capability.CERTIFICATE,
            Capability.DAILY_FILE,
            Capability.SEALED_REQUESTS,
        }
    )
    file_marker = "*.ok"
    layouts = load_family("compensation_bar")
    codes = wire.CODES
    book = services.BOOK
    answers = services.BOOK.answers
    paths: ClassVar[Mapping[str, str]] = dict.fromkeys(wire.FUNCTIONS, "/cdcserver/api/v2")
    notices: ClassVar[Mapping[str, type[Telling]]] = {}

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))
        self._user = partner.settings.get("user_id", partner.id)

    def _framed(self, ask: AnyAsk, words: Phrase, request_no: str, now: datetime) -> Words:
        local = now.astimezone(SHANGHAI)
        head = wire.Head(
            funcode=wire.FUNCTIONS[ask.kind],
            userid=self._user,
            reqid=f"{local:%Y%m%d%H%M%S}{now.microsecond // 1000:03d}{request_no[-9:]}",
        )
        return wire.Asked(head=head, body=words)

    def _fields(self, ask: AnyAsk, request_no: str) -> Mapping[str, str]:
        return {"UID": self._user, "FUNCODE": wire.FUNCTIONS[ask.kind]}

    def read_answer(self, ask: AnyAsk, answer: Answer, *, now: datetime) -> tuple[AnyTold, ...]:
        """Return what the bank answered; its gateway's complaints travel in clear and prove nothing."""
        if _COMPLAINT.search(answer.body[:_SHOWN]):
            text = scrub(answer.body[:_SHOWN].decode("utf-8", errors="replace"))
            raise Uncertain(f"the gateway complains: {text}", code=f"HTTP {answer.status}")
        return super().read_answer(ask, answer, now=now)

    def _result(self, payload: bytes) -> tuple[str, str]:
        return wire.Outline.read(payload).result()
