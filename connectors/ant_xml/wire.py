"""The platform's words: XML without blanks, fen, yyyyMMdd, camelCase, a head before every body."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands, phrasebook
from connectors.codes import load_codes
from connectors.phrasebook import Phrasebook
from connectors.units import CompactDay, CompactTime, FenText, Rate, Whole
from connectors.xmlgateway import XmlBody, XmlHead
from contracts.messages import LimitChange, LimitState, RefundKind, RepaymentKind, TakeOver
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)
ASKED = {
    "check_access": "credit.admit.check",
    "apply": "credit.apply",
    "query_credit": "credit.apply.query",
    "query_limit": "credit.limit.query",
    "change_limit": "credit.limit.change",
    "drawdown": "loan.apply",
    "query_drawdown": "loan.apply.query",
    "query_plan": "loan.plan.query",
}
TOLD = {
    "credit": "credit.result.notify",
    "drawdown": "loan.result.notify",
    "repayment": "loan.repay.notify",
    "compensation": "loan.compensate.notify",
    "refund": "loan.refund.notify",
    "buy_back": "loan.buyback.notify",
    "limit": "credit.limit.notify",
}


class Body(XmlBody):
    """The base of all bodies."""

    within = ("body",)
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


class AccessCheck(Body, errands.Errand):
    """准入."""

    subject: str = Field(alias="checkNo")
    product: str = Field(alias="productCode")
    name: PersonName = Field(alias="name")
    id_number: IdNumber = Field(alias="certNo")
    mobile: Mobile = Field(alias="mobileNo")


class Apply(Body, phrasebook.Applying):
    """授信申请."""

    subject: str = Field(alias="applyNo")
    product: str = Field(alias="productCode")
    amount_fen: FenText = Field(alias="applyAmt")
    term_months: Whole = Field(alias="applyTerm")
    method: str = Field(alias="repayMode")
    annual_rate: Rate = Field(alias="yearRate")
    purpose: str = Field(alias="useArea")
    name: PersonName = Field(alias="name")
    id_number: IdNumber = Field(alias="certNo")
    mobile: Mobile = Field(alias="mobileNo")
    bank_card: BankCard = Field(alias="cardNo")
    region: str = Field(alias="adCode")
    address: Address | None = Field(None, alias="address")
    occupation: str | None = Field(None, alias="occupation")
    monthly_income_fen: FenText | None = Field(None, alias="monthIncome")


class Drawdown(Body, phrasebook.Draw):
    """借款申请."""

    subject: str = Field(alias="loanApplyNo")
    credit_no: str = Field(alias="creditNo")
    amount_fen: FenText = Field(alias="encashAmt")
    term_months: Whole = Field(alias="totalTerms")
    method: str = Field(alias="repayMode")
    annual_rate: Rate = Field(alias="yearRate")
    payee: PersonName = Field(alias="payeeName")
    bank_card: BankCard = Field(alias="payeeCardNo")


class CreditQuery(Body, phrasebook.Question):
    """授信结果查询."""

    subject: str = Field(alias="applyNo")


class LoanQuery(Body, phrasebook.Question):
    """借款结果查询."""

    subject: str = Field(alias="loanApplyNo")


class PlanQuery(Body, errands.Errand):
    """还款计划查询."""

    loan_no: str = Field(alias="contractNo")


class LimitQuery(Body, errands.Errand):
    """额度查询."""

    credit_no: str = Field(alias="creditNo")


class LimitChanging(Body, errands.Errand):
    """额度冻结、解冻、关闭、调整."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "change": {
            LimitChange.FREEZE: "FREEZE",
            LimitChange.UNFREEZE: "UNFREEZE",
            LimitChange.CLOSE: "CLOSE",
            LimitChange.ADJUST: "ADJUST_AMT",
        }
    }

    subject: str = Field(alias="adjustNo")
    credit_no: str = Field(alias="creditNo")
    change: str = Field(alias="adjustType")
    amount_fen: FenText | None = Field(None, alias="creditAmt")


