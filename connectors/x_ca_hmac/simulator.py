"""The platform played from memory: approves in clear, disburses with one callback, lists a day by tens."""

from __future__ import annotations

import collections
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from connectors.phrasebook import CreditNews, LoanNews, Phrase
from connectors.port import Answer, Call, Partner, Random, Unreadable
from connectors.simulation.books import Movement, Refunded
from connectors.simulation.counter import Counter
from connectors.simulation.desk import CALLBACK_PATH, Notice, notice_no
from connectors.words import Words
from connectors.x_ca_hmac import services, wire
from connectors.x_ca_hmac.connector import PROFILE, XCaHmacConnector
from signing.envelope import Opened
from signing.profile import load_profile

_ASKS = {f"/v1/gateway/{service}": kind for kind, service in wire.SERVICES.items()}


class XCaHmacSimulator(Counter):
    """Decides and pays as `Habits` says. An approval is called up to four times, a disbursement once."""

    dialect = "x_ca_hmac"
    prefix = "X"
    book = services.BOOK
    speaks = XCaHmacConnector
    profile = load_profile(PROFILE)
    page_rows = wire.PAGE_ROWS
    tries = {"credit": 4, "drawdown": 1}  # noqa: RUF012  as the base declares it

    def __init__(self, partner: Partner, *, random: Random, **manners: Any) -> None:
        super().__init__(partner, random=random, **manners)
        self._of_day: collections.Counter[date] = collections.Counter()
        self._numbers: dict[str, tuple[date, str]] = {}

    def _request_no(self, opened: Opened) -> str:
        return opened.nonce or ""

    def _asked(self, path: str, opened: Opened) -> str:
        kind = _ASKS.get(path)
        if kind is None:
            raise Unreadable("no such service")
        return kind

    def _gateway(self, error: str) -> Answer:
        body = self._complain("forged", "invalid signature", "").to_bytes()
        return Answer(
            400, {"x-ca-error-message": "POST#application/json##", "content-type": "text/plain"}, body
        )

    def _reply(self, kind: str, code: str, message: str, news: Phrase | None, request_no: str) -> Words:
        if news is None:
            return wire.Reply(code=code, message=message)
        return self.book.answers[kind].model_validate({"code": code, "data": news})

    def _numbered(self, movement: Movement) -> dict[str, object]:
        numbers = {"serial": self._numbers[movement.serial][1]}
        if isinstance(movement, Refunded) and movement.original_serial is not None:
            day, number = self._numbers[movement.original_serial]
            return {**numbers, "original_serial": number, "original_day": day}
        return dict(numbers)

    def _keep(self, told: Iterable[Movement]) -> None:
        moved = list(told)
        for movement in moved:
            # A number is the transaction's on its day only: the next day begins again at 1.
            self._of_day[movement.day] += 1
            self._numbers[movement.serial] = movement.day, f"{self._of_day[movement.day]:06d}"
        super()._keep(moved)

    def _notice(self, kind: str, news: Phrase, identity: tuple[str, ...]) -> Notice | None:
        if not isinstance(news, CreditNews | LoanNews):
            return None
        return Notice(kind, news.to_bytes(), notice_no("X", kind, *identity))

    def tell(self, notice: Notice, *, now: datetime) -> Call:
        """Return a callback: of an approval in clear, of anything else sealed."""
        if notice.kind != "credit":
            return super().tell(notice, now=now)
        path = CALLBACK_PATH.format(partner=self.partner.id, kind=notice.kind)
        return self._side.hint(path, notice.payload, now=now, random=self._random)

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        return True
