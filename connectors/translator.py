"""What every dialect's connector does alike: write, judge answers, hear callbacks, acknowledge."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from connectors import daily, facts, outcomes
from connectors.channel import OurSide
from connectors.codes import CodeBook, Line, Meaning, fail
from connectors.files import Layout
from connectors.port import (
    NEEDS,
    QUESTIONS,
    Answer,
    Call,
    Capability,
    Forged,
    Heard,
    Partner,
    Random,
    Request,
    Uncertain,
    Unreadable,
    Verdict,
)
from connectors.words import Telling, Words
from contracts.messages import (
    AccessTold,
    AnyAsk,
    AnyTold,
    BindCard,
    CheckAccess,
    OrderTold,
    QueryCredit,
    QueryDrawdown,
    QueryMovements,
    QueryOrder,
    QueryRepayment,
    RepayOrderTold,
    SignDebit,
)
from signing.envelope import Opened, Unverified
from signing.profile import Profile


@dataclass(frozen=True, slots=True)
class Said:
    """An ask in the partner's words: where it goes, what it says, and the envelope's own fields."""

    path: str
    words: Words
    fields: Mapping[str, str]


class Translator(ABC):
    """The common part of a connector; a dialect adds its words, its tables and where its numbers stand.

    The code book has the tables `submit` and `query` for result codes. `notices` gives the words of each kind
    of callback, `answers` those of each query that found something.
    """

    dialect: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]]
    file_marker: ClassVar[str] = ""
    layouts: ClassVar[Mapping[str, Layout]] = {}
    """The partner's daily files, in the order in which they make sense."""
    codes: ClassVar[CodeBook]
    answers: ClassVar[Mapping[str, type[Telling]]]
    notices: ClassVar[Mapping[str, type[Telling]]]

    def __init__(self, partner: Partner, profile: Profile) -> None:
        self._settings = partner.settings
        self._side = OurSide(profile, partner)

    @abstractmethod
    def _say(self, ask: AnyAsk, request_no: str, now: datetime) -> Said:
        """Return the ask in the partner's words."""

    @abstractmethod
    def _result(self, payload: bytes) -> tuple[str, str]:
        """Return the result code and message of an answer. Raises Unreadable."""

    @abstractmethod
    def _message_id(self, kind: str, opened: Opened) -> str:
        """Return the partner's number of a callback. Raises Forged when it is authentic for another kind."""

    @abstractmethod
    def _acknowledgement(self, kind: str, verdict: Verdict, message_id: str) -> Said:
        """Return our acknowledgement in the partner's words; `path` is not used."""

    def _stamped(self, payload: bytes, now: datetime) -> bytes:
        """Return an acknowledgement as it is sent at that time; most dialects keep the time outside of it."""
        return payload

    def write(self, ask: AnyAsk, *, request_no: str, now: datetime, random: Random) -> Request:
        """Return the sealed request.

        Raises Unreadable when the ask does not fit the partner's form, ValueError for one the dialect lacks.
        """
        if self.capabilities.isdisjoint(NEEDS[ask.kind]):
            raise lacks(self.dialect, ask)
        said = self._say(ask, request_no, now)
        return self._side.write(
            said.path,
            said.words.to_bytes(),
            message_id=request_no,
            fields=said.fields,
            now=now,
            random=random,
        )

    def read_answer(self, ask: AnyAsk, answer: Answer, *, now: datetime) -> tuple[AnyTold, ...]:
        """Return what the partner answered. Raises one of the four failures.

        A code we do not know is Uncertain after a submission, for the partner may have taken it, and a fact
        whose meaning is unclear after a query.
        """
        payload = self._side.read_answer(answer, now=now).payload
        if not self._side.answers_unsigned:
            return self._judged(ask, payload)
        try:
            return self._judged(ask, payload)
        except Unreadable as error:
            # Nobody vouches for these bytes, so what makes no sense may not be the partner's at all.
            raise Uncertain(f"an unsigned answer makes no sense: {error.reason}") from error

    def _judged(self, ask: AnyAsk, payload: bytes) -> tuple[AnyTold, ...]:
        code, message = self._result(payload)
        news = ask.kind in self.answers
        line = self.codes.table(ask.kind, "query" if news else "submit").line(code, message)
        if news and line.means is Meaning.APPROVED:
            told = self._news(ask, payload)
            _demand_about(ask, told)
            return told
        if ask.kind in QUESTIONS:
            return _nothing_found(ask, line, message)
        facts.submitted(line, message)
        return (outcomes.code_sent(ask.subject),) if isinstance(ask, BindCard | SignDebit) else ()

    def _news(self, ask: AnyAsk, payload: bytes) -> tuple[AnyTold, ...]:
        """Return what an answer tells that has news. Raises Unreadable."""
        return self.answers[ask.kind].read(payload).told()

    def read_callback(self, kind: str, call: Call, *, now: datetime) -> Heard:
        """Return the facts in a callback. Raises Forged or Unreadable.

        None of these partners numbers its deliveries: a message keeps its number when it is sent again, so
        that number is no nonce.
        """
        opened = self._side.read_call(call, now=now)
        words = self.notices.get(kind)
        if words is None:
            raise Unreadable(f"the partner has no callback of kind {kind}")
        message_id = self._message_id(kind, opened)
        return Heard(message_id, words.read(opened.payload).told())

    def acknowledge(
        self,
        kind: str,
        call: Call,
        verdict: Verdict,
        *,
        now: datetime,
        random: Random,
        heard: Heard | None = None,
    ) -> Answer:
        """Return the sealed acknowledgement, naming the partner's number of the message if authentic."""
        message_id = ""
        if verdict is not Verdict.REFUSED:
            try:
                message_id = self._number_of(kind, call, now) if heard is None else heard.message_id
            except (Forged, Unreadable):
                verdict = Verdict.REFUSED
        said = self._acknowledgement(kind, verdict, message_id)
        return self._side.acknowledge(
            self._stamped(said.words.to_bytes(), now),
            message_id=message_id or random(8).hex(),
            status=_STATUS[verdict],
            fields=said.fields,
            now=now,
            random=random,
            call=call,
        )

    def opened(self, message: Answer | Call, *, now: datetime) -> Opened | Unverified:
        """Return what stands inside a message, for whoever records it. Raises Uncertain or Forged."""
        if isinstance(message, Answer):
            return self._side.read_answer(message, now=now)
        return self._side.read_call(message, now=now)

    def _number_of(self, kind: str, call: Call, now: datetime) -> str:
        """Return the number of a callback. Raises Forged or Unreadable."""
        return self._message_id(kind, self._side.read_call(call, now=now))

    def read_file(self, name: str, content: bytes, *, now: datetime) -> tuple[AnyTold, ...]:
        """Return the facts of a day's file; none on an empty day. Raises Unreadable."""
        return daily.read(self.layouts, name, content)


