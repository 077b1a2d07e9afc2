"""The bank's words: yuan with two decimals, Shanghai wall-clock times, snake_case JSON in biz_content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BeforeValidator

from connectors import facts
from connectors.codes import load_codes
from connectors.units import DashedDay, LocalTime, Rate, Yuan, business_day
from connectors.words import Telling, Words, making_sense
from contracts.messages import (
    AnyTold,
    ApplyForCredit,
    PlanTold,
    RefundKind,
    RepaymentKind,
    RequestDrawdown,
)
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)

APPLY = "/api/loan/credit/apply/V1"
CREDIT_QUERY = "/api/loan/credit/query/V1"
DRAWDOWN = "/api/loan/drawdown/apply/V1"
DRAWDOWN_QUERY = "/api/loan/drawdown/query/V1"
PLAN_QUERY = "/api/loan/plan/query/V1"

METHODS = {
    RepaymentMethod.EQUAL_INSTALMENT: "01",
    RepaymentMethod.EQUAL_PRINCIPAL: "02",
    RepaymentMethod.INTEREST_FIRST: "03",
}
REPAY_TYPES = {
    "01": RepaymentKind.NORMAL,
    "02": RepaymentKind.EARLY,
    "03": RepaymentKind.PARTIAL,
    "04": RepaymentKind.OVERDUE,
    "05": RepaymentKind.AFTER_COMPENSATION,
}
REFUND_TYPES = {"1": RefundKind.REPAYMENT, "2": RefundKind.DISBURSEMENT}

Code = Annotated[
    str, BeforeValidator(lambda code: str(code) if type(code) is int else code)  # 0 and "0" both occur
]


class Apply(Words):
    """授信申请."""

    third_apply_id: str
    product_id: str
    apply_amount: Yuan
    loan_term: int
    repay_mode: str
    year_rate: Rate
    purpose: str
    cust_name: PersonName
    id_type: str = "01"
    id_no: IdNumber
    mobile: Mobile
    card_no: BankCard
    district_code: str
    address: Address | None = None
    occupation: str | None = None
    month_income: Yuan | None = None

    @classmethod
    def of(cls, ask: ApplyForCredit, settings: Mapping[str, str]) -> Self:
        """Return our application in the bank's words; `product.<ours>` in the settings names its product."""
        person = ask.applicant
        with making_sense():
            return cls(
                third_apply_id=ask.subject,
                product_id=settings.get(f"product.{ask.product}", ask.product),
                apply_amount=ask.amount_fen,
                loan_term=ask.term_months,
                repay_mode=METHODS[ask.method],
                year_rate=ask.annual_rate,
                purpose=ask.purpose,
                cust_name=person.name,
                id_no=person.id_number,
                mobile=person.mobile,
                card_no=person.bank_card,
                district_code=person.region,
                address=person.address,
                occupation=person.occupation,
                month_income=person.monthly_income_fen,
            )


class CreditQuery(Words):
    """授信结果查询."""

    third_apply_id: str
    credit_no: str | None = None


class Drawdown(Words):
    """用信申请."""

    loan_apply_no: str
    credit_no: str
    loan_amount: Yuan
    loan_term: int
    repay_mode: str
    year_rate: Rate
    payee_name: PersonName
    payee_account: BankCard

    @classmethod
    def of(cls, ask: RequestDrawdown) -> Self:
        """Return our drawdown in the bank's words."""
        with making_sense():
            return cls(
                loan_apply_no=ask.subject,
                credit_no=ask.credit_no,
                loan_amount=ask.amount_fen,
                loan_term=ask.term_months,
                repay_mode=METHODS[ask.method],
                year_rate=ask.annual_rate,
                payee_name=ask.payee,
                payee_account=ask.bank_card,
            )


class DrawdownQuery(Words):
    """放款结果查询."""

    loan_apply_no: str
    credit_no: str


class PlanQuery(Words):
    """还款计划查询."""

    loan_no: str


class Reply(Words):
    """What every answer begins with."""

    return_code: Code
    return_msg: str = ""
    msg_id: str


