"""The consumer-finance company played from memory: answers polls, and calls back as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from connectors.codes import Meaning
from connectors.envelope_json import services, wire
from connectors.envelope_json.connector import PROFILE, EnvelopeJsonConnector
from connectors.phrasebook import Phrase, Question
from connectors.port import Unreadable
from connectors.simulation.books import Event, Transfer, Transferred
from connectors.simulation.counter import Counter
from connectors.simulation.desk import Notice, notice_no
from connectors.simulation.services import Done
from connectors.words import Words
from signing.envelope import Opened
from signing.profile import load_profile

_ASKS = {path: kind for kind, path in wire.PATHS.items()}
_NEWS = ("credit", "drawdown")


class EnvelopeJsonSimulator(Counter):
    """Decides and pays as `Habits` says; what it tells by callback it also answers when polled."""

    dialect = "envelope_json"
    prefix = "C"
    book = services.BOOK
    speaks = EnvelopeJsonConnector
    profile = load_profile(PROFILE)

    def _request_no(self, opened: Opened) -> str:
        return opened.fields["requestNo"]

    def _envelope(self, path: str, request_no: str) -> Mapping[str, str]:
        return self._head(wire.service_of(path))

    def _head(self, service: str) -> Mapping[str, str]:
        return {"appid": self.partner.settings.get("app_id", self.partner.id), "service": service}

    def _asked(self, path: str, opened: Opened) -> str:
        if path not in _ASKS or opened.fields.get("service") != wire.service_of(path):
            raise Unreadable("no such service")
        return _ASKS[path]

    def _found(self, kind: str, words: Question, now: datetime) -> Phrase | None:
        found = super()._found(kind, words, now)
        if found is None and kind == "query_credit":
            return wire.Credit(subject=words.subject, status=wire.UNKNOWN_CREDIT)
        return found or wire.Loan(subject=words.subject, status=wire.UNKNOWN_LOAN)

    def _reply(self, kind: str, code: str, message: str, news: Phrase | None, request_no: str) -> Words:
        if news is None:
            return wire.Reply(code=code, msg=message)
        return self.book.answers[kind].model_validate({"code": code, "msg": "success", "data": news})

    def _notices(self, events: Sequence[Event]) -> Iterator[Notice]:
        loans = [event.loan for event in events if isinstance(event, Transferred)]
        plans = [self._plan_notice(loan.loan_no) for loan in loans if loan.transfer is Transfer.DONE]
        for notice in super()._notices(events):
            # After the disbursements and before any money comes back: notices of one kind travel together.
            while plans and notice.kind not in _NEWS:
                yield plans.pop(0)
            yield notice
        yield from plans

    def _plan_notice(self, loan_no: str) -> Notice:
        done = Done(Meaning.APPROVED, values={"loan": self.lender.loan(loan_no)})
        return self._notice("plan", self._errand_news("query_plan", done), (loan_no, "1"))

    def _notice(self, kind: str, news: Phrase, identity: tuple[str, ...]) -> Notice:
        number = notice_no("T", kind, *identity)
        return Notice(kind, news.to_bytes(), number, self._head(wire.SERVICES[kind]))

    def _code(self, kind: str, means: Meaning) -> str:
        # What is not known yet is in process: the company has no code that says "no such number".
        return super()._code(kind, Meaning.ACCEPTED if means is Meaning.NOT_FOUND else means)

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        said = wire.Reply.read(opened.payload)
        return said.code == "000000" and opened.fields.get("requestNo") == notice.message_id
