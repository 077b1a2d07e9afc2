"""A connector and a partner to talk to, without a network: what the kit's questions are asked with."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import ClassVar

import pytest
from stdnum.cn import ric

from connectors import registry
from connectors.exchange import Marker
from connectors.files import Layout, Means
from connectors.port import Answer, Call, Capability, Connector, Partner, Random, Verdict
from connectors.simulation.desk import Desk, Notice
from connectors.units import business_day
from contracts.messages import (
    AnyAsk,
    AnyTold,
    Applicant,
    ApplyForCredit,
    CreditOutcome,
    CreditTold,
    Hint,
    PageTold,
    QueryCredit,
    QueryDrawdown,
    QueryMovements,
    RequestDrawdown,
)
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName
from signing.keys import PartnerKeys
from signing.keystore import new_pair
from signing.pairing import pair_for
from signing.profile import Profile

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
RATE = Decimal("0.0850")
PARTNER = "partner_under_test"


def seeded(name: str) -> Random:
    """Return bytes that a run repeats; good for tests only."""
    return random.Random(name).randbytes  # noqa: S311  a kit that fails must fail again


@cache
def keys(name: str) -> tuple[PartnerKeys, PartnerKeys]:
    """Return both ends of a relation, made once a run; the name tells one relation from another."""
    return new_pair(name, now=START - timedelta(days=30), days=2000, random=seeded(name), shared_bytes=16)


_KEYS: dict[tuple[str, str], tuple[PartnerKeys, PartnerKeys]] = {}


def keys_for(profile: Profile, name: str, user_id: bytes | None) -> tuple[PartnerKeys, PartnerKeys]:
    """Return both ends of a relation, with the kinds of keys the profile asks for, made once a run."""
    if (profile.name, name) not in _KEYS:
        since = START - timedelta(days=30)
        _KEYS[profile.name, name] = pair_for(
            profile, name, now=since, days=2000, random=seeded(name), user_id=user_id
        )
    return _KEYS[profile.name, name]


class Rig:
    """What a subclass says about its dialect, and the fixtures built from it.

    `dialect` is its name in the registry. `strange_answer` is an answer's payload with a result code that
    stands in no table; `strange_notice` a credit callback's payload with such a status, its envelope's own
    fields in `notice_fields`. `profile` says which keys it takes, where RSA keys and one secret will not do,
    and `user_id` the SM2 user number both sides agreed on. A subclass may override the fixtures to test what
    is not registered.
    """

    dialect: ClassVar[str]
    strange_answer: ClassVar[bytes]
    strange_notice: ClassVar[bytes]
    notice_fields: ClassVar[Mapping[str, str]] = {}
    profile: ClassVar[Profile | None] = None
    user_id: ClassVar[bytes | None] = None

    @pytest.fixture
    def connector(self) -> Connector:
        """Our side."""
        return registry.build(self.dialect, Partner(PARTNER, self.keys("ours")[0]))

    @pytest.fixture
    def simulator(self) -> Desk:
        """The partner's side."""
        return self.partner_with("ours")

    @pytest.fixture
    def stranger(self) -> Desk:
        """Another partner of the same dialect, whose keys are its own."""
        return self.partner_with("other")

    @pytest.fixture
    def talk(self, connector: Connector, simulator: Desk) -> Talk:
        """A conversation between the two."""
        return Talk(connector, simulator)

    def partner_with(self, name: str) -> Desk:
        """Return a partner that has the keys of that relation."""
        partner = Partner(PARTNER, self.keys(name)[1])
        played = registry.simulator(self.dialect, partner, random=seeded("partner"), seed=1)
        assert isinstance(played, Desk), "a simulator the kit can steer is a Desk"
        return played

    def keys(self, name: str) -> tuple[PartnerKeys, PartnerKeys]:
        """Return both ends of that relation."""
        return keys(name) if self.profile is None else keys_for(self.profile, name, self.user_id)

    def strange_call(self, simulator: Desk, now: datetime) -> Call:
        """Return an authentic credit callback whose status nobody knows."""
        return simulator.tell(Notice("credit", self.strange_notice, "strange-1", self.notice_fields), now=now)


ASKED: set[Capability] = set()
"""What the question now being asked has needed; whoever writes the report clears it between questions."""


