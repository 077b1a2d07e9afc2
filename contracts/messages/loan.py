"""A loan and its life: drawdown, plan, repayments, compensation, refunds, the certificate at the end."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from contracts.messages.base import Ask, Location, Period, Sha256, Strict, Text, Told, Words
from contracts.money import Fen, Rate
from contracts.programme import RepaymentMethod
from contracts.sensitive import BankCard, PersonName


class RepaymentKind(StrEnum):
    """How a repayment came about."""

    NORMAL = "normal"
    EARLY = "early"  # early settlement of the whole loan
    PARTIAL = "partial"
    OVERDUE = "overdue"
    AFTER_COMPENSATION = "after_compensation"  # recovered from the borrower after the guarantor had paid


# What we ask


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


class QueryMovements(Ask):
    """Ask what moved on all our loans on a day that has ended, a page at a time.

    `subject` names the day's inquiry at the hub; `skip` is how many movements of the day are known already.
    """

    kind: Literal["query_movements"] = "query_movements"
    day: date
    skip: Annotated[int, Field(ge=0, strict=True)] = 0


class TrialRepayment(Ask):
    """Ask what the borrower would owe on a day. `period` is empty for an early settlement."""

    kind: Literal["trial_repayment"] = "trial_repayment"
    loan_no: Text
    how: RepaymentKind
    period: Period | None = None
    on: date


class RequestRepayment(Ask):
    """Ask the partner to debit the borrower. `subject` names the order; `RepaymentTold` tells the money."""

    kind: Literal["repay"] = "repay"
    loan_no: Text
    how: RepaymentKind
    period: Period | None = None
    principal_fen: Fen
    interest_fen: Fen
    fee_fen: Fen = 0
    penalty_fen: Fen = 0


class QueryRepayment(Ask):
    """Ask what became of a repayment order."""

    kind: Literal["query_repayment"] = "query_repayment"
    loan_no: Text


class RequestCertificate(Ask):
    """Ask for the certificate that a loan is settled (结清证明)."""

    kind: Literal["certificate"] = "certificate"
    loan_no: Text


class TakeOver(StrEnum):
    """How the guarantor or platform stands in for the borrower."""

    COMPENSATION = "compensation"  # 代偿: the sums of some terms
    BUY_BACK = "buy_back"  # 回购: the whole claim


class TellTakeOver(Ask):
    """Tell the partner that the guarantor paid, or buys the claim back. `subject` is the serial number.

    `period` is empty for a whole loan.
    """

    kind: Literal["take_over"] = "take_over"
    loan_no: Text
    how: TakeOver
    period: Period | None = None
    payer: Text
    paid_on: date
    principal_fen: Fen
    interest_fen: Fen
    penalty_fen: Fen = 0


# What they tell


class DrawdownOutcome(StrEnum):
    """What a partner says of a drawdown."""

    DISBURSED = "disbursed"
    FAILED = "failed"
    PENDING = "pending"
    NOT_FOUND = "not_found"


class CapitalShare(Strict):
    """Which share of a loan's capital a party provides, as a fraction; `leads` marks the main lender."""

    party: Text
    rate: Rate
    leads: bool = False


class DrawdownTold(Told):
    """The partner's word on a drawdown. A disbursement states its loan number, amount and day."""

    kind: Literal["drawdown"] = "drawdown"
    subject: Text
    outcome: DrawdownOutcome
    loan_no: Text | None = None
    amount_fen: Fen | None = None
    disbursed_on: date | None = None
    capital: Annotated[tuple[CapitalShare, ...], Field(min_length=1, max_length=20)] | None = None
    """Who provided which share, where the partner says so; together they are the whole."""
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
        if self.capital is not None and sum(share.rate for share in self.capital) != 1:
            raise ValueError("the shares of capital together are the whole")
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


class PageTold(Told):
    """An inquiry about a day was answered. `skip` says where to go on; without it the day is complete.

    A day without movements is complete and has no others: that is another thing than no answer.
    """

    kind: Literal["page"] = "page"
    day: date
    skip: Annotated[int, Field(ge=0, strict=True)] | None = None


class TrialTold(Told):
    """What the borrower would owe on a day."""

    kind: Literal["trial"] = "trial"
    loan_no: Text
    on: date
    principal_fen: Fen
    interest_fen: Fen
    fee_fen: Fen = 0
    penalty_fen: Fen = 0


class RepayOutcome(StrEnum):
    """What a partner says of a repayment order."""

    PAID = "paid"
    FAILED = "failed"
    PENDING = "pending"
    NOT_FOUND = "not_found"


class RepayOrderTold(Told):
    """The partner's word on an order to debit the borrower. The money itself is told as `RepaymentTold`."""

    kind: Literal["repay_order"] = "repay_order"
    subject: Text
    outcome: RepayOutcome
    reason_code: Text | None = None
    reason: Words | None = None


class BuyBackTold(Told):
    """The claim on a loan was bought back from the funder (回购)."""

    kind: Literal["buy_back"] = "buy_back"
    loan_no: Text
    serial: Text
    paid_on: date
    principal_fen: Fen
    interest_fen: Fen
    penalty_fen: Fen = 0


class WaiverTold(Told):
    """The partner forgave the borrower a part of what is owed (减免, 免息). No money moved.

    `period` is empty when it concerns the whole loan; `borne_by` is the party whose income it lowers, where
    the partner says so.
    """

    kind: Literal["waiver"] = "waiver"
    loan_no: Text
    serial: Text
    period: Period | None = None
    waived_on: date
    principal_fen: Fen = 0
    interest_fen: Fen = 0
    fee_fen: Fen = 0
    penalty_fen: Fen = 0
    borne_by: Text | None = None


class CertificateTold(Told):
    """Where the certificate of settlement lies, and its hash; both empty while it is being made."""

    kind: Literal["certificate"] = "certificate"
    loan_no: Text
    location: Location | None = None
    sha256: Sha256 | None = None