class Credit(Telling):
    """授信结果, as a notification and within an answer."""

    third_apply_id: str
    apply_status: str
    credit_no: str | None = None
    credit_limit: Yuan | None = None
    year_rate: Rate | None = None
    valid_date: DashedDay | None = None
    decide_time: LocalTime | None = None
    reject_code: str | None = None
    reject_msg: str | None = None
    reject_period: int | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return the decision."""
        return (
            facts.credit(
                CODES["credit_status"].line(self.apply_status, self.reject_msg),
                subject=self.third_apply_id,
                at=self.decide_time,
                credit_no=self.credit_no,
                limit_fen=self.credit_limit,
                annual_rate=self.year_rate,
                valid_until=self.valid_date,
                reason_code=self.reject_code,
                reason=self.reject_msg,
                retry_after_days=self.reject_period,
                extra=self.kept(),
            ),
        )


class PlanRow(Words):
    """One term of a plan."""

    period: int
    due_date: DashedDay
    principal: Yuan
    interest: Yuan
    fee: Yuan = 0


def plan(loan_no: str, version: int, rows: tuple[PlanRow, ...]) -> PlanTold:
    """Return the plan as a fact."""
    return facts.plan(
        loan_no, version, (facts.term(r.period, r.due_date, r.principal, r.interest, r.fee) for r in rows)
    )


class Disbursement(Telling):
    """放款结果; a disbursement carries its plan."""

    loan_apply_no: str
    loan_status: str
    loan_no: str | None = None
    loan_amount: Yuan | None = None
    loan_time: LocalTime | None = None
    fail_code: str | None = None
    fail_reason: str | None = None
    plan_version: int = 1
    repay_plan: tuple[PlanRow, ...] = ()

    def told(self) -> tuple[AnyTold, ...]:
        """Return the disbursement and, when it came with one, its plan."""
        paid = facts.drawdown(
            CODES["loan_status"].line(self.loan_status, self.fail_reason),
            subject=self.loan_apply_no,
            at=self.loan_time,
            loan_no=self.loan_no,
            amount_fen=self.loan_amount,
            disbursed_on=business_day(self.loan_time) if self.loan_time else None,
            reason_code=self.fail_code,
            reason=self.fail_reason,
            extra=self.kept(),
        )
        if self.loan_no is None or not self.repay_plan:
            return (paid,)
        return paid, plan(self.loan_no, self.plan_version, self.repay_plan)


class Plan(Telling):
    """还款计划."""

    loan_no: str
    plan_version: int = 1
    repay_plan: tuple[PlanRow, ...]

    def told(self) -> tuple[AnyTold, ...]:
        """Return the plan."""
        return (plan(self.loan_no, self.plan_version, self.repay_plan),)


class RepayRow(Words):
    """One repayment; period 0 means that all which remained was settled."""

    loan_no: str
    repay_serial: str
    repay_type: str
    period: int
    repay_time: LocalTime
    principal: Yuan
    interest: Yuan
    fee: Yuan = 0
    penalty: Yuan = 0

    def fact(self) -> AnyTold:
        """Return the repayment."""
        return facts.repayment(
            REPAY_TYPES.get(self.repay_type),
            self.repay_type,
            loan_no=self.loan_no,
            serial=self.repay_serial,
            period=self.period or None,
            paid_on=business_day(self.repay_time),
            principal_fen=self.principal,
            interest_fen=self.interest,
            fee_fen=self.fee,
            penalty_fen=self.penalty,
            at=self.repay_time,
            extra=self.kept(),
        )


class CompensationRow(Words):
    """One 代偿."""

    loan_no: str
    comp_serial: str
    period: int
    comp_time: LocalTime
    principal: Yuan
    interest: Yuan
    penalty: Yuan = 0

    def fact(self) -> AnyTold:
        """Return the compensation."""
        return facts.compensation(
            loan_no=self.loan_no,
            serial=self.comp_serial,
            period=self.period,
            paid_on=business_day(self.comp_time),
            principal_fen=self.principal,
            interest_fen=self.interest,
            penalty_fen=self.penalty,
            at=self.comp_time,
            extra=self.kept(),
        )


class RefundRow(Words):
    """One 退款 or 退单."""

    loan_no: str
    refund_serial: str
    refund_type: str
    original_serial: str | None = None
    refund_time: LocalTime
    principal: Yuan
    interest: Yuan = 0
    fee: Yuan = 0
    penalty: Yuan = 0

    def fact(self) -> AnyTold:
        """Return the refund."""
        return facts.refund(
            REFUND_TYPES.get(self.refund_type),
            self.refund_type,
            loan_no=self.loan_no,
            serial=self.refund_serial,
            original_serial=self.original_serial,
            paid_on=business_day(self.refund_time),
            principal_fen=self.principal,
            interest_fen=self.interest,
            fee_fen=self.fee,
            penalty_fen=self.penalty,
            at=self.refund_time,
            extra=self.kept(),
        )


class CreditReply(Reply, Credit):
    """Answer to a credit query that found the application."""


class DisbursementReply(Reply, Disbursement):
    """Answer to a drawdown query that found the drawdown."""


class PlanReply(Reply, Plan):
    """Answer to a plan query that found the loan."""


class Notice(Words):
    """What every notification carries: the bank's number of the message, the same when it is sent again."""

    msg_id: str


class CreditNotice(Notice, Credit):
    """授信结果通知."""


class DisbursementNotice(Notice, Disbursement):
    """放款结果通知."""


class RepayNotice(Notice, Telling):
    """还款通知, several at a time after the nightly collection."""

    details: tuple[RepayRow, ...]

    def told(self) -> tuple[AnyTold, ...]:
        """Return the repayments."""
        return tuple(row.fact() for row in self.details)


class CompensationNotice(Notice, Telling):
    """代偿通知."""

    details: tuple[CompensationRow, ...]

    def told(self) -> tuple[AnyTold, ...]:
        """Return the compensations."""
        return tuple(row.fact() for row in self.details)


class RefundNotice(Notice, Telling):
    """退款通知."""

    details: tuple[RefundRow, ...]

    def told(self) -> tuple[AnyTold, ...]:
        """Return the refunds."""
        return tuple(row.fact() for row in self.details)


class Acknowledgement(Words):
    """What the bank wants to hear: 0 and its own msg_id."""

    return_code: int
    return_msg: str
    msg_id: str
