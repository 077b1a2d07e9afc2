"""Partners whose sealed JSON names its transaction inside: one flat object, its result beside its news."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar, Self

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from connectors.files import Layout
from connectors.interpreter import Interpreter
from connectors.phrasebook import Phrase
from connectors.port import Forged, Partner, Unreadable, Verdict
from connectors.translator import Said
from connectors.words import Telling, Words
from contracts.messages import AnyAsk, AnyTold
from signing.envelope import Opened
from signing.profile import Profile


class JsonBody(Phrase):
    """The base of a dialect's messages; the transaction is inside what is sealed, the path is not."""

    model_config = ConfigDict(alias_generator=to_camel)

    tx_code: str | None = None
    resp_code: str | None = None
    resp_msg: str | None = None

    def named(self, transaction: str | None) -> Self:
        """Return the message of that transaction."""
        return self.model_copy(update={"tx_code": transaction})

    def resulting(self, code: str, message: str) -> Self:
        """Return the message as an answer with that result."""
        return self.model_copy(update={"resp_code": code, "resp_msg": message})


def told_rows(
    layout: Layout, read: Callable[[Mapping[str, object]], Telling], name: str, content: bytes
) -> tuple[AnyTold, ...]:
    """Return what the rows of a day's file tell; what its header says is said of each. Raises Unreadable."""
    if layout.matches(name) is None:
        raise Unreadable("no layout has a file of this name")
    head, rows = layout.read(content, name)
    return tuple(fact for values in rows for fact in read({**head, **values}).told())


class JsonInterpreter(Interpreter):
    """Settings: `app_id`, our number there (our id for it when absent); `product.<ours>`, its product.

    `asked` and `told` name the transaction of each kind of ask and callback.
    """

    asked: ClassVar[Mapping[str, str]]
    told: ClassVar[Mapping[str, str]]
    body: ClassVar[type[JsonBody]]
    verdicts: ClassVar[Mapping[Verdict, tuple[str, str]]]

    def __init__(self, partner: Partner, profile: Profile) -> None:
        super().__init__(partner, profile)
        self._envelope = {"appid": partner.settings.get("app_id", partner.id)}

    def _framed(self, ask: AnyAsk, words: Phrase, request_no: str, now: datetime) -> Words:
        return words.model_copy(update={"tx_code": self.asked[ask.kind]})

    def _fields(self, ask: AnyAsk, request_no: str) -> Mapping[str, str]:
        return self._envelope

    def _result(self, payload: bytes) -> tuple[str, str]:
        body = self.body.read(payload)
        return body.resp_code or "", body.resp_msg or ""

    def _message_id(self, kind: str, opened: Opened) -> str:
        if self.body.read(opened.payload).tx_code != self.told.get(kind, ""):
            raise Forged("the message names another transaction than the one it was posted to")
        return opened.nonce or ""

    def _acknowledgement(self, kind: str, verdict: Verdict, message_id: str) -> Said:
        words = self.body().named(self.told.get(kind)).resulting(*self.verdicts[verdict])
        return Said("", words, self._envelope)
