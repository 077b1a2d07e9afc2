"""The consumer-finance company's words: whole fen, yyyyMMdd and epoch milliseconds, camelCase JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from connectors import facts
from connectors.codes import load_codes
from connectors.units import CompactDay, EpochMs, Rate
from connectors.words import Telling, Words, making_sense
from contracts.messages import AnyTold, ApplyForCredit, RefundKind, RepaymentKind, RequestDrawdown
from contracts.money import Fen
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)

METHODS = {
    RepaymentMethod.EQUAL_INSTALMENT: "1",
    RepaymentMethod.EQUAL_PRINCIPAL: "2",
    RepaymentMethod.INTEREST_FIRST: "4",
}
REPAY_MODES = {
    "10": RepaymentKind.NORMAL,
    "30": RepaymentKind.EARLY,
    "20": RepaymentKind.PARTIAL,
    "40": RepaymentKind.OVERDUE,
    "50": RepaymentKind.AFTER_COMPENSATION,
}
REFUND_MODES = {"R": RefundKind.REPAYMENT, "C": RefundKind.DISBURSEMENT}


class Camel(Words):
    """Base of all its messages."""

    model_config = ConfigDict(alias_generator=to_camel)


class Tells(Telling):
    """Base of its messages that tell facts."""

    model_config = ConfigDict(alias_generator=to_camel)


class Apply(Camel):
    """授信申请."""

    apply_id: str
    product_code: str
    apply_amt: Fen
    loan_term: int
    repay_type: str
    cust_rate: Rate
    loan_use: str
    cust_name: PersonName
    cert_no: IdNumber
    phone_no: Mobile
    card_no: BankCard
    area_code: str
    live_addr: Address | None = None
    job: str | None = None
    month_income: Fen | None = None

    @classmethod
    def of(cls, ask: ApplyForCredit, settings: Mapping[str, str]) -> Self:
        """Return our application in its words; `product.<ours>` in the settings names its product."""
        person = ask.applicant
        with making_sense():
            return cls(
                apply_id=ask.subject,
                product_code=settings.get(f"product.{ask.product}", ask.product),
                apply_amt=ask.amount_fen,
                loan_term=ask.term_months,
                repay_type=METHODS[ask.method],
                cust_rate=ask.annual_rate,
                loan_use=ask.purpose,
                cust_name=person.name,
                cert_no=person.id_number,
                phone_no=person.mobile,
                card_no=person.bank_card,
                area_code=person.region,
                live_addr=person.address,
                job=person.occupation,
                month_income=person.monthly_income_fen,
            )


class CreditQuery(Camel):
    """授信查询."""

    apply_id: str


class Drawdown(Camel):
    """借款申请."""

    loan_apply_id: str
    credit_no: str
    loan_amt: Fen
    loan_term: int
    repay_type: str
    cust_rate: Rate
    rcv_name: PersonName
    rcv_card_no: BankCard

    @classmethod
    def of(cls, ask: RequestDrawdown) -> Self:
        """Return our drawdown in its words."""
        with making_sense():
            return cls(
                loan_apply_id=ask.subject,
                credit_no=ask.credit_no,
                loan_amt=ask.amount_fen,
                loan_term=ask.term_months,
                repay_type=METHODS[ask.method],
                cust_rate=ask.annual_rate,
                rcv_name=ask.payee,
                rcv_card_no=ask.bank_card,
            )


class DrawdownQuery(Camel):
    """借款查询."""

    loan_apply_id: str


class PlanQuery(Camel):
    """还款计划查询."""

    loan_no: str


class Reply(Camel):
    """What every answer begins with; `data` follows where there is news."""

    code: str
    msg: str = ""


class Credit(Tells):
    """授信结果."""

    apply_id: str
    credit_status: str
    credit_no: str | None = None
    credit_amt: Fen | None = None
    credit_rate: Rate | None = None
    expire_date: CompactDay | None = None
    approve_time: EpochMs | None = None
    refuse_code: str | None = None
    refuse_msg: str | None = None
    refuse_days: int | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return the decision."""
        return (
            facts.credit(
                CODES["credit_status"].line(self.credit_status, self.refuse_msg),
                subject=self.apply_id,
                at=self.approve_time,
                credit_no=self.credit_no,
                limit_fen=self.credit_amt,
                annual_rate=self.credit_rate,
                valid_until=self.expire_date,
                reason_code=self.refuse_code,
                reason=self.refuse_msg,
                retry_after_days=self.refuse_days,
                extra=self.kept(),
            ),
        )


