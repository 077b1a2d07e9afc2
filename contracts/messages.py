"""Every message across a partner's border, in our words: what we ask, and what they tell.

Amounts are integer fen, rates Decimal annual fractions, times aware UTC, business dates Asia/Shanghai.
What a partner tells is a fact to be checked, never an instruction; what cannot be mapped is `Unclear`, which
leaves everything pending.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from contracts.money import Fen, Rate
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

Text = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name or number; no control characters, which a database column and a line of a file cannot hold."""
Period = Annotated[int, Field(ge=1, le=600, strict=True)]


def _readable(words: str) -> str:
    return "".join(c if c.isprintable() else " " for c in words)


Words = Annotated[str, AfterValidator(_readable)]
"""What a partner wrote for people to read; what cannot be printed becomes blanks."""

# An error goes into logs and answers: it names the place and the fault, never what was found there.
_SILENT = ConfigDict(hide_input_in_errors=True)


class Strict(BaseModel):
    """Our own words: immutable, unknown fields refused, no silent conversion of amounts, rates and counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Applicant(Strict):
    """The borrower, as the partner that may lend needs to know them."""

    name: PersonName
    id_number: IdNumber
    mobile: Mobile
    bank_card: BankCard
    address: Address | None = None
    region: Annotated[str, Field(pattern=r"^[1-9][0-9]{5}$")]
    """GB/T 2260 code of the place of residence."""
    occupation: Text | None = None
    monthly_income_fen: Fen | None = None


# What we ask


class Ask(Strict):
    """A request to a partner. `subject` is the hub's number of the thing asked about, the same for ever."""

    subject: Text


class ApplyForCredit(Ask):
    """Ask the partner to decide on an application. `subject` names the attempt."""

    kind: Literal["apply"] = "apply"
    product: Text
    amount_fen: Fen
    term_months: Period
    method: RepaymentMethod
    annual_rate: Rate
    purpose: Text
    applicant: Applicant


class QueryCredit(Ask):
    """Ask what became of an application at the partner."""

    kind: Literal["query_credit"] = "query_credit"
    credit_no: Text | None = None


class RequestDrawdown(Ask):
    """Ask the partner to disburse under an approval."""

    kind: Literal["drawdown"] = "drawdown"
    credit_no: Text
    amount_fen: Fen
    term_months: Period
    method: RepaymentMethod
    annual_rate: Rate
    payee: PersonName
    bank_card: BankCard


class QueryDrawdown(Ask):
    """Ask what became of a drawdown."""

    kind: Literal["query_drawdown"] = "query_drawdown"
    credit_no: Text


class QueryPlan(Ask):
    """Ask for the repayment plan of a loan."""

    kind: Literal["query_plan"] = "query_plan"
    loan_no: Text


AnyAsk = Annotated[
    ApplyForCredit | QueryCredit | RequestDrawdown | QueryDrawdown | QueryPlan, Field(discriminator="kind")
]
ASK: TypeAdapter[AnyAsk] = TypeAdapter(AnyAsk, config=_SILENT)


# What they tell


class Told(Strict):
    """A fact from a partner.

    `event_id` is the partner's identity of this fact, unique per partner: the same fact told by callback,
    query and file carries the same one. `extra` keeps the partner's fields we have no word for.
    """

    event_id: Text
    occurred_at: AwareDatetime | None = None
    extra: dict[str, str] = Field(default_factory=dict)


class CreditOutcome(StrEnum):
    """What a partner says of an application."""

    APPROVED = "approved"
    DECLINED = "declined"
    PENDING = "pending"
    NOT_FOUND = "not_found"


class CreditTold(Told):
    """The partner's word on an application. An approval states its number, limit and rate."""

    kind: Literal["credit"] = "credit"
    subject: Text
    outcome: CreditOutcome
    credit_no: Text | None = None
    limit_fen: Fen | None = None
    annual_rate: Rate | None = None
    valid_until: date | None = None
    reason_code: Text | None = None
    reason: Words | None = None
    retry_after_days: Annotated[int, Field(ge=0, le=3650, strict=True)] | None = None

    @model_validator(mode="after")
    def _approval_is_complete(self) -> CreditTold:
        if self.outcome is CreditOutcome.APPROVED and (self.credit_no is None or self.limit_fen is None):
            raise ValueError("an approval states credit_no and limit_fen")
        return self