def lacks(dialect: str, ask: AnyAsk) -> ValueError:
    """Return the error for an ask whose capability the dialect does not name."""
    return ValueError(f"{dialect} has no {' or '.join(NEEDS[ask.kind])}")


_NUMBERS = ("subject", "credit_no", "loan_no", "account_no", "on", "document")
_STATUS: Mapping[Verdict, int] = {Verdict.RECEIVED: 200, Verdict.REFUSED: 400, Verdict.BUSY: 503}


def _demand_about(ask: AnyAsk, told: tuple[AnyTold, ...]) -> None:
    """Raise Unreadable when an authentic answer is about something else than was asked."""
    if isinstance(ask, QueryMovements):
        return  # its number names our inquiry; what moved has numbers of its own, unknown types included
    for fact in told:
        for number in _NUMBERS:
            asked, answered = getattr(ask, number, None), getattr(fact, number, None)
            if asked is not None and answered is not None and asked != answered:
                raise Unreadable("the answer is about another number than was asked")


def _nothing_found(ask: AnyAsk, line: Line, message: str) -> tuple[AnyTold, ...]:
    match line.means, ask:
        case Meaning.DECLINED, CheckAccess():
            return (
                outcomes.told(
                    AccessTold, line, subject=ask.subject, reason=message or None, reason_code=line.code
                ),
            )
        case ((Meaning.RETRYABLE | Meaning.DECLINED), _):
            fail(line, message)
        case ((Meaning.ACCEPTED | Meaning.DUPLICATE), _):
            return ()
        case Meaning.NOT_FOUND, QueryCredit():
            return (facts.credit(line, subject=ask.subject),)
        case Meaning.NOT_FOUND, QueryDrawdown():
            return (facts.drawdown(line, subject=ask.subject),)
        case Meaning.NOT_FOUND, QueryRepayment():
            return (outcomes.told(RepayOrderTold, line, subject=ask.subject),)
        case Meaning.NOT_FOUND, QueryOrder():
            return (outcomes.told(OrderTold, line, subject=ask.subject),)
    return (facts.unclear(ask.kind, ask.subject, line.code, message),)
