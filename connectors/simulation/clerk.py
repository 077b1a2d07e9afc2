"""A desk that speaks from a phrasebook: a dialect adds its frames, and which message is which."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import ClassVar

from connectors import phrasebook
from connectors.codes import Meaning
from connectors.interpreter import Interpreter
from connectors.phrasebook import (
    Application,
    Draw,
    LoanNews,
    MovementKind,
    Movements,
    Phrase,
    Phrasebook,
    Question,
)
from connectors.port import Answer, Partner, Random, Request, Unreadable
from connectors.simulation.books import (
    BoughtBack,
    Case,
    Compensated,
    Decided,
    Decision,
    Event,
    Loan,
    Movement,
    Paid,
    Refunded,
    Transfer,
    Transferred,
    Waived,
)
from connectors.simulation.desk import Desk, Notice, Served, bundled
from connectors.simulation.filing import Filing
from connectors.simulation.lender import USUAL, Habits, Known, Refused
from connectors.units import business_day
from connectors.words import Words
from contracts.messages import RefundKind, TakeOver
from contracts.programme import RepaymentMethod
from signing.envelope import Opened, Unverified
from signing.profile import Profile

Read = Opened | Unverified

_CREDIT = {
    Decision.PENDING: Meaning.ACCEPTED,
    Decision.APPROVED: Meaning.APPROVED,
    Decision.DECLINED: Meaning.DECLINED,
}
_LOAN = {
    Transfer.PENDING: Meaning.ACCEPTED,
    Transfer.DONE: Meaning.APPROVED,
    Transfer.FAILED: Meaning.DECLINED,
}
_KINDS: Mapping[type[Movement], str] = {
    Paid: "repayment",
    Compensated: "compensation",
    BoughtBack: "buy_back",
    Refunded: "refund",
}
_RETRY_DAYS = 30


class Clerk(Desk):
    """Takes applications and drawdowns, answers questions, and tells by notice what it has a notice for.

    What it has no notice for is found by asking for a day's movements, `page_rows` at a time, or stands in
    the files of the day. `speaks` is the connector that the hub's side of the dialect uses.
    """

    speaks: ClassVar[type[Interpreter]]
    book: ClassVar[Phrasebook]
    profile: ClassVar[Profile]
    page_rows: ClassVar[int] = 50

    def __init__(
        self,
        partner: Partner,
        *,
        random: Random,
        seed: int = 0,
        habits: Habits = USUAL,
        batch: int = 50,
    ) -> None:
        super().__init__(partner, self.profile, random=random, seed=seed, habits=habits, batch=batch)
        self._methods = {code: method for method, code in self.book.loan.methods.items()}
        self._moved: dict[date, list[Movement]] = {}
        self._unwound: dict[str, Refunded] = {}
        self._filing = Filing(self.speaks.layouts, self.speaks.file_marker)

    @abstractmethod
    def _asked(self, path: str, opened: Opened) -> str:
        """Return the kind of ask, as the port names it. Raises Unreadable."""

    @abstractmethod
    def _reply(self, kind: str, code: str, message: str, news: Phrase | None, request_no: str) -> Words:
        """Return an answer to an ask of that kind, with what it tells if it tells anything."""

    @abstractmethod
    def _notice(self, kind: str, news: Phrase, identity: tuple[str, ...]) -> Notice | None:
        """Return the notice that tells this, or None where the partner sends none of that kind."""

    def handle(self, request: Request, *, now: datetime) -> Answer:
        """Answer a request; the first one opens the first day with files."""
        with self._lock:
            self._filing.open(now)
        return super().handle(request, now=now)

    def files(self, *, now: datetime) -> list[tuple[str, bytes]]:
        """Return the files of every day that ended, once; an empty day has files without rows, or none."""
        self._advance(now)
        with self._lock:
            self._filing.open(now)
            return self._filing.placed(now)

    def next_due(self) -> datetime | None:
        """Return when the next event or file falls due."""
        with self._lock:
            due = (self.lender.next_due(), self._filing.next_due())
        return min((at for at in due if at is not None), default=None)

    def restate(self) -> None:
        """Tell the next day with movements without its last one, and in full with the files after that."""
        with self._lock:
            self._filing.restate()

    def _inside(self, kind: str, opened: Opened) -> Phrase:
        """Return the ask inside a request."""
        return self.book.asks[kind].read(opened.payload)

    def _serve(self, path: str, opened: Opened, request_no: str, now: datetime) -> Served:
        kind = self._asked(path, opened)
        match self._inside(kind, opened):
            case Application() as words:
                return self._taken(kind, request_no, partial(self._apply, words, now))
            case Draw() as words:
                method = self._methods.get(words.method)
                if method is None:
                    raise Unreadable("no such repayment method")
                return self._taken(kind, request_no, partial(self._draw, words, method, now))
            case Question() as words:
                news = self._found(kind, words, now)
                code = self._code(kind, Meaning.NOT_FOUND if news is None else Meaning.APPROVED)
                return Served(self._reply(kind, code, "" if news else "no such number", news, request_no))
        raise Unreadable("no such service")

    def _complain(self, code: str, message: str, request_no: str) -> Words:
        means = Meaning.DUPLICATE if code == "duplicate" else Meaning.DECLINED
        return self._reply("apply", self._code("apply", means), message, None, request_no)

    def _envelope(self, path: str, request_no: str) -> Mapping[str, str]:
        return {}

    def _taken(self, kind: str, request_no: str, take: Callable[[], object]) -> Served:
        try:
            take()
        except Known:
            code = self._code(kind, Meaning.DUPLICATE)
            return Served(self._reply(kind, code, "the number exists", None, request_no))
        except Refused as refusal:
            code = self._code(kind, Meaning.DECLINED)
            return Served(self._reply(kind, code, str(refusal), None, request_no), remember=True)
        code = self._code(kind, Meaning.ACCEPTED)
        return Served(self._reply(kind, code, "accepted", None, request_no), remember=True)

    def _apply(self, words: Application, now: datetime) -> None:
        self.lender.apply(
            words.subject,
            amount_fen=words.amount_fen,
            annual_rate=words.annual_rate,
            id_number=words.id_number,
            now=now,
        )

    def _draw(self, words: Draw, method: RepaymentMethod, now: datetime) -> None:
        self.lender.draw(
            words.subject,
            words.credit_no,
            amount_fen=words.amount_fen,
            annual_rate=words.annual_rate,
            months=words.term_months,
            method=method,
            now=now,
        )

    def _found(self, kind: str, words: Question, now: datetime) -> Phrase | None:
        match kind:
            case "query_credit":
                case = self.lender.case(words.subject)
                return None if case is None else self.credit_news(case)
            case "query_drawdown":
                loan = self.lender.drawdown(words.subject)
                return None if loan is None else self.loan_news(loan)
            case "query_movements" if words.day is not None:
                # Before the day's books are closed there is nothing to be had.
                rows = self._moved.get(words.day, []) if words.day < business_day(now) else []
                return self.movement_news(rows[words.skip or 0 :][: self.page_rows])
        raise Unreadable("no such question")

    def _code(self, kind: str, means: Meaning) -> str:
        usual = "submit" if kind in ("apply", "drawdown") else "query"
        return self.book.loan.codes.table(kind, usual).code_of(means)

    def _notices(self, events: Sequence[Event]) -> Iterator[Notice]:
        for event in events:
            self._filing.note(event)
        for told in bundled(events, self.batch):
            match told:
                case Decided(case=case):
                    notice = self._notice("credit", self.credit_news(case), (case.apply_no, case.decision))
                case Transferred(loan=loan):
                    notice = self._notice("drawdown", self.loan_news(loan), (loan.subject, loan.transfer))
                case _:
                    notice = self._moved_notice(told)
            if notice is not None:
                yield notice

    def _moved_notice(self, told: Sequence[Movement]) -> Notice | None:
        _, row = self._words_for(told[0])
        if _kind_of(told[0]) not in row.movements.values():
            return None  # what the dialect has no code for stands in its files, if anywhere
        self._keep(told)
        serials = tuple(movement.serial for movement in told)
        return self._notice(_KINDS[type(told[0])], self.movement_news(told), serials)

    def _keep(self, told: Iterable[Movement]) -> None:
        for movement in told:
            self._moved.setdefault(movement.day, []).append(movement)
            if isinstance(movement, Refunded) and movement.what is RefundKind.DISBURSEMENT:
                self._unwound[movement.loan.loan_no] = movement

    def credit_news(self, case: Case) -> Phrase:
        """Return where an application stands."""
        approved, declined = (case.decision is one for one in (Decision.APPROVED, Decision.DECLINED))
        return self.book.credit.filled(
            {
                "subject": case.apply_no,
                "status": self.book.credit.codes["credit_status"].code_of(_CREDIT[case.decision]),
                "credit_no": case.credit_no if approved else None,
                "limit_fen": case.amount_fen if approved else None,
                "annual_rate": case.annual_rate if approved else None,
                "valid_until": case.valid_until,
                "at": case.decided_at,
                "reason_code": case.reason if declined else None,
                "reason": "综合评分不足" if declined else None,
                "retry_after_days": _RETRY_DAYS if declined else None,
            }
        )

    def loan_news(self, loan: Loan) -> LoanNews:
        """Return where a drawdown stands."""
        done, failed = (loan.transfer is one for one in (Transfer.DONE, Transfer.FAILED))
        return self.book.loan.filled(
            {
                "subject": loan.subject,
                "status": self.book.loan.codes["loan_status"].code_of(_LOAN[loan.transfer]),
                "loan_no": loan.loan_no if done else None,
                "amount_fen": loan.principal_fen if done else None,
                "at": loan.disbursed_at,
                "disbursed_on": loan.disbursed_on if done else None,
                "reason_code": loan.reason if failed else None,
                "reason": "收款账户异常" if failed else None,
                "terms": tuple(self._terms(loan)) if done and "terms" in self.book.loan.own() else (),
            }
        )

    def _terms(self, loan: Loan) -> Iterator[Phrase]:
        for term in loan.terms():
            yield self.book.term.filled(
                {
                    "period": term.period,
                    "due_on": term.due_on,
                    "principal_fen": term.principal_fen,
                    "interest_fen": term.interest_fen,
                }
            )

    def movement_news(self, told: Sequence[Movement]) -> Movements:
        """Return what moved, one row each."""
        movements = self.book.movements if not told else self._words_for(told[0])[0]
        return movements.filled({"rows": tuple(map(self._row, told))})

    def _words_for(self, movement: Movement) -> tuple[type[Movements], type[phrasebook.Movement]]:
        kind = _KINDS.get(type(movement), "")
        return self.book.apart.get(kind, (self.book.movements, self.book.row))

    def _numbered(self, movement: Movement) -> dict[str, object]:
        """Return the number of a movement, and of the one it takes back, as the partner numbers them."""
        return {"serial": movement.serial, "original_serial": getattr(movement, "original_serial", None)}

    def _row(self, movement: Movement) -> Phrase:
        _, row = self._words_for(movement)
        kind = _kind_of(movement)
        values: dict[str, object] = {
            "loan_no": movement.loan.loan_no,
            **self._numbered(movement),
            "type": next(code for code, one in row.movements.items() if one is kind),
            "paid_on": movement.day,
            "at": movement.at,
            "principal_fen": movement.principal_fen,
            "interest_fen": movement.interest_fen,
        }
        for name in ("period", "penalty_fen"):
            if (value := getattr(movement, name, None)) is not None:
                values[name] = value
        return row.filled(values)


def _kind_of(movement: Movement) -> MovementKind | None:
    match movement:
        case Paid():
            return movement.how
        case Refunded():
            return movement.what
        case Compensated():
            return TakeOver.COMPENSATION
        case BoughtBack():
            return TakeOver.BUY_BACK
        case Waived():
            return None