def need(connector: Connector, *capabilities: Capability) -> None:
    """Go on only with a connector that has them all; otherwise the question is reported as not supported."""
    ASKED.update(capabilities)
    missing = sorted(set(capabilities) - connector.capabilities)
    if missing:
        pytest.skip(f"not supported: {connector.dialect} has no {', '.join(missing)}")


class Talk:
    """Drives one connector against one simulator under a clock of its own."""

    def __init__(self, connector: Connector, simulator: Desk) -> None:
        self.connector = connector
        self.simulator = simulator
        self.now = START
        self.random = seeded("hub")
        self._numbers = 0
        self._questions: dict[str, AnyAsk] = {}
        self._untold: set[str] = set()
        self._heard: dict[str, AnyTold] = {}
        self._unasked_since = business_day(START)

    def ask(self, ask: AnyAsk, request_no: str | None = None) -> tuple[AnyTold, ...]:
        """Send a request and return what the answer tells."""
        self._remember(ask)
        request = self.connector.write(
            ask, request_no=request_no or self.number(), now=self.now, random=self.random
        )
        return self.connector.read_answer(ask, self.simulator.handle(request, now=self.now), now=self.now)

    def lose(self, ask: AnyAsk, request_no: str) -> None:
        """Send a request that arrives, and lose its answer on the way back."""
        self._remember(ask)
        request = self.connector.write(ask, request_no=request_no, now=self.now, random=self.random)
        self.simulator.handle(request, now=self.now)

    def answered(self, ask: AnyAsk, payload: bytes, by: Desk | None = None) -> Answer:
        """Return an authentic answer of any content to a request of ours, from the partner or from `by`."""
        request = self.connector.write(ask, request_no="R1", now=self.now, random=self.random)
        desk = by or self.simulator
        return desk.say(payload, path=request.path, request_no="R1", now=self.now, request=request)

    def number(self) -> str:
        """Return a fresh request number."""
        self._numbers += 1
        return f"R{self._numbers:08d}"

    def hear(self, verdict: Verdict = Verdict.RECEIVED) -> list[AnyTold]:
        """Take what is due, by callback and file, acknowledge it, and return its facts."""
        told: list[AnyTold] = []
        for kind, call in self.simulator.callbacks(now=self.now):
            heard = self.connector.read_callback(kind, call, now=self.now)
            for fact in heard.facts:
                told += self.ask(self._questions[fact.subject]) if isinstance(fact, Hint) else [fact]
            self._heard |= {fact.event_id: fact for fact in told}
            proven = None if any(isinstance(fact, Hint) for fact in heard.facts) else heard
            answer = self.connector.acknowledge(
                kind, call, verdict, now=self.now, random=self.random, heard=proven
            )
            assert self.simulator.accepts(kind, call, answer, now=self.now) is (verdict is Verdict.RECEIVED)
        for name, content in self.simulator.files(now=self.now):
            if not Marker(self.connector.file_marker).is_marker(name):
                told += self._news(self.connector.read_file(name, content, now=self.now))
        return told + self._news(self._polled() + self._moved())

    def _news(self, told: Iterable[AnyTold]) -> list[AnyTold]:
        """Return what nothing else has told before; what is told again must be told alike."""
        news: list[AnyTold] = []
        for fact in told:
            before = self._heard.get(fact.event_id)
            if before is None:
                self._heard[fact.event_id] = fact
                news.append(fact)
            else:
                assert _core(before) == _core(fact), "callback and file tell two stories of one fact"
        return news

    def _remember(self, ask: AnyAsk) -> None:
        """Keep the question about a submission, and that it must be asked where nothing else will tell."""
        match ask:
            case ApplyForCredit():
                self._questions[ask.subject] = QueryCredit(subject=ask.subject)
                told_by = {Capability.CREDIT_CALLBACK, Capability.CREDIT_HINT}
            case RequestDrawdown():
                question = QueryDrawdown(subject=ask.subject, credit_no=ask.credit_no)
                self._questions[ask.subject] = question
                told_by = {Capability.DRAWDOWN_CALLBACK, Capability.DRAWDOWN_HINT}
                if self._tells(Means.DISBURSED):
                    told_by.add(Capability.DAILY_FILE)
            case _:
                return
        if self.connector.capabilities.isdisjoint(told_by):
            self._untold.add(ask.subject)

    def _tells(self, means: Means) -> bool:
        """Whether the partner's files can say this."""
        layouts: Mapping[str, Layout] = getattr(self.connector, "layouts", {})
        return any(layout.tells is not None and layout.tells.has(means) for layout in layouts.values())

    def _polled(self) -> list[AnyTold]:
        """Ask about every submission of which the partner sends no word, until it is decided."""
        told: list[AnyTold] = []
        for subject in sorted(self._untold):
            facts = self.ask(self._questions[subject])
            if any(getattr(fact, "outcome", "pending") not in ("pending", "not_found") for fact in facts):
                self._untold.discard(subject)
                told += facts
        return told

    def _moved(self) -> list[AnyTold]:
        """Ask about the days that have ended, page by page until one says that there are no more."""
        told: list[AnyTold] = []
        if Capability.MOVEMENT_QUERY not in self.connector.capabilities:
            return told
        while self._unasked_since < business_day(self.now):
            day, skip = self._unasked_since, 0
            while True:
                *facts, page = self.ask(QueryMovements(subject=f"day_{day}", day=day, skip=skip))
                told += facts
                assert isinstance(page, PageTold), "every answer about a day says whether it is complete"
                if page.skip is None:
                    break
                skip = page.skip
            self._unasked_since += timedelta(days=1)
        return told

    def later(self, days: int = 500) -> Iterator[AnyTold]:
        """Let time pass from one due thing to the next, at most `days`, yielding what is told."""
        end = self.now + timedelta(days=days)
        while (due := self.simulator.next_due()) is not None and due <= end:
            self.now = max(self.now, due)
            yield from self.hear()
        if Capability.MOVEMENT_QUERY in self.connector.capabilities:
            self.now += timedelta(days=1)
            yield from self.hear()

    def decided(self, ask: ApplyForCredit) -> CreditTold:
        """Apply and return the decision."""
        assert self.ask(ask) == ()
        for fact in self.later():
            if isinstance(fact, CreditTold) and fact.outcome is not CreditOutcome.PENDING:
                return fact
        raise AssertionError("the partner never decided")

    def drawing(self, serial: int = 1, amount_fen: int = 1_000_001) -> RequestDrawdown:
        """Return the drawdown of a fresh approval."""
        ask = application(serial, amount_fen=amount_fen)
        told = self.decided(ask)
        assert told.credit_no is not None
        return drawdown(ask, told.credit_no)


