"""The depository's connector: every transaction has its name, inside the envelope and in the path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from connectors.depository import wire
from connectors.jsongateway import JsonInterpreter, told_rows
from connectors.port import Capability, Partner, Verdict
from connectors.words import Telling
from contracts.messages import AnyTold
from signing.profile import load_profile

PROFILE = "digital-envelope"


class DepositoryConnector(JsonInterpreter):
    """Settings: `app_id`, our number there (our id for it when absent)."""

    dialect = "depository"
    capabilities = frozenset(
        {
            Capability.ACCOUNT_OPENING,
            Capability.FUNDS_FREEZE,
            Capability.TRANSFER,
            Capability.ORDER_QUERY,
            Capability.ORDER_CALLBACK,
            Capability.BALANCE_QUERY,
            Capability.DAILY_FILE,
            Capability.SEALED_REQUESTS,
        }
    )
    file_marker = ".ok"
    codes = wire.CODES
    book = wire.BOOK
    answers: ClassVar[Mapping[str, type[Telling]]] = {
        "open_account": wire.Account,
        "query_balance": wire.Balance,
        "query_order": wire.Order,
    }
    asked = wire.ASKED
    told = wire.TOLD
    body = wire.Body
    paths: ClassVar[Mapping[str, str]] = {kind: f"/depository/{name}" for kind, name in wire.ASKED.items()}
    notices: ClassVar[Mapping[str, type[Telling]]] = {"order": wire.Order}
    verdicts: ClassVar[Mapping[Verdict, tuple[str, str]]] = {
        Verdict.RECEIVED: ("00000000", "success"),
        Verdict.REFUSED: ("DEP10001", "message refused"),
        Verdict.BUSY: ("DEP00020", "please send again"),
    }

    def __init__(self, partner: Partner) -> None:
        super().__init__(partner, load_profile(PROFILE))

    def read_file(self, name: str, content: bytes, *, now: datetime) -> tuple[AnyTold, ...]:
        """Return the balances at the end of a day; none when there are no accounts. Raises Unreadable."""
        return told_rows(wire.BALANCES, wire.Balance.filled, name, content)
