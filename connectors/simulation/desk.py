"""A simulated partner's front desk: answers each number once, sends notices until believed."""

from __future__ import annotations

import hashlib
import itertools
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from connectors.channel import TheirSide
from connectors.port import Answer, Call, Forged, Partner, Random, Request, Unreadable
from connectors.simulation.books import (
    BoughtBack,
    Compensated,
    Decided,
    Event,
    Loan,
    Movement,
    Paid,
    Refunded,
    Transferred,
    Waived,
)
from connectors.simulation.lender import USUAL, Habits, Lender
from connectors.words import Words
from signing.envelope import Opened, Unverified
from signing.profile import Profile

CALLBACK_PATH = "/v1/partners/{partner}/callbacks/{kind}"
"""Where the hub hears callbacks. Some dialects sign the path, so the sender has to know it."""

MOST_TRIES = 8
"""How often a notice is sent before the partner gives up on it, as real ones do."""

_ORDER: tuple[type[Movement], ...] = (Paid, Compensated, BoughtBack, Refunded, Waived)


@dataclass(frozen=True, slots=True)
class Served:
    """What the partner answers. A submission is remembered: the same number gets the same answer for ever."""

    words: Words
    remember: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A message the partner sends until it is believed; `fields` are the envelope's own."""

    kind: str
    payload: bytes
    message_id: str
    fields: Mapping[str, str] = field(default_factory=dict)