class DrawdownOutcome(StrEnum):
    """What a partner says of a drawdown."""

    DISBURSED = "disbursed"
    FAILED = "failed"
    PENDING = "pending"
    NOT_FOUND = "not_found"


class DrawdownTold(Told):
    """The partner's word on a drawdown. A disbursement states its loan number, amount and day."""

    kind: Literal["drawdown"] = "drawdown"
    subject: Text
    outcome: DrawdownOutcome
    loan_no: Text | None = None
    amount_fen: Fen | None = None
    disbursed_on: date | None = None
    reason_code: Text | None = None
    reason: Words | None = None

    @model_validator(mode="after")
    def _disbursement_is_complete(self) -> DrawdownTold:
        if self.outcome is DrawdownOutcome.DISBURSED and None in (
            self.loan_no,
            self.amount_fen,
            self.disbursed_on,
        ):
            raise ValueError("a disbursement states loan_no, amount_fen and disbursed_on")
        return self


class PlanTerm(Strict):
    """One term of a repayment plan."""

    period: Period
    due_on: date
    principal_fen: Fen
    interest_fen: Fen
    fee_fen: Fen = 0


class PlanTold(Told):
    """The partner's repayment plan of a loan."""

    kind: Literal["plan"] = "plan"
    loan_no: Text
    terms: Annotated[tuple[PlanTerm, ...], Field(min_length=1, max_length=600)]


class RepaymentKind(StrEnum):
    """How a repayment came about."""

    NORMAL = "normal"
    EARLY = "early"  # early settlement of the whole loan
    PARTIAL = "partial"
    OVERDUE = "overdue"
    AFTER_COMPENSATION = "after_compensation"  # recovered from the borrower after the guarantor had paid


class RepaymentTold(Told):
    """Money received from the borrower. `period` is empty for an early settlement of all that remains."""

    kind: Literal["repayment"] = "repayment"
    loan_no: Text
    serial: Text
    how: RepaymentKind
    period: Period | None
    paid_on: date
    principal_fen: Fen
    interest_fen: Fen
    fee_fen: Fen = 0
    penalty_fen: Fen = 0


class CompensationTold(Told):
    """The guarantor paid the funder in the borrower's stead (代偿)."""

    kind: Literal["compensation"] = "compensation"
    loan_no: Text
    serial: Text
    period: Period
    paid_on: date
    principal_fen: Fen
    interest_fen: Fen
    penalty_fen: Fen = 0


class RefundKind(StrEnum):
    """What is being taken back."""

    REPAYMENT = "repayment"  # a repayment, in whole or in part
    DISBURSEMENT = "disbursement"  # the transfer came back or the loan was unwound


class RefundTold(Told):
    """Money given back: of a repayment, named by `original_serial`, or of the disbursement."""

    kind: Literal["refund"] = "refund"
    loan_no: Text
    serial: Text
    what: RefundKind
    original_serial: Text | None = None
    paid_on: date
    principal_fen: Fen
    interest_fen: Fen = 0
    fee_fen: Fen = 0
    penalty_fen: Fen = 0

    @model_validator(mode="after")
    def _repayment_is_named(self) -> RefundTold:
        if self.what is RefundKind.REPAYMENT and self.original_serial is None:
            raise ValueError("a refund of a repayment names it in original_serial")
        return self


class Unclear(Told):
    """An authentic message whose meaning we do not know. Everything it may concern stays pending."""

    kind: Literal["unclear"] = "unclear"
    subject: Text | None = None
    code: Words
    message: Words = ""


AnyTold = Annotated[
    CreditTold | DrawdownTold | PlanTold | RepaymentTold | CompensationTold | RefundTold | Unclear,
    Field(discriminator="kind"),
]
TOLD: TypeAdapter[AnyTold] = TypeAdapter(AnyTold, config=_SILENT)
MANY_TOLD: TypeAdapter[tuple[AnyTold, ...]] = TypeAdapter(tuple[AnyTold, ...], config=_SILENT)
