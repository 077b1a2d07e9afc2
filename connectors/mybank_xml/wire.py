"""The internet bank's words: an XML document, yuan with two decimals, yyyy-MM-dd, PascalCase."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import Field

from connectors import errands, phrasebook
from connectors.codes import load_codes
from connectors.phrasebook import Phrasebook
from connectors.units import DashedDay, LocalTime, Percent, Whole, Yuan
from connectors.xmlgateway import XmlBody, XmlHead
from connectors.xmlwords import XmlWords
from contracts.messages import OneTimeCode, RefundKind, RepaymentKind, TakeOver
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)
ASKED = {
    "bind_card": "mybank.card.bind",
    "confirm_code": "mybank.card.confirm",
    "upload_document": "mybank.file.submit",
    "apply": "mybank.credit.apply",
    "query_credit": "mybank.credit.query",
    "drawdown": "mybank.loan.apply",
    "query_drawdown": "mybank.loan.query",
    "query_plan": "mybank.loan.plan.query",
    "trial_repayment": "mybank.repay.trial",
    "take_over": "mybank.loan.compensate",
    "certificate": "mybank.loan.certificate",
}
TOLD = {
    "credit": "mybank.credit.notify",
    "drawdown": "mybank.loan.notify",
    "repayment": "mybank.repay.notify",
    "compensation": "mybank.compensate.notify",
    "refund": "mybank.refund.notify",
    "buy_back": "mybank.buyback.notify",
}


class RespInfo(XmlWords):
    """An answer's result: S done, F failed, U unknown, and a code."""

    status: str = Field(alias="ResultStatus")
    code: str = Field(alias="ResultCode")
    message: str | None = Field(None, alias="ResultMsg")


class Body(XmlBody):
    """The base of all bodies."""

    root = "document"
    within = ("request|response", "body")
    codes = CODES
    methods: ClassVar[dict[RepaymentMethod, str]] = {
        RepaymentMethod.EQUAL_INSTALMENT: "1",
        RepaymentMethod.EQUAL_PRINCIPAL: "2",
        RepaymentMethod.INTEREST_FIRST: "3",
    }
    movements: ClassVar[dict[str, phrasebook.MovementKind]] = {
        "NORMAL": RepaymentKind.NORMAL,
        "CLEAR": RepaymentKind.EARLY,
        "PART": RepaymentKind.PARTIAL,
        "OVERDUE": RepaymentKind.OVERDUE,
        "RECOVER": RepaymentKind.AFTER_COMPENSATION,
        "COMPENSATE": TakeOver.COMPENSATION,
        "BUYBACK": TakeOver.BUY_BACK,
        "REVERSE": RefundKind.REPAYMENT,
        "RETURN": RefundKind.DISBURSEMENT,
    }

    resp_info: RespInfo | None = Field(None, alias="RespInfo")

    def result(self) -> tuple[str, str]:
        """Return status and code as one, and the message."""
        info = self.resp_info
        return ("", "") if info is None else (info.status + info.code, info.message or "")

    def resulting(self, code: str, message: str) -> Self:
        """Return the body as an answer with that result."""
        info = RespInfo(status=code[:1], code=code[1:], message=message or None)
        return self.model_copy(update={"resp_info": info})


class Apply(Body, phrasebook.Applying):
    """授信申请."""

    subject: str = Field(alias="ApplyNo")
    product: str = Field(alias="ProductCode")
    amount_fen: Yuan = Field(alias="ApplyAmt")
    term_months: Whole = Field(alias="ApplyTerm")
    method: str = Field(alias="RepayMode")
    annual_rate: Percent = Field(alias="YearRate")
    purpose: str = Field(alias="UseArea")
    name: PersonName = Field(alias="Name")
    id_number: IdNumber = Field(alias="CertNo")
    mobile: Mobile = Field(alias="MobileNo")
    bank_card: BankCard = Field(alias="CardNo")
    region: str = Field(alias="AdCode")
    address: Address | None = Field(None, alias="Address")
    occupation: str | None = Field(None, alias="Occupation")
    monthly_income_fen: Yuan | None = Field(None, alias="MonthIncome")


