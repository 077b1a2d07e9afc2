"""The channel's connector: every transaction has its name, inside the envelope and in the path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from connectors.jsongateway import JsonInterpreter, told_rows
from connectors.payment_channel import wire
from connectors.port import Capability, Partner, Verdict
from connectors.words import Telling
from contracts.messages import AnyTold
from signing.profile import load_profile

PROFILE = "digital-envelope"


class PaymentChannelConnector(JsonInterpreter):
    """Settings: `app_id`, our number there (our id for it when absent)."""

    dialect = "payment_channel"
    capabilities = frozenset(
        {
            Capability.DEBIT_AGREEMENT,
            Capability.DEBIT,
            Capability.PAYOUT,
            Capability.PAYMENT_REFUND,
            Capability.ORDER_QUERY,
            Capability.ORDER_CALLBACK,
            Capability.DAILY_FILE,
            Capability.SEALED_REQUESTS,
        }
    )
    file_marker = ".ok"
    codes = wire.CODES
    book = wire.BOOK
    answers: ClassVar[Mapping[str, type[Telling]]] = {
        "confirm_code": wire.Agreement,
        "query_order": wire.Order,
    }
    asked = wire.ASKED
    told = wire.TOLD
    body = wire.Body
    paths: ClassVar[Mapping[str, str]] = {
        kind: "/cutpayment/" + name.replace(".", "/") for kind, name in wire.ASKED.items()
    }
    notices: ClassVar[Mapping[str, type[Telling]]] = {"order": wire.Order}
    verdicts: ClassVar[Mapping[Verdict, tuple[str, str]]] = {
        Verdict.RECEIVED: ("S", "success"),
        Verdict.REFUSED: ("BF00200", "message refused"),
        Verdict.BUSY: ("BF00380", "please send again"),
    }

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))

    def read_file(self, name: str, content: bytes, *, now: datetime) -> tuple[AnyTold, ...]:
        """Return what became of orders on a day; none is an empty day. Raises Unreadable."""
        return told_rows(wire.SETTLED, wire.Order.filled, name, content)