_TOLD_APART = {"occurred_at", "extra", "capital", "reason", "reason_code"}
"""What one source of a fact may leave out and another say."""


def _core(fact: AnyTold) -> dict[str, object]:
    return fact.model_dump(exclude=_TOLD_APART)


def application(serial: int, *, declined: bool = False, amount_fen: int = 1_000_001) -> ApplyForCredit:
    """Return an application whose identity number the partner approves, or declines."""
    return ApplyForCredit(
        subject=f"att_{serial}",
        product="cash",
        amount_fen=amount_fen,
        term_months=6,
        method=RepaymentMethod.EQUAL_INSTALMENT,
        annual_rate=RATE,
        purpose="decoration",
        applicant=person(serial, declined=declined),
    )


def drawdown(ask: ApplyForCredit, credit_no: str) -> RequestDrawdown:
    """Return the drawdown of the whole approved amount."""
    return RequestDrawdown(
        subject=ask.subject.replace("att_", "draw_"),
        credit_no=credit_no,
        amount_fen=ask.amount_fen,
        term_months=ask.term_months,
        method=ask.method,
        annual_rate=ask.annual_rate,
        payee=ask.applicant.name,
        bank_card=ask.applicant.bank_card,
    )


def person(serial: int, *, declined: bool = False) -> Applicant:
    """Return an invented borrower."""
    return Applicant(
        name=PersonName("欧阳测试"),
        id_number=id_number(serial, declined=declined),
        mobile=Mobile("13912345678"),
        bank_card=BankCard("6222021234567890128"),
        address=Address("北京市东城区示例路1号"),
        region="110101",
        occupation="engineer",
        monthly_income_fen=1_234_500,
    )


def id_number(serial: int, *, declined: bool = False) -> IdNumber:
    """Return an identity number ending in X for a borrower to be declined, else one approved and paid."""
    for day in range(serial % 20 * 14, 10_000):
        born = datetime(1985, 1, 1) + timedelta(days=day)  # noqa: DTZ001  a birth date has no zone
        for order in (1, 3, 5, 7):
            stem = f"110101{born:%Y%m%d}{order:03d}"
            check = ric.calc_check_digit(stem + "0")
            if (check == "X") is declined:
                return IdNumber(stem + check)
    raise AssertionError("no such number")