class Access(Body, errands.AccessNews):
    """准入结果."""

    subject: str = Field(alias="checkNo")
    status: str = Field(alias="admitStatus")


class Credit(Body, phrasebook.CreditNews):
    """授信结果."""

    subject: str = Field(alias="applyNo")
    status: str = Field(alias="applyStatus")
    credit_no: str | None = Field(None, alias="creditNo")
    limit_fen: FenText | None = Field(None, alias="creditAmt")
    annual_rate: Rate | None = Field(None, alias="yearRate")
    valid_until: CompactDay | None = Field(None, alias="expireDate")
    at: CompactTime | None = Field(None, alias="decideTime")
    reason_code: str | None = Field(None, alias="refuseCode")
    reason: str | None = Field(None, alias="refuseMsg")
    retry_after_days: Whole | None = Field(None, alias="refuseDays")


class Term(Body, phrasebook.Term):
    """One term of a plan."""

    period: Whole = Field(alias="termNo")
    due_on: CompactDay = Field(alias="endDate")
    principal_fen: FenText = Field(alias="prinAmt")
    interest_fen: FenText = Field(alias="intAmt")


class Loan(Body, phrasebook.LoanNews):
    """借款结果; a disbursement carries its plan."""

    subject: str = Field(alias="loanApplyNo")
    status: str = Field(alias="loanStatus")
    loan_no: str | None = Field(None, alias="contractNo")
    amount_fen: FenText | None = Field(None, alias="encashAmt")
    at: CompactTime | None = Field(None, alias="encashTime")
    reason_code: str | None = Field(None, alias="failCode")
    reason: str | None = Field(None, alias="failMsg")
    terms: tuple[Term, ...] = Field((), alias="planList")


class Plan(Body, phrasebook.Schedule):
    """还款计划."""

    loan_no: str = Field(alias="contractNo")
    terms: tuple[Term, ...] = Field(alias="planList")


class Limit(Body, errands.LimitNews):
    """额度."""

    states: ClassVar[Mapping[str, LimitState]] = errands.LIMIT_STATES

    credit_no: str = Field(alias="creditNo")
    state: str = Field(alias="limitStatus")
    total_fen: FenText = Field(alias="creditAmt")
    available_fen: FenText = Field(alias="availableAmt")
    valid_until: CompactDay | None = Field(None, alias="expireDate")


class Row(Body, phrasebook.Movement):
    """One repayment, 代偿 or 退款."""

    loan_no: str = Field(alias="contractNo")
    serial: str = Field(alias="seqNo")
    type: str = Field(alias="repayType")
    period: Whole | None = Field(None, alias="termNo")
    at: CompactTime = Field(alias="repayTime")
    principal_fen: FenText = Field(alias="paidPrinAmt")
    interest_fen: FenText = Field(0, alias="paidIntAmt")
    penalty_fen: FenText = Field(0, alias="paidOvdPrinPnltAmt")
    original_serial: str | None = Field(None, alias="origSeqNo")


class Rows(Body, phrasebook.Movements):
    """还款、代偿、退款通知."""

    rows: tuple[Row, ...] = Field((), alias="details")


BOOK = Phrasebook(
    asks={
        "check_access": AccessCheck,
        "apply": Apply,
        "query_credit": CreditQuery,
        "query_limit": LimitQuery,
        "change_limit": LimitChanging,
        "drawdown": Drawdown,
        "query_drawdown": LoanQuery,
        "query_plan": PlanQuery,
    },
    answers={
        "check_access": Access,
        "query_credit": Credit,
        "query_limit": Limit,
        "change_limit": Limit,
        "query_drawdown": Loan,
        "query_plan": Plan,
    },
    credit=Credit,
    loan=Loan,
    term=Term,
    movements=Rows,
    row=Row,
    errands={"check_access": Access, "query_limit": Limit, "change_limit": Limit, "query_plan": Plan},
)


class Head(XmlHead):
    """What stands before every body."""

    within = ("head",)
