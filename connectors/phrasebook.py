"""A partner's messages as lists of fields: our names, its units and its names; what they tell follows.

A dialect declares under each of our names the partner's unit and, as the alias, the partner's name. What it
does not declare is not written. (So what a dialect may lack is None here, never a default.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from inspect import get_annotations
from typing import ClassVar, Generic, Protocol, Self, TypeVar

from connectors import facts
from connectors.codes import CodeBook
from connectors.port import Unreadable
from connectors.units import business_day
from connectors.words import Telling, Words, making_sense
from contracts.messages import (
    AnyAsk,
    AnyTold,
    HintAbout,
    PlanTold,
    RefundKind,
    RepaymentKind,
    TakeOver,
)
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

MovementKind = RepaymentKind | RefundKind | TakeOver
"""What a partner's code for money that moved stands for."""


_TOOLBOX = __name__.rpartition(".")[0]


@cache
def _declared(message: type[Phrase]) -> frozenset[str]:
    own = (base for base in message.__mro__ if base.__module__.rpartition(".")[0] != _TOOLBOX)
    return frozenset(name for base in own for name in get_annotations(base))


class Phrase(Words):
    """The base of a dialect's messages. `codes` has the tables `credit_status` and `loan_status`."""

    codes: ClassVar[CodeBook]
    methods: ClassVar[Mapping[RepaymentMethod, str]]
    movements: ClassVar[Mapping[str, MovementKind]] = {}

    @classmethod
    def own(cls) -> frozenset[str]:
        """Return the fields the dialect declares."""
        return _declared(cls)

    @classmethod
    def filled(cls, values: Mapping[str, object]) -> Self:
        """Return the message made of those values the dialect has a field for. Raises Unreadable."""
        own = cls.own()
        with making_sense():
            # By our names alone: a partner may use one of them for something else.
            ours = {name: value for name, value in values.items() if name in own}
            return cls.model_validate(ours, by_alias=False, by_name=True)

    @classmethod
    def of(cls, ask: AnyAsk, settings: Mapping[str, str]) -> Self:
        """Return our ask in the partner's words; `product.<ours>` in the settings names its product.

        Raises Unreadable when a value does not fit the partner's form.
        """
        values: dict[str, object] = dict(ask)
        values |= dict(getattr(ask, "applicant", ()))
        method, product = getattr(ask, "method", None), getattr(ask, "product", None)
        if method is not None:
            values["method"] = cls.methods[method]
        if product is not None:
            values["product"] = settings.get(f"product.{product}", product)
        return cls.filled(values)


# What we ask


class Application(Phrase):
    """授信申请; the bare minimum a lender decides on."""

    subject: str
    amount_fen: int
    annual_rate: Decimal
    id_number: IdNumber


class Applying(Application):
    """授信申请 with everything we know of the borrower."""

    product: str
    term_months: int
    method: str
    purpose: str
    name: PersonName
    mobile: Mobile
    bank_card: BankCard
    region: str
    address: Address | None = None
    occupation: str | None = None
    monthly_income_fen: int | None = None


class Draw(Phrase):
    """用信申请."""

    subject: str
    credit_no: str
    amount_fen: int
    term_months: int
    method: str
    annual_rate: Decimal


class Question(Phrase):
    """A question about what has the number `subject` or `loan_no`, or about a day's movements."""

    subject: str = ""
    credit_no: str | None = None
    loan_no: str | None = None
    day: date | None = None
    skip: int | None = None


# What they tell


class CreditNews(Phrase, Telling):
    """授信结果."""

    subject: str
    status: str
    credit_no: str | None = None
    limit_fen: int | None = None
    annual_rate: Decimal | None = None
    valid_until: date | None = None
    at: datetime | None = None
    reason_code: str | None = None
    reason: str | None = None
    retry_after_days: int | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return the decision."""
        return (
            facts.credit(
                self.codes["credit_status"].line(self.status, self.reason),
                subject=self.subject,
                at=self.at,
                credit_no=self.credit_no,
                limit_fen=self.limit_fen,
                annual_rate=self.annual_rate,
                valid_until=self.valid_until,
                reason_code=self.reason_code,
                reason=self.reason,
                retry_after_days=self.retry_after_days,
                extra=self.kept(),
            ),
        )


class Sign(Phrase, Telling):
    """A sign that there is news of `subject`, which proves nothing or is not to be believed unasked."""

    about: ClassVar[HintAbout]
    subject: str

    def told(self) -> tuple[AnyTold, ...]:
        """Return the hint and nothing else the partner may have said."""
        return (facts.hint(self.about, self.subject),)


class Term(Phrase):
    """One term of a plan."""

    period: int
    due_on: date
    principal_fen: int
    interest_fen: int
    fee_fen: int | None = None


def plan_of(loan_no: str, version: int | None, terms: Sequence[Term]) -> PlanTold:
    """Return the plan as a fact."""
    ours = (facts.term(t.period, t.due_on, t.principal_fen, t.interest_fen, t.fee_fen or 0) for t in terms)
    return facts.plan(loan_no, version or 1, ours)


class LoanNews(Phrase, Telling):
    """放款结果; a disbursement may carry its plan."""

    subject: str
    status: str
    loan_no: str | None = None
    amount_fen: int | None = None
    at: datetime | None = None
    disbursed_on: date | None = None
    reason_code: str | None = None
    reason: str | None = None
    plan_version: int | None = None
    terms: tuple[Term, ...] | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return the disbursement and, when it came with one, its plan."""
        day = self.disbursed_on or (None if self.at is None else business_day(self.at))
        paid = facts.drawdown(
            self.codes["loan_status"].line(self.status, self.reason),
            subject=self.subject,
            at=self.at,
            loan_no=self.loan_no,
            amount_fen=self.amount_fen,
            disbursed_on=day,
            reason_code=self.reason_code,
            reason=self.reason,
            extra=self.kept(),
        )
        if self.loan_no is None or not self.terms:
            return (paid,)
        return paid, plan_of(self.loan_no, self.plan_version, self.terms)


