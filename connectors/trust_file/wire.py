"""The trust's words: JSON with yuan and percentages, and `|`-delimited daily files in fen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from connectors import errands, facts, outcomes
from connectors.codes import load_codes
from connectors.files import load_layouts
from connectors.units import CompactDay, LocalTime, Percent, Yuan
from connectors.words import Telling, Words, making_sense
from contracts.messages import (
    AnyTold,
    ApplyForCredit,
    RefundKind,
    RepaymentKind,
    RepayOrderTold,
    RequestDrawdown,
)
from contracts.programme import RepaymentMethod
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)

GATEWAY = "/gateway.do"
FUNCTIONS: Mapping[str, str] = {
    "apply": "300001",
    "drawdown": "300002",
    "query_credit": "300003",
    "query_drawdown": "300004",
    "query_balance": "300005",
    "repay": "300006",
    "query_repayment": "300007",
}
CREDIT_NOTICE = "400001"

METHODS = {
    RepaymentMethod.EQUAL_INSTALMENT: "DEBX",
    RepaymentMethod.EQUAL_PRINCIPAL: "DEBJ",
    RepaymentMethod.INTEREST_FIRST: "XXHB",
}
REPAY_TYPES = {
    "1": RepaymentKind.NORMAL,
    "2": RepaymentKind.EARLY,
    "3": RepaymentKind.PARTIAL,
    "4": RepaymentKind.OVERDUE,
    "5": RepaymentKind.AFTER_COMPENSATION,
}
REFUND_TYPES = {"T": RefundKind.REPAYMENT, "D": RefundKind.DISBURSEMENT}


class Camel(Words):
    """Base of all its messages."""

    model_config = ConfigDict(alias_generator=to_camel)


class Apply(Camel):
    """300001 授信申请."""

    unique_id: str
    product_code: str
    apply_amount: Yuan
    periods: int
    repay_way: str
    annual_rate: Percent
    usage: str
    borrower_name: PersonName
    id_card_no: IdNumber
    phone: Mobile
    account_no: BankCard
    region_code: str

    @classmethod
    def of(cls, ask: ApplyForCredit, settings: Mapping[str, str]) -> Self:
        """Return our application in the trust's words; `product.<ours>` in the settings names its product."""
        person = ask.applicant
        with making_sense():
            return cls(
                unique_id=ask.subject,
                product_code=settings.get(f"product.{ask.product}", ask.product),
                apply_amount=ask.amount_fen,
                periods=ask.term_months,
                repay_way=METHODS[ask.method],
                annual_rate=ask.annual_rate,
                usage=ask.purpose,
                borrower_name=person.name,
                id_card_no=person.id_number,
                phone=person.mobile,
                account_no=person.bank_card,
                region_code=person.region,
            )


class Remittance(Camel):
    """To whom a part of the loan goes."""

    rec_account_name: PersonName
    rec_account_no: BankCard
    amount: Yuan


class Drawdown(Camel):
    """300002 放款指令."""

    unique_id: str
    contract_no: str
    periods: int
    repay_way: str
    annual_rate: Percent
    remittance_details: tuple[Remittance, ...]

    @classmethod
    def of(cls, ask: RequestDrawdown) -> Self:
        """Return our drawdown in the trust's words: one remittance, the whole amount."""
        with making_sense():
            details = Remittance(
                rec_account_name=ask.payee, rec_account_no=ask.bank_card, amount=ask.amount_fen
            )
            return cls(
                unique_id=ask.subject,
                contract_no=ask.credit_no,
                periods=ask.term_months,
                repay_way=METHODS[ask.method],
                annual_rate=ask.annual_rate,
                remittance_details=(details,),
            )


class Query(Camel):
    """300003 and 300004."""

    unique_id: str


class Status(Camel):
    """What every answer begins with, and all that an acknowledgement says."""

    is_success: bool
    response_code: str
    response_message: str = ""
    request_id: str = ""


