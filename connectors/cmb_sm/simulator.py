"""The bank played from memory: never calls, and answers what it is asked, records first of all."""

from __future__ import annotations

import json

from connectors.cmb_sm import services, wire
from connectors.cmb_sm.connector import PROFILE, CmbSmConnector
from connectors.phrasebook import LoanNews, Phrase
from connectors.port import Answer, Unreadable
from connectors.simulation.books import Loan
from connectors.simulation.counter import Counter
from connectors.simulation.desk import Notice
from connectors.words import Words
from signing.envelope import Opened
from signing.profile import load_profile

_ASKS = {function: kind for kind, function in wire.FUNCTIONS.items()}


class CmbSmSimulator(Counter):
    """Decides and pays as `Habits` says; a transfer that came back is told as such from then on."""

    dialect = "cmb_sm"
    prefix = "M"
    book = services.BOOK
    speaks = CmbSmConnector
    profile = load_profile(PROFILE)
    page_rows = 50

    def _request_no(self, opened: Opened) -> str:
        return opened.nonce or ""

    def _asked(self, path: str, opened: Opened) -> str:
        kind = _ASKS.get(json.loads(opened.payload)["head"]["funcode"])
        if kind is None:
            raise Unreadable("no such function")
        return kind

    def _inside(self, kind: str, opened: Opened) -> Phrase:
        return self.book.asks[kind].read(json.dumps(json.loads(opened.payload)["body"]).encode())

    def _gateway(self, error: str) -> Answer:
        return Answer(200, {"content-type": "text/plain"}, f"ErrMsg:CDCServer:{error}".encode())

    def _reply(self, kind: str, code: str, message: str, news: Phrase | None, request_no: str) -> Words:
        head = wire.Head(
            funcode=wire.FUNCTIONS[kind],
            userid=self.partner.id,
            reqid=request_no,
            rspid=request_no,
            resultcode=wire.TAKEN,
        )
        records: tuple[Words, ...]
        if isinstance(news, wire.Rows):
            records = news.rows
        elif code == wire.NO_RECORD:
            records = ()
        else:
            records = (news or wire.Record(errtxt=message),)
        told = tuple(record.model_copy(update={"errcod": code}) for record in records)
        return wire.Answered(head=head, body=wire.Listed(records=told))

    def _notice(self, kind: str, news: Phrase, identity: tuple[str, ...]) -> Notice | None:
        return None

    def loan_news(self, loan: Loan) -> LoanNews:
        """Return where a drawdown stands, and that the money came back if it did."""
        news, back = super().loan_news(loan), self._unwound.get(loan.loan_no)
        if back is None:
            return news
        return news.model_copy(
            update={"status": wire.RETURNED, "returned_at": back.at, "returned_serial": back.serial}
        )

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        return False