class Schedule(Phrase, Telling):
    """还款计划."""

    loan_no: str
    plan_version: int | None = None
    terms: tuple[Term, ...]

    def told(self) -> tuple[AnyTold, ...]:
        """Return the plan."""
        return (plan_of(self.loan_no, self.plan_version, self.terms),)


class Movement(Phrase):
    """Money that moved on a loan; without a period, or with period 0, all that remained."""

    loan_no: str
    serial: str
    type: str
    period: int | None = None
    at: datetime | None = None
    paid_on: date | None = None
    principal_fen: int
    interest_fen: int | None = None
    fee_fen: int | None = None
    penalty_fen: int | None = None
    original_serial: str | None = None

    def day(self) -> date:
        """Return the business day. Raises Unreadable when the partner names none."""
        if self.paid_on is not None:
            return self.paid_on
        if self.at is None:
            raise Unreadable("a movement without its day")
        return business_day(self.at)

    def identity(self) -> str:
        """Return the serial number that is the partner's for ever."""
        return self.serial

    def original(self) -> str | None:
        """Return the identity of the repayment that is taken back."""
        return self.original_serial

    def fact(self) -> AnyTold:
        """Return what moved."""
        kind = self.movements.get(self.type)
        if isinstance(kind, RefundKind):
            return self._refund(kind)
        if isinstance(kind, RepaymentKind) or kind is None:
            return facts.repayment(
                kind,
                self.type,
                loan_no=self.loan_no,
                serial=self.identity(),
                period=self.period or None,
                paid_on=self.day(),
                principal_fen=self.principal_fen,
                interest_fen=self.interest_fen or 0,
                fee_fen=self.fee_fen or 0,
                penalty_fen=self.penalty_fen or 0,
                at=self.at,
                extra=self.kept(),
            )
        if kind is TakeOver.BUY_BACK:
            return facts.buy_back(
                loan_no=self.loan_no,
                serial=self.identity(),
                paid_on=self.day(),
                principal_fen=self.principal_fen,
                interest_fen=self.interest_fen or 0,
                penalty_fen=self.penalty_fen or 0,
                at=self.at,
                extra=self.kept(),
            )
        if not self.period:
            raise Unreadable("a compensation without its period")
        return facts.compensation(
            loan_no=self.loan_no,
            serial=self.identity(),
            period=self.period,
            paid_on=self.day(),
            principal_fen=self.principal_fen,
            interest_fen=self.interest_fen or 0,
            penalty_fen=self.penalty_fen or 0,
            at=self.at,
            extra=self.kept(),
        )

    def _refund(self, what: RefundKind) -> AnyTold:
        return facts.refund(
            what,
            self.type,
            loan_no=self.loan_no,
            serial=self.identity(),
            original_serial=self.original(),
            paid_on=self.day(),
            principal_fen=self.principal_fen,
            interest_fen=self.interest_fen or 0,
            fee_fen=self.fee_fen or 0,
            penalty_fen=self.penalty_fen or 0,
            at=self.at,
            extra=self.kept(),
        )


class Movements(Phrase, Telling):
    """Money that moved, in a notice or in a page of an answer."""

    rows: tuple[Movement, ...] = ()

    def told(self) -> tuple[AnyTold, ...]:
        """Return the movements."""
        return tuple(row.fact() for row in self.rows)


class Asks(Protocol):
    """What a connector needs of a book of any kind: the messages that ask, by our kinds."""

    @property
    def asks(self) -> Mapping[str, type[Phrase]]: ...


T = TypeVar("T", bound=Telling)


class Framed(Telling, Generic[T]):
    """A message inside a frame that has a head of its own; the dialect declares the head and the alias."""

    body: T

    def told(self) -> tuple[AnyTold, ...]:
        """Return what the message inside tells."""
        return self.body.told()


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """A dialect's messages by our kinds. `row` is one movement of `movements`; a notice that has words of its
    own for them stands in `apart`, by its kind.

    `asks` is what travels in a request, `answers` what an answer to a question holds, each with its frame.
    `errands` is what the answer to any other kind of ask tells, without its frame.
    """

    asks: Mapping[str, type[Phrase]]
    answers: Mapping[str, type[Telling]]
    credit: type[CreditNews]
    loan: type[LoanNews]
    term: type[Term]
    movements: type[Movements]
    row: type[Movement]
    errands: Mapping[str, type[Phrase]] = field(default_factory=dict)
    apart: Mapping[str, tuple[type[Movements], type[Movement]]] = field(default_factory=dict)

    def extended(
        self,
        *,
        asks: Mapping[str, type[Phrase]],
        answers: Mapping[str, type[Telling]],
        errands: Mapping[str, type[Phrase]],
    ) -> Phrasebook:
        """Return the book with more that may be asked, beside applications and drawdowns."""
        return replace(
            self,
            asks={**self.asks, **asks},
            answers={**self.answers, **answers},
            errands={**self.errands, **errands},
        )
