"""A clerk who also runs errands: access, cards, documents, limits, plans, trials and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.codes import Meaning
from connectors.errands import Errand, LimitNews
from connectors.phrasebook import Phrase
from connectors.port import Partner, Random
from connectors.simulation.books import Loan
from connectors.simulation.clerk import Clerk
from connectors.simulation.desk import Served
from connectors.simulation.services import Done, Service, Services
from signing.envelope import Opened

_SERVICES: Mapping[str, Service] = {
    "check_access": Services.check_access,
    "bind_card": Services.bind_card,
    "confirm_code": Services.confirm_code,
    "upload_document": Services.upload_document,
    "query_limit": Services.query_limit,
    "change_limit": Services.change_limit,
    "trial_repayment": Services.trial_repayment,
    "repay": Services.repay,
    "query_repayment": Services.query_repayment,
    "take_over": Services.take_over,
    "certificate": Services.certificate,
    "query_plan": Services.query_plan,
    "query_balance": Services.query_balance,
}


class Counter(Clerk):
    """`book.asks` has an `Errand` for each of them, `book.errands` what the answer tells."""

    def __init__(self, partner: Partner, *, random: Random, **manners: Any) -> None:
        super().__init__(partner, random=random, **manners)
        self.services = Services(self.lender)

    def _serve(self, path: str, opened: Opened, request_no: str, now: datetime) -> Served:
        kind = self._asked(path, opened)
        service = _SERVICES.get(kind)
        words = self._inside(kind, opened)
        if service is None or not isinstance(words, Errand):
            return super()._serve(path, opened, request_no, now)
        done = service(self.services, words.meant(), now)
        news = self._errand_news(kind, done) if done.values else None
        if kind == "change_limit" and news is not None and "limit" in self.speaks.notices:
            self._tell_limit(news, request_no)
        code = self._code(kind, done.means)
        return Served(self._reply(kind, code, done.message, news, request_no))

    def _tell_limit(self, news: Phrase, request_no: str) -> None:
        """Tell by notice what the answer says as well, as partners do whose own people change limits too."""
        notice = self._notice("limit", news, (request_no,))
        if notice is not None:
            with self._lock:
                self._waiting.append(notice)

    def _errand_news(self, kind: str, done: Done) -> Phrase:
        news = self.book.errands[kind]
        values: dict[str, Any] = dict(done.values)
        table = getattr(news, "table", None)
        means = values.pop("means", done.means)
        if table is not None:
            values["status"] = news.codes[table].code_of(means)
        if issubclass(news, LimitNews):
            values["state"] = next(code for code, state in news.states.items() if state is values["state"])
        loan = values.pop("loan", None)
        if isinstance(loan, Loan):
            values |= {"loan_no": loan.loan_no, "terms": tuple(self._terms(loan))}
        return news.filled(values)

    def _code(self, kind: str, means: Meaning) -> str:
        usual = "query" if kind in self.book.answers else "submit"
        return self.book.loan.codes.table(kind, usual).code_of(means)