class Drawdown(Body, phrasebook.Draw):
    """借款申请."""

    subject: str = Field(alias="LoanApplyNo")
    credit_no: str = Field(alias="CreditNo")
    amount_fen: Yuan = Field(alias="EncashAmt")
    term_months: Whole = Field(alias="TotalTerms")
    method: str = Field(alias="RepayMode")
    annual_rate: Percent = Field(alias="YearRate")
    payee: PersonName = Field(alias="PayeeName")
    bank_card: BankCard = Field(alias="PayeeCardNo")


class CreditQuery(Body, phrasebook.Question):
    """授信结果查询."""

    subject: str = Field(alias="ApplyNo")


class LoanQuery(Body, phrasebook.Question):
    """借款结果查询."""

    subject: str = Field(alias="LoanApplyNo")


class PlanQuery(Body, errands.Errand):
    """还款计划查询."""

    loan_no: str = Field(alias="ContractNo")


class CardBinding(Body, errands.Errand):
    """绑卡申请."""

    subject: str = Field(alias="BindNo")
    name: PersonName = Field(alias="Name")
    id_number: IdNumber = Field(alias="CertNo")
    mobile: Mobile = Field(alias="MobileNo")
    bank_card: BankCard = Field(alias="CardNo")


class CardConfirming(Body, errands.Errand):
    """绑卡确认."""

    subject: str = Field(alias="BindNo")
    code: OneTimeCode = Field(alias="SmsCode")


class Submitting(Body, errands.Errand):
    """影像、合同提交: the bank fetches the file and compares its digest."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"document": errands.DOCUMENTS}

    subject: str = Field(alias="ApplyNo")
    document: str = Field(alias="FileType")
    name: str = Field(alias="FileName")
    location: str = Field(alias="FileUrl")
    sha256: str = Field(alias="FileDigest")
    size_bytes: Whole = Field(alias="FileSize")


class Trial(Body, errands.Errand):
    """还款试算."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {
            RepaymentKind.EARLY: "01",
            RepaymentKind.NORMAL: "02",
            RepaymentKind.OVERDUE: "03",
            RepaymentKind.PARTIAL: "04",
            RepaymentKind.AFTER_COMPENSATION: "05",
        }
    }

    loan_no: str = Field(alias="ContractNo")
    how: str = Field(alias="RepayType")
    period: Whole | None = Field(None, alias="TermNo")
    on: DashedDay = Field(alias="RepayDate")


