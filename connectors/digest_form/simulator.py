"""The lender behind the gateway, played from memory: says that there is news, and tells it when asked."""

from __future__ import annotations

import json

from connectors.digest_form import services, wire
from connectors.digest_form.connector import DigestFormConnector, profile
from connectors.phrasebook import CreditNews, LoanNews, Phrase
from connectors.port import Unreadable
from connectors.simulation.counter import Counter
from connectors.simulation.desk import Notice, notice_no
from connectors.words import Words
from signing.envelope import Opened

_ASKS = {type_: kind for kind, type_ in wire.TYPES.items()}


class DigestFormSimulator(Counter):
    """Decides and pays as `Habits` says; what was collected is asked for after the day has ended."""

    dialect = "digest_form"
    prefix = "U"
    book = services.BOOK
    speaks = DigestFormConnector
    profile = profile()

    def _request_no(self, opened: Opened) -> str:
        return opened.nonce or ""

    def _asked(self, path: str, opened: Opened) -> str:
        kind = _ASKS.get(opened.fields.get("txnType", ""))
        if kind is None:
            raise Unreadable("no such type")
        return kind

    def _inside(self, kind: str, opened: Opened) -> Phrase:
        fields = {**opened.fields, **json.loads(opened.payload)}
        return self.book.asks[kind].read(json.dumps(fields).encode())

    def _reply(self, kind: str, code: str, message: str, news: Phrase | None, request_no: str) -> Words:
        head = {"order_id": request_no, "resp_code": code, "resp_msg": message or "success"}
        return (news or wire.Mesg()).model_copy(update=head)

    def _notice(self, kind: str, news: Phrase, identity: tuple[str, ...]) -> Notice | None:
        if not isinstance(news, CreditNews | LoanNews):
            return None
        number = notice_no("U", kind, *identity)
        # With everything the gateway says in it: it is the hub that must not take it from here.
        head = {"order_id": number, "txn_time": news.at, "txn_type": wire.ORDERS[kind], "resp_code": "00"}
        return Notice(kind, news.model_copy(update=head).to_bytes(), number)

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        return True
