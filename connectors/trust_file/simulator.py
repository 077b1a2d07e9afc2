"""The trust played from memory: decides by callback, and writes each day's movements into files by night."""

from __future__ import annotations

from connectors.phrasebook import Phrase
from connectors.port import Unreadable
from connectors.simulation.counter import Counter
from connectors.simulation.desk import Notice, notice_no
from connectors.trust_file import services, wire
from connectors.trust_file.connector import TrustFileConnector, profile
from connectors.words import Words
from signing.envelope import Opened

_ASKS = {function: kind for kind, function in wire.FUNCTIONS.items()}


class TrustFileSimulator(Counter):
    """Decides and pays as `Habits` says; what is paid out or comes back stands in the files of that day."""

    dialect = "trust_file"
    prefix = "T"
    book = services.BOOK
    speaks = TrustFileConnector
    profile = profile()

    def _request_no(self, opened: Opened) -> str:
        return opened.fields["requestNo"]

    def _asked(self, path: str, opened: Opened) -> str:
        kind = _ASKS.get(opened.fields.get("fn", ""))
        if kind is None or path != wire.GATEWAY:
            raise Unreadable("no such function")
        return kind

    def _reply(self, kind: str, code: str, message: str, news: Phrase | None, request_no: str) -> Words:
        status = wire.Status(
            is_success=code == "9999",
            response_code=code,
            response_message="交易处理成功" if code == "9999" else message,
            request_id=request_no,
        )
        return (news or wire.Camel()).model_copy(update={"head": status})

    def _notice(self, kind: str, news: Phrase, identity: tuple[str, ...]) -> Notice | None:
        if kind != "credit":
            return None
        merchant = self.partner.settings.get("merchant_id", self.partner.id)
        fields = {"merId": merchant, "fn": wire.CREDIT_NOTICE}
        return Notice(kind, news.to_bytes(), notice_no("Y", *identity), fields)

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        said = wire.Status.read(opened.payload)
        return said.response_code == "9999" and said.request_id == notice.message_id