class Disbursement(Tells):
    """放款结果."""

    loan_apply_id: str
    loan_status: str
    loan_no: str | None = None
    loan_amt: Fen | None = None
    loan_date: CompactDay | None = None
    loan_time: EpochMs | None = None
    fail_code: str | None = None
    fail_msg: str | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return what became of the drawdown."""
        return (
            facts.drawdown(
                CODES["loan_status"].line(self.loan_status, self.fail_msg),
                subject=self.loan_apply_id,
                at=self.loan_time,
                loan_no=self.loan_no,
                amount_fen=self.loan_amt,
                disbursed_on=self.loan_date,
                reason_code=self.fail_code,
                reason=self.fail_msg,
                extra=self.kept(),
            ),
        )


class PlanTerm(Camel):
    """One term of a plan."""

    term_no: int
    due_date: CompactDay
    prin_amt: Fen
    int_amt: Fen
    fee_amt: Fen = 0


class Plan(Tells):
    """还款计划."""

    loan_no: str
    plan_version: int = 1
    plan_list: tuple[PlanTerm, ...]

    def told(self) -> tuple[AnyTold, ...]:
        """Return the plan."""
        terms = (facts.term(t.term_no, t.due_date, t.prin_amt, t.int_amt, t.fee_amt) for t in self.plan_list)
        return (facts.plan(self.loan_no, self.plan_version, terms),)


class Repayment(Camel):
    """One repayment; without `termNo` all that remained was settled."""

    loan_no: str
    repay_seq: str
    repay_mode: str
    term_no: int | None = None
    repay_date: CompactDay
    repay_time: EpochMs | None = None
    prin_amt: Fen
    int_amt: Fen
    fee_amt: Fen = 0
    pnlt_amt: Fen = 0

    def fact(self) -> AnyTold:
        """Return the repayment."""
        return facts.repayment(
            REPAY_MODES.get(self.repay_mode),
            self.repay_mode,
            loan_no=self.loan_no,
            serial=self.repay_seq,
            period=self.term_no,
            paid_on=self.repay_date,
            principal_fen=self.prin_amt,
            interest_fen=self.int_amt,
            fee_fen=self.fee_amt,
            penalty_fen=self.pnlt_amt,
            at=self.repay_time,
            extra=self.kept(),
        )


class Compensation(Camel):
    """One 代偿."""

    loan_no: str
    comp_seq: str
    term_no: int
    comp_date: CompactDay
    comp_time: EpochMs | None = None
    prin_amt: Fen
    int_amt: Fen
    pnlt_amt: Fen = 0

    def fact(self) -> AnyTold:
        """Return the compensation."""
        return facts.compensation(
            loan_no=self.loan_no,
            serial=self.comp_seq,
            period=self.term_no,
            paid_on=self.comp_date,
            principal_fen=self.prin_amt,
            interest_fen=self.int_amt,
            penalty_fen=self.pnlt_amt,
            at=self.comp_time,
            extra=self.kept(),
        )


class Refund(Camel):
    """One 退款 (R) or 退单 (C)."""

    loan_no: str
    refund_seq: str
    refund_mode: str
    org_seq: str | None = None
    refund_date: CompactDay
    refund_time: EpochMs | None = None
    prin_amt: Fen
    int_amt: Fen = 0
    fee_amt: Fen = 0
    pnlt_amt: Fen = 0

    def fact(self) -> AnyTold:
        """Return the refund."""
        return facts.refund(
            REFUND_MODES.get(self.refund_mode),
            self.refund_mode,
            loan_no=self.loan_no,
            serial=self.refund_seq,
            original_serial=self.org_seq,
            paid_on=self.refund_date,
            principal_fen=self.prin_amt,
            interest_fen=self.int_amt,
            fee_fen=self.fee_amt,
            penalty_fen=self.pnlt_amt,
            at=self.refund_time,
            extra=self.kept(),
        )


class CreditReply(Tells):
    """Answer to a credit query."""

    data: Credit

    def told(self) -> tuple[AnyTold, ...]:
        """Return the decision."""
        return self.data.told()


class DisbursementReply(Tells):
    """Answer to a drawdown query."""

    data: Disbursement

    def told(self) -> tuple[AnyTold, ...]:
        """Return what became of the drawdown."""
        return self.data.told()


class PlanReply(Tells):
    """Answer to a plan query."""

    data: Plan

    def told(self) -> tuple[AnyTold, ...]:
        """Return the plan."""
        return self.data.told()


class RepaymentList(Tells):
    """还款通知."""

    repay_list: tuple[Repayment, ...]

    def told(self) -> tuple[AnyTold, ...]:
        """Return the repayments."""
        return tuple(row.fact() for row in self.repay_list)


class CompensationList(Tells):
    """代偿通知."""

    comp_list: tuple[Compensation, ...]

    def told(self) -> tuple[AnyTold, ...]:
        """Return the compensations."""
        return tuple(row.fact() for row in self.comp_list)


class RefundList(Tells):
    """退款通知."""

    refund_list: tuple[Refund, ...]

    def told(self) -> tuple[AnyTold, ...]:
        """Return the refunds."""
        return tuple(row.fact() for row in self.refund_list)
