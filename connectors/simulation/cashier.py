"""A desk that keeps accounts or moves money on orders: a depository, a payment channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from connectors.codes import Meaning
from connectors.errands import Errand, MoneyBook
from connectors.files import Value
from connectors.jsongateway import JsonInterpreter
from connectors.phrasebook import Phrase
from connectors.port import Partner, Random, Unreadable
from connectors.simulation.books import Event
from connectors.simulation.desk import Desk, Notice, Served, notice_no
from connectors.simulation.jsondesk import asked_of, believed_by, reply_of
from connectors.simulation.lender import Known, Refused
from connectors.simulation.services import Done, Services
from connectors.simulation.vault import Account, Closed, Order, State, Vault
from connectors.units import business_day
from connectors.words import Words
from contracts.messages import FundsAction
from signing.envelope import Opened
from signing.profile import Profile

_MEANS = {State.PENDING: Meaning.ACCEPTED, State.DONE: Meaning.APPROVED, State.FAILED: Meaning.DECLINED}


class Cashier(Desk):
    """`speaks` is the connector that the hub's side of the dialect uses. Tells each order by notice."""

    speaks: ClassVar[type[JsonInterpreter]]
    book: ClassVar[MoneyBook]
    profile: ClassVar[Profile]
    file_marker: ClassVar[str] = ".ok"

    def __init__(self, partner: Partner, *, random: Random, seed: int = 0, **manners: Any) -> None:
        super().__init__(partner, self.profile, random=random, seed=seed, **manners)
        self.vault = Vault(self.prefix)
        self.services = Services(self.lender)

    def _statement(self, closed: Closed) -> tuple[str, bytes] | None:
        """Return the file of a day, None where the partner places none."""
        return None

    def files(self, *, now: datetime) -> list[tuple[str, bytes]]:
        """Return the files of the days that have ended, markers included and last."""
        self._advance(now)
        with self._lock:
            ended, self.vault.closed = self.vault.closed, []
        placed = []
        for closed in ended:
            statement = self._statement(closed)
            if statement is not None:
                placed += [statement, (statement[0] + self.file_marker, b"")]
        return placed

    def next_due(self) -> datetime | None:
        """Return when the next order is carried out or a day's file is placed."""
        return self.vault.next_due()

    def _advance(self, now: datetime) -> None:
        with self._lock:
            for order in self.vault.advance(now):
                self._waiting.append(self._order_notice(order))

    def _notices(self, events: Sequence[Event]) -> Iterable[Notice]:
        return ()

    def _order_notice(self, order: Order) -> Notice:
        number = notice_no("N", order.subject, order.state)
        words = self.order_news(order).model_copy(update={"tx_code": self.speaks.told["order"]})
        return Notice("order", words.to_bytes(), number, self._envelope("", number))

    def _serve(self, path: str, opened: Opened, request_no: str, now: datetime) -> Served:
        kind = asked_of(self.speaks, path, opened)
        words = self.book.asks[kind].read(opened.payload)
        if not isinstance(words, Errand):
            raise Unreadable("no such transaction")
        with self._lock:
            self.vault.begin(now)
            done = self._done(kind, words.meant(), now)
        news = self._news(kind, done) if done.values else None
        usual = "query" if kind in self.speaks.answers else "submit"
        code = self.speaks.codes.table(kind, usual).code_of(done.means)
        return Served(reply_of(self.speaks, kind, code, done.message, news))

    def _done(self, kind: str, asked: Mapping[str, Any], now: datetime) -> Done:
        match kind:
            case "open_account":
                opened = self.vault.open(asked["subject"])
                values = {"subject": opened.subject, "account_no": opened.account_no}
                return Done(Meaning.APPROVED, values=values)
            case "query_balance":
                account = self.vault.accounts.get(asked["account_no"])
                found = None if account is None else {**balance(account), "at": now}
                return Done(Meaning.NOT_FOUND) if found is None else Done(Meaning.APPROVED, values=found)
            case "query_order":
                order = self.vault.orders.get(asked["subject"])
                return (
                    Done(Meaning.NOT_FOUND)
                    if order is None
                    else Done(Meaning.APPROVED, values={"order": order})
                )
            case "sign_debit":
                return self.services.bind_card(asked, now)
            case "confirm_code":
                return self.services.confirm_code(asked, now)
        return self._taken(kind, asked, now)

    def _taken(self, kind: str, asked: Mapping[str, Any], now: datetime) -> Done:
        release = asked.get("action") is FundsAction.RELEASE
        if "agreement_no" in asked and asked["agreement_no"] not in self.services.bindings.values():
            return Done(Meaning.DECLINED, "协议不存在")
        order = Order(
            subject=asked["subject"],
            kind="release" if release else kind,
            amount_fen=asked["amount_fen"],
            serial="",
            at=now,
            source=asked.get("from_account") or asked.get("account_no") or "",
            target=asked.get("to_account") or "",
            original=asked.get("original") or "",
        )
        try:
            self.vault.take(order, now)
        except Known:
            return Done(Meaning.DUPLICATE, "订单号已存在")
        except Refused as refusal:
            return Done(Meaning.DECLINED, str(refusal))
        return Done(Meaning.ACCEPTED)

    def _news(self, kind: str, done: Done) -> Phrase:
        values: dict[str, Any] = dict(done.values)
        order = values.pop("order", None)
        if isinstance(order, Order):
            return self.order_news(order)
        news = self.book.errands[kind]
        table = getattr(news, "table", None)
        if table is not None:
            values["status"] = news.codes[table].code_of(done.means)
        return news.filled(values)

    def order_news(self, order: Order) -> Phrase:
        """Return where an order stands."""
        return self.book.order.filled(self.order_values(order))

    def order_values(self, order: Order) -> dict[str, Value]:
        """Return where an order stands, by our names."""
        codes = self.book.order.codes[self.book.order.table]
        back = order.state is State.RETURNED
        done, failed = order.state is State.DONE or back, order.state is State.FAILED
        return {
            "subject": order.subject,
            "status": next(iter(self.book.order.returned)) if back else codes.code_of(_MEANS[order.state]),
            "at": order.at if done or failed else None,
            "serial": order.serial if done else None,
            "amount_fen": order.amount_fen if done else None,
            "done_on": business_day(order.at) if done else None,
            "reason_code": order.reason if failed else None,
            "reason": "余额不足" if failed else None,
        }

    def _complain(self, code: str, message: str, request_no: str) -> Words:
        means = Meaning.DUPLICATE if code == "duplicate" else Meaning.DECLINED
        return reply_of(self.speaks, "query_order", self.speaks.codes["submit"].code_of(means), message, None)

    def _request_no(self, opened: Opened) -> str:
        return opened.nonce or ""

    def _envelope(self, path: str, request_no: str) -> Mapping[str, str]:
        return {"appid": self.partner.settings.get("app_id", self.partner.id)}

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        return believed_by(self.speaks, opened)


def balance(account: Account) -> dict[str, str | int]:
    """Return what is in an account, by our names."""
    return {
        "account_no": account.account_no,
        "total_fen": account.total_fen,
        "available_fen": account.available_fen,
        "frozen_fen": account.frozen_fen,
    }
