"""Partners with one gateway for XML documents: a head that names the function, and a body."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Self

from pydantic import Field, SerializeAsAny

from connectors.interpreter import Interpreter
from connectors.phrasebook import Phrase
from connectors.port import Forged, Partner, Verdict
from connectors.translator import Said
from connectors.units import CompactTime, format_compact_time
from connectors.words import Words
from connectors.xmlwords import XmlWords
from contracts.messages import AnyAsk
from signing.envelope import Opened
from signing.profile import Profile

GATEWAY = "/gateway.do"


class XmlHead(XmlWords):
    """What stands before every body. The function is inside what is signed, the path is not.

    The time is left out of answers and acknowledgements.
    """

    version: str | None = None
    app_id: str = Field(alias="appId")
    function: str
    time: CompactTime | None = Field(None, alias="reqTime")
    zone: str | None = Field(None, alias="reqTimeZone")
    number: str = Field(alias="reqMsgId")
    sign_type: str | None = Field(None, alias="signType")
    charset: str | None = Field(None, alias="inputCharset")


class XmlBody(XmlWords, Phrase):
    """The base of a dialect's bodies; the first two fields are an answer's result, where they stand."""

    result_code: str | None = Field(None, alias="resultCode")
    result_msg: str | None = Field(None, alias="resultMsg")

    def result(self) -> tuple[str, str]:
        """Return the result code and message of an answer, empty where it has none."""
        return self.result_code or "", self.result_msg or ""

    def resulting(self, code: str, message: str) -> Self:
        """Return the body as an answer with that result."""
        return self.model_copy(update={"result_code": code, "result_msg": message})


class Document(XmlWords):
    """A head and its body."""

    head: XmlHead
    body: SerializeAsAny[Phrase]


class InRequest(XmlWords):
    """A document whose payload is the whole of it, as we or the partner ask."""

    root = "document"
    request: Document


class InResponse(XmlWords):
    """The same as it is answered."""

    root = "document"
    response: Document


def stamped(payload: bytes, now: datetime) -> bytes:
    """Return a document with the time it is sent at before its number, unless it has one."""
    if b"<reqTime>" in payload:
        return payload
    time = f"<reqTime>{format_compact_time(now)}</reqTime><reqMsgId>"
    return payload.replace(b"<reqMsgId>", time.encode(), 1)


class XmlInterpreter(Interpreter):
    """Settings: `app_id`, our number there (our id for it when absent); `product.<ours>`, its product.

    `asked` and `told` name the function of each kind of ask and callback; `head` and `body` say where in a
    payload they lie.
    """

    asked: ClassVar[Mapping[str, str]]
    told: ClassVar[Mapping[str, str]]
    head: ClassVar[type[XmlHead]]
    body: ClassVar[type[XmlBody]]
    verdicts: ClassVar[Mapping[Verdict, tuple[str, str]]]

    def __init__(self, partner: Partner, profile: Profile) -> None:
        super().__init__(partner, profile)
        self._app_id = partner.settings.get("app_id", partner.id)

    @classmethod
    def document(
        cls, app_id: str, function: str, number: str, body: Phrase, now: datetime | None = None
    ) -> Document:
        """Return a message with its head."""
        # Constructed, not validated: the values are our own, and each was judged where it came in.
        head = XmlHead.model_construct(
            version="1.0.0",
            app_id=app_id,
            function=function,
            time=now,
            zone="UTC+8",
            number=number,
            sign_type="RSA",
            charset="UTF-8",
        )
        return Document.model_construct(head=head, body=body)

    @classmethod
    def request(cls, document: Document) -> Words:
        """Return a request or callback as its payload is made."""
        return InRequest.model_construct(request=document) if cls.head.root else document

    @classmethod
    def response(cls, document: Document) -> Words:
        """Return an answer or acknowledgement as its payload is made."""
        return InResponse.model_construct(response=document) if cls.head.root else document

    def _framed(self, ask: AnyAsk, words: Phrase, request_no: str, now: datetime) -> Words:
        return self.request(self.document(self._app_id, self.asked[ask.kind], request_no, words, now))

    def _result(self, payload: bytes) -> tuple[str, str]:
        return self.body.read(payload).result()

    def _message_id(self, kind: str, opened: Opened) -> str:
        head = self.head.read(opened.payload)
        if head.function != self.told.get(kind):
            raise Forged("the document names another function than the one it was posted to")
        return head.number

    def _acknowledgement(self, kind: str, verdict: Verdict, message_id: str) -> Said:
        code, message = self.verdicts[verdict]
        body = self.body().resulting(code, message)
        document = self.document(self._app_id, self.told.get(kind, kind), message_id, body)
        return Said("", self.response(document), {})