class TakingOver(Body, errands.Errand):
    """代偿、回购通知."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {TakeOver.COMPENSATION: "COMPENSATE", TakeOver.BUY_BACK: "BUYBACK"}
    }

    subject: str = Field(alias="SeqNo")
    loan_no: str = Field(alias="ContractNo")
    how: str = Field(alias="CompensateType")
    period: Whole | None = Field(None, alias="TermNo")
    payer: str = Field(alias="GuaranteeMerchantId")
    paid_on: DashedDay = Field(alias="CompensateDate")
    principal_fen: Yuan = Field(alias="PrinAmt")
    interest_fen: Yuan = Field(alias="IntAmt")
    penalty_fen: Yuan = Field(alias="PnltAmt")


class CertificateQuery(Body, errands.Errand):
    """结清证明."""

    loan_no: str = Field(alias="ContractNo")


class Credit(Body, phrasebook.CreditNews):
    """授信结果."""

    subject: str = Field(alias="ApplyNo")
    status: str = Field(alias="ApplyStatus")
    credit_no: str | None = Field(None, alias="CreditNo")
    limit_fen: Yuan | None = Field(None, alias="CreditAmt")
    annual_rate: Percent | None = Field(None, alias="YearRate")
    valid_until: DashedDay | None = Field(None, alias="ExpireDate")
    at: LocalTime | None = Field(None, alias="DecideTime")
    reason_code: str | None = Field(None, alias="RefuseCode")
    reason: str | None = Field(None, alias="RefuseMsg")
    retry_after_days: Whole | None = Field(None, alias="RefuseDays")


class Term(Body, phrasebook.Term):
    """One term of a plan."""

    period: Whole = Field(alias="TermNo")
    due_on: DashedDay = Field(alias="EndDate")
    principal_fen: Yuan = Field(alias="PrinAmt")
    interest_fen: Yuan = Field(alias="IntAmt")


class Loan(Body, phrasebook.LoanNews):
    """借款结果; a disbursement carries its plan."""

    subject: str = Field(alias="LoanApplyNo")
    status: str = Field(alias="LoanStatus")
    loan_no: str | None = Field(None, alias="ContractNo")
    amount_fen: Yuan | None = Field(None, alias="EncashAmt")
    at: LocalTime | None = Field(None, alias="EncashTime")
    reason_code: str | None = Field(None, alias="FailCode")
    reason: str | None = Field(None, alias="FailMsg")
    terms: tuple[Term, ...] = Field((), alias="PlanList")


class Plan(Body, phrasebook.Schedule):
    """还款计划."""

    loan_no: str = Field(alias="ContractNo")
    terms: tuple[Term, ...] = Field(alias="PlanList")


class Agreement(Body, errands.AgreementNews):
    """绑卡结果."""

    subject: str = Field(alias="BindNo")
    status: str = Field(alias="BindStatus")
    agreement_no: str | None = Field(None, alias="AgreementNo")


class TrialResult(Body, errands.TrialNews):
    """还款试算结果."""

    loan_no: str = Field(alias="ContractNo")
    on: DashedDay = Field(alias="RepayDate")
    principal_fen: Yuan = Field(alias="PrinAmt")
    interest_fen: Yuan = Field(alias="IntAmt")


class Certificate(Body, errands.CertificateNews):
    """结清证明; without an address while it is being made."""

    loan_no: str = Field(alias="ContractNo")
    location: str | None = Field(None, alias="FileUrl")
    sha256: str | None = Field(None, alias="FileDigest")


class Row(Body, phrasebook.Movement):
    """One repayment, 代偿 or 退款."""

    loan_no: str = Field(alias="ContractNo")
    serial: str = Field(alias="SeqNo")
    type: str = Field(alias="RepayType")
    period: Whole | None = Field(None, alias="TermNo")
    at: LocalTime = Field(alias="RepayTime")
    principal_fen: Yuan = Field(alias="PaidPrinAmt")
    interest_fen: Yuan = Field(0, alias="PaidIntAmt")
    penalty_fen: Yuan = Field(0, alias="PaidOvdPrinPnltAmt")
    original_serial: str | None = Field(None, alias="OrigSeqNo")


class Rows(Body, phrasebook.Movements):
    """还款、代偿、退款通知."""

    rows: tuple[Row, ...] = Field((), alias="Details")


BOOK = Phrasebook(
    asks={
        "bind_card": CardBinding,
        "confirm_code": CardConfirming,
        "upload_document": Submitting,
        "apply": Apply,
        "query_credit": CreditQuery,
        "drawdown": Drawdown,
        "query_drawdown": LoanQuery,
        "query_plan": PlanQuery,
        "trial_repayment": Trial,
        "take_over": TakingOver,
        "certificate": CertificateQuery,
    },
    answers={
        "confirm_code": Agreement,
        "query_credit": Credit,
        "query_drawdown": Loan,
        "query_plan": Plan,
        "trial_repayment": TrialResult,
        "certificate": Certificate,
    },
    credit=Credit,
    loan=Loan,
    term=Term,
    movements=Rows,
    row=Row,
    errands={
        "confirm_code": Agreement,
        "query_plan": Plan,
        "trial_repayment": TrialResult,
        "certificate": Certificate,
    },
)


class Head(XmlHead):
    """What stands before every body."""

    root = "document"
    within = ("request|response", "head")