class Reply(Camel):
    """An answer without further news."""

    status: Status


class Audit(Telling):
    """授信结果, as callback and within an answer."""

    model_config = ConfigDict(alias_generator=to_camel)

    unique_id: str
    audit_status: str
    contract_no: str | None = None
    approve_amount: Yuan | None = None
    annual_rate: Percent | None = None
    expire_date: CompactDay | None = None
    audit_time: LocalTime | None = None
    refuse_reason: str | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return the decision."""
        line = CODES["audit_status"].line(self.audit_status, self.refuse_reason)
        return (
            facts.credit(
                line,
                subject=self.unique_id,
                at=self.audit_time,
                credit_no=self.contract_no,
                limit_fen=self.approve_amount,
                annual_rate=self.annual_rate,
                valid_until=self.expire_date,
                reason_code=self.audit_status if self.refuse_reason else None,
                reason=self.refuse_reason,
                extra=self.kept(),
            ),
        )


class AuditReply(Audit):
    """Answer to 300003."""

    status: Status


class Remitted(Telling):
    """Answer to 300004. The loan file of the day says the same again, under the same identity."""

    model_config = ConfigDict(alias_generator=to_camel)

    status: Status
    unique_id: str
    audit_status: str
    loan_no: str | None = None
    remit_amount: Yuan | None = None
    remit_date: CompactDay | None = None
    fail_reason: str | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return what became of the drawdown."""
        return (
            facts.drawdown(
                CODES["remit_status"].line(self.audit_status, self.fail_reason),
                subject=self.unique_id,
                loan_no=self.loan_no,
                amount_fen=self.remit_amount,
                disbursed_on=self.remit_date,
                reason_code=self.audit_status if self.fail_reason else None,
                reason=self.fail_reason,
                extra=self.kept(),
            ),
        )


class Repaying(errands.Errand):
    """300006 还款划扣: the trust debits the borrower, or books what was collected for it."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {how: code for code, how in REPAY_TYPES.items()}
    }

    subject: str = Field(alias="uniqueId")
    loan_no: str = Field(alias="loanNo")
    how: str = Field(alias="repayType")
    period: int | None = Field(None, alias="period")
    principal_fen: Yuan = Field(alias="principal")
    interest_fen: Yuan = Field(alias="interest")
    fee_fen: Yuan = Field(0, alias="fee")
    penalty_fen: Yuan = Field(0, alias="penalty")


class RepayQuery(errands.Errand):
    """300007 还款结果查询."""

    subject: str = Field(alias="uniqueId")
    loan_no: str = Field(alias="loanNo")


class Repaid(Telling):
    """Answer to 300007. The money itself stands in the repayment file of the day."""

    model_config = ConfigDict(alias_generator=to_camel)

    status: Status
    unique_id: str
    deduct_status: str
    fail_reason: str | None = None

    def told(self) -> tuple[AnyTold, ...]:
        """Return what became of the order to debit the borrower."""
        line = CODES["repay_status"].line(self.deduct_status, self.fail_reason)
        return (
            outcomes.told(
                RepayOrderTold,
                line,
                subject=self.unique_id,
                reason=self.fail_reason,
                reason_code=self.deduct_status if self.fail_reason else None,
                extra=self.kept(),
            ),
        )


class BalanceQuery(errands.Errand):
    """300005 专户余额查询."""

    account_no: str = Field(alias="accountNo")


class Balance(errands.BalanceNews):
    """Answer to 300005: what is in the dedicated account from which loans are paid out."""

    status: Status
    account_no: str = Field(alias="accountNo")
    total_fen: Yuan = Field(alias="currentBalance")
    available_fen: Yuan = Field(alias="availableBalance")
    frozen_fen: Yuan = Field(0, alias="frozenBalance")
    at: LocalTime | None = Field(None, alias="queryTime")


LAYOUTS = load_layouts(__package__)
"""The five files of a day, in the order in which they make sense."""
