"""A counter whose sealed JSON names its transaction inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from connectors.codes import Meaning
from connectors.jsongateway import JsonBody, JsonInterpreter
from connectors.phrasebook import Phrase
from connectors.port import Unreadable
from connectors.simulation.counter import Counter
from connectors.simulation.desk import Notice, notice_no
from connectors.words import Words
from signing.envelope import Opened


class JsonCounter(Counter):
    """`speaks` is the connector that the hub's side of the dialect uses."""

    speaks: ClassVar[type[JsonInterpreter]]

    def _request_no(self, opened: Opened) -> str:
        return opened.nonce or ""

    def _envelope(self, path: str, request_no: str) -> Mapping[str, str]:
        return {"appid": self.partner.settings.get("app_id", self.partner.id)}

    def _asked(self, path: str, opened: Opened) -> str:
        return asked_of(self.speaks, path, opened)

    def _reply(self, kind: str, code: str, message: str, news: Phrase | None, request_no: str) -> Words:
        return reply_of(self.speaks, kind, code, message, news)

    def _notice(self, kind: str, news: Phrase, identity: tuple[str, ...]) -> Notice:
        number = notice_no("N", kind, *identity)
        words = news.model_copy(update={"tx_code": self.speaks.told[kind]})
        return Notice(kind, words.to_bytes(), number, self._envelope("", number))

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        return believed_by(self.speaks, opened)


def asked_of(speaks: type[JsonInterpreter], path: str, opened: Opened) -> str:
    """Return the kind of ask a request is. Raises Unreadable."""
    transaction = speaks.body.read(opened.payload).tx_code
    for kind, name in speaks.asked.items():
        if name == transaction and path == speaks.paths[kind]:
            return kind
    raise Unreadable("no such transaction")


def reply_of(speaks: type[JsonInterpreter], kind: str, code: str, message: str, news: Phrase | None) -> Words:
    """Return an answer with its result."""
    body = news if isinstance(news, JsonBody) else speaks.body()
    return body.named(speaks.asked[kind]).resulting(code, message)


def believed_by(speaks: type[JsonInterpreter], opened: Opened) -> bool:
    """Whether an acknowledgement says that a notice arrived."""
    code = speaks.body.read(opened.payload).resp_code
    return speaks.codes["submit"].line(code).means is Meaning.ACCEPTED
