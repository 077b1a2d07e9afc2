"""The city bank played from memory: decides and collects by notification, and answers every question."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from connectors.aob_sm import services, wire
from connectors.aob_sm.connector import PROFILE, AobSmConnector
from connectors.phrasebook import Phrase
from connectors.port import Unreadable
from connectors.simulation.counter import Counter
from connectors.simulation.desk import Notice, notice_no
from connectors.words import Words
from signing.envelope import Opened
from signing.profile import load_profile

_ASKS = {f"/aob/{service}": kind for kind, service in wire.ASKED.items()}


class AobSmSimulator(Counter):
    """Decides and pays as `Habits` says."""

    dialect = "aob_sm"
    prefix = "A"
    book = services.BOOK
    speaks = AobSmConnector
    profile = load_profile(PROFILE)

    def _request_no(self, opened: Opened) -> str:
        return opened.nonce or ""

    def _envelope(self, path: str, request_no: str) -> Mapping[str, str]:
        return {"x-aob-appID": self.partner.settings.get("app_id", self.partner.id)}

    def _asked(self, path: str, opened: Opened) -> str:
        kind = _ASKS.get(path, "")
        if wire.Mesg.read(opened.payload).service_id != wire.ASKED.get(kind):
            raise Unreadable("no such service")
        return kind

    def _reply(self, kind: str, code: str, message: str, news: Phrase | None, request_no: str) -> Words:
        head = {"mesg_id": request_no, "deal_code": code, "deal_msg": message}
        return (news or wire.Mesg()).model_copy(update=head)

    def _notice(self, kind: str, news: Phrase, identity: tuple[str, ...]) -> Notice:
        number = notice_no("N", kind, *identity)
        words = news.model_copy(update={"mesg_id": number, "service_id": wire.TOLD[kind]})
        return Notice(kind, words.to_bytes(), number, self._envelope("", number))

    def _stamped(self, payload: bytes, now: datetime) -> bytes:
        return wire.stamped(payload, now)

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        said = wire.Mesg.read(opened.payload)
        return said.deal_code == "0000" and said.mesg_id == notice.message_id