class Desk(ABC):
    """The common part of a simulator; a dialect adds its words and rules. Thread-safe."""

    dialect: ClassVar[str]
    prefix: ClassVar[str]
    """Begins the partner's numbers."""
    tries: ClassVar[Mapping[str, int]] = {}
    """How often a notice of a kind is sent, where it is not the usual number of times."""

    def __init__(
        self,
        partner: Partner,
        profile: Profile,
        *,
        random: Random,
        seed: int = 0,
        habits: Habits = USUAL,
        batch: int = 50,
    ) -> None:
        """`partner` holds the keys as the partner has them; `batch` bounds the repayments in one notice.

        `seed` and a loan's number choose what becomes of the loan.
        """
        self.partner = partner
        self.lender = Lender(self.prefix, seed=seed, habits=habits)
        self.batch = batch
        self.given_up: list[Notice] = []
        """Notices the hub never acknowledged, however often they were sent."""
        self._random = random
        self._side = TheirSide(profile, partner)
        self._lock = threading.Lock()
        self._answered: dict[str, tuple[bytes, bytes]] = {}
        self._waiting: list[Notice] = []
        self._unanswered: dict[bytes, Notice] = {}
        self._tries: Counter[str] = Counter()

    @abstractmethod
    def _request_no(self, opened: Opened) -> str:
        """Return the number of a request."""

    @abstractmethod
    def _serve(self, path: str, opened: Opened, request_no: str, now: datetime) -> Served:
        """Answer a verified request. Raises Unreadable when it makes no sense to the partner."""

    @abstractmethod
    def _complain(self, code: str, message: str, request_no: str) -> Words:
        """Return an answer that says no more than a code: `forged`, `unreadable` or `duplicate`."""

    @abstractmethod
    def _envelope(self, path: str, request_no: str) -> Mapping[str, str]:
        """Return the envelope's own fields of an answer."""

    @abstractmethod
    def _notices(self, events: Sequence[Event]) -> Iterable[Notice]:
        """Return what the partner sends about these events. Called with the lock held."""

    def _gateway(self, error: str) -> Answer:
        """Return what the gateway says of a forgery: partners' gateways complain in clear text, unsigned."""
        body = self._complain("forged", error, "").to_bytes()
        return Answer(401, {"content-type": "application/json"}, body)

    def _stamped(self, payload: bytes, now: datetime) -> bytes:
        """Return a message as it is sent at that time; most partners keep the time outside of it."""
        return payload

    @abstractmethod
    def _believes(self, notice: Notice, opened: Opened) -> bool:
        """Whether an authentic acknowledgement says that the notice has arrived."""

    def handle(self, request: Request, *, now: datetime) -> Answer:
        """Answer a request as the partner would; the effects stay in its books."""
        try:
            opened = self._side.read(request, now=now)
        except Forged as error:
            return self._gateway(str(error))
        request_no = self._request_no(opened)
        digest = hashlib.sha256(request.path.encode() + b"\n" + opened.payload).digest()
        return self.say(
            self._answer(request.path, opened, request_no, digest, now),
            path=request.path,
            request_no=request_no,
            now=now,
            request=request,
        )

    def say(
        self, payload: bytes, *, path: str, request_no: str, now: datetime, request: Request | None = None
    ) -> Answer:
        """Return an authentic answer of any content, to a request of that path and number."""
        return self._side.answer(
            self._stamped(payload, now),
            message_id=request_no,
            fields=self._envelope(path, request_no),
            now=now,
            random=self._random,
            request=request,
        )

    def tell(self, notice: Notice, *, now: datetime) -> Call:
        """Return an authentic callback of any content."""
        return self._side.call(
            CALLBACK_PATH.format(partner=self.partner.id, kind=notice.kind),
            self._stamped(notice.payload, now),
            message_id=notice.message_id,
            fields=notice.fields,
            now=now,
            random=self._random,
        )

    def callbacks(self, *, now: datetime) -> list[tuple[str, Call]]:
        """Return the callbacks due by `now`: those not believed before, then the new ones in order."""
        self._advance(now)
        with self._lock:
            due, self._waiting = self._waiting, []
        sealed = []
        for notice in due:
            call = self.tell(notice, now=now)
            self._unanswered[call.body] = notice
            sealed.append((notice.kind, call))
        return sealed

    def accepts(self, kind: str, call: Call, answer: Answer, *, now: datetime) -> bool:
        """Return True when the acknowledgement is believed; otherwise send the notice again next time."""
        notice = self._unanswered.pop(call.body, None)
        if notice is None:
            raise ValueError("no such call is waiting for an acknowledgement")
        try:
            opened = self._side.read_acknowledgement(answer, now=now, call=call)
            # Where nobody signs acknowledgements the partner looks at the HTTP status alone.
            said_so = isinstance(opened, Unverified) or self._believes(notice, opened)
            believed = answer.status == 200 and said_so
        except (Forged, Unreadable):
            believed = False
        with self._lock:
            if believed:
                self._tries.pop(notice.message_id, None)
            else:
                self._put_back(notice)
        return believed

    def files(self, *, now: datetime) -> list[tuple[str, bytes]]:
        """Return the daily files due; this partner places none."""
        return []

    def next_due(self) -> datetime | None:
        """Return when the next event falls due."""
        return self.lender.next_due()

    def books(self) -> Sequence[Loan]:
        """Return the partner's loans that were paid out."""
        return self.lender.loans()

    def _put_back(self, notice: Notice) -> None:
        self._tries[notice.message_id] += 1
        if self._tries[notice.message_id] < self.tries.get(notice.kind, MOST_TRIES):
            self._waiting.append(notice)
        else:
            self.given_up.append(notice)

    def _advance(self, now: datetime) -> None:
        # Both steps under one lock: two pumps must not take turns and queue a later notice first.
        with self._lock:
            self._waiting += self._notices(self.lender.advance(now))

    def _answer(self, path: str, opened: Opened, request_no: str, digest: bytes, now: datetime) -> bytes:
        with self._lock:
            before = self._answered.get(request_no)
        if before is not None:
            if before[0] == digest:
                return before[1]
            return self._complain("duplicate", "the serial number exists", request_no).to_bytes()
        try:
            served = self._serve(path, opened, request_no, now)
        except Unreadable as error:
            return self._complain("unreadable", error.reason, request_no).to_bytes()
        payload = served.words.to_bytes()
        if served.remember:
            with self._lock:
                self._answered[request_no] = (digest, payload)
        return payload


def notice_no(prefix: str, *parts: str) -> str:
    """Return a notice's number, made of what it tells so that it is the same in every run."""
    return prefix + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def bundled(events: Iterable[Event], size: int) -> Iterator[Decided | Transferred | tuple[Movement, ...]]:
    """Yield decisions and transfers one by one, and the movements of one collection run in bundles of a kind.

    Within a run money received comes first: what is compensated or refunded refers to it.
    """
    for _, run in itertools.groupby(events, key=lambda event: event.at):
        movements: dict[type[Movement], list[Movement]] = {kind: [] for kind in _ORDER}
        for event in run:
            if isinstance(event, Decided | Transferred):
                yield event
            else:
                movements[type(event)].append(event)
        for kind in _ORDER:
            of_kind = movements[kind]
            for start in range(0, len(of_kind), size):
                yield tuple(of_kind[start : start + size])
