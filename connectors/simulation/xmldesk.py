"""A counter whose gateway takes XML documents with a head that names the function."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from connectors.codes import Meaning
from connectors.phrasebook import Phrase
from connectors.port import Unreadable
from connectors.simulation.counter import Counter
from connectors.simulation.desk import Notice, notice_no
from connectors.words import Words
from connectors.xmlgateway import GATEWAY, XmlBody, XmlInterpreter, stamped
from signing.envelope import Opened


class XmlCounter(Counter):
    """`speaks` is the connector that the hub's side of the dialect uses."""

    speaks: ClassVar[type[XmlInterpreter]]

    def _request_no(self, opened: Opened) -> str:
        return opened.nonce or ""

    def _asked(self, path: str, opened: Opened) -> str:
        function = self.speaks.head.read(opened.payload).function
        for kind, name in self.speaks.asked.items():
            if name == function and path == GATEWAY:
                return kind
        raise Unreadable("no such function")

    def _reply(self, kind: str, code: str, message: str, news: Phrase | None, request_no: str) -> Words:
        body = news if isinstance(news, XmlBody) else self.speaks.body()
        function = self.speaks.asked[kind]
        return self.speaks.response(
            self.speaks.document(self.partner.id, function, request_no, body.resulting(code, message))
        )

    def _notice(self, kind: str, news: Phrase, identity: tuple[str, ...]) -> Notice:
        number = notice_no("N", kind, *identity)
        document = self.speaks.document(self.partner.id, self.speaks.told[kind], number, news)
        return Notice(kind, self.speaks.request(document).to_bytes(), number)

    def _stamped(self, payload: bytes, now: datetime) -> bytes:
        return stamped(payload, now)

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        head, body = self.speaks.head.read(opened.payload), self.speaks.body.read(opened.payload)
        means = self.book.loan.codes["submit"].line(body.result()[0]).means
        return means is Meaning.ACCEPTED and head.number == notice.message_id
