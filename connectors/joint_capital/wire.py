"""The company's words: fen as numbers, yyyyMMdd, and who provides which share of a loan."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands, phrasebook
from connectors.codes import load_codes
from connectors.jsongateway import JsonBody
from connectors.phrasebook import Phrasebook
from connectors.units import CompactDay, LocalTime, Percent
from connectors.words import making_sense
from contracts.messages import (
    AnyTold,
    CapitalShare,
    DrawdownTold,
    LimitChange,
    LimitState,
    RefundKind,
    RepaymentKind,
    TakeOver,
)
from contracts.money import Fen
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)
ASKED = {
    "apply": "02B172",
    "query_credit": "02B173",
    "query_limit": "02B177",
    "change_limit": "02B178",
    "drawdown": "02B174",
    "query_drawdown": "02B175",
    "query_plan": "02B176",
    "trial_repayment": "02B179",
    "repay": "02B180",
    "query_repayment": "02B181",
    "check_access": "02B171",
    "bind_card": "02B168",
    "confirm_code": "02B169",
    "upload_document": "02B170",
    "take_over": "02B183",
    "certificate": "02B184",
}
TOLD = {
    "credit": "02C172",
    "drawdown": "02C174",
    "repayment": "02C180",
    "compensation": "02C181",
    "refund": "02C182",
    "buy_back": "02C183",
    "limit": "02C178",
}
JOINT = "2"
"""capitalMode of a loan whose capital comes from several parties."""


class Body(JsonBody):
    """The base of all bodies."""

    codes = CODES
    methods: ClassVar[dict[RepaymentMethod, str]] = {
        RepaymentMethod.EQUAL_INSTALMENT: "1",
        RepaymentMethod.EQUAL_PRINCIPAL: "2",
        RepaymentMethod.INTEREST_FIRST: "3",
    }
    movements: ClassVar[dict[str, phrasebook.MovementKind]] = {
        "01": RepaymentKind.NORMAL,
        "02": RepaymentKind.EARLY,
        "03": RepaymentKind.PARTIAL,
        "04": RepaymentKind.OVERDUE,
        "05": RepaymentKind.AFTER_COMPENSATION,
        "11": TakeOver.COMPENSATION,
        "12": TakeOver.BUY_BACK,
        "21": RefundKind.REPAYMENT,
        "22": RefundKind.DISBURSEMENT,
    }


class Apply(Body, phrasebook.Applying):
    """授信申请."""

    subject: str = Field(alias="thirdApplyId")
    product: str = Field(alias="productId")
    amount_fen: Fen = Field(alias="applyAmount")
    term_months: int = Field(alias="loanTerm")
    method: str = Field(alias="repayMode")
    annual_rate: Percent = Field(alias="interestRate")
    purpose: str = Field(alias="loanPurpose")
    name: PersonName = Field(alias="name")
    id_number: IdNumber = Field(alias="idNo")
    mobile: Mobile = Field(alias="mobileNo")
    bank_card: BankCard = Field(alias="cardNo")
    region: str = Field(alias="areaCode")
    address: Address | None = Field(None, alias="address")
    occupation: str | None = Field(None, alias="occupation")
    monthly_income_fen: Fen | None = Field(None, alias="monthIncome")


class Drawdown(Body, phrasebook.Draw):
    """借款申请."""

    subject: str = Field(alias="loanApplyNo")
    credit_no: str = Field(alias="creditNo")
    amount_fen: Fen = Field(alias="loanAmt")
    term_months: int = Field(alias="loanTerm")
    method: str = Field(alias="repayMode")
    annual_rate: Percent = Field(alias="interestRate")
    capital_mode: str = Field(JOINT, alias="capitalMode")
    payee: PersonName = Field(alias="payeeName")
    bank_card: BankCard = Field(alias="payeeCardNo")


class CreditQuery(Body, phrasebook.Question):
    """授信结果查询."""

    subject: str = Field(alias="thirdApplyId")


class LoanQuery(Body, phrasebook.Question):
    """借款结果查询."""

    subject: str = Field(alias="loanApplyNo")


class PlanQuery(Body, errands.Errand):
    """还款计划查询."""

    loan_no: str = Field(alias="loanNo")


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
    amount_fen: Fen | None = Field(None, alias="creditAmt")


class Credit(Body, phrasebook.CreditNews):
    """授信结果."""

    subject: str = Field(alias="thirdApplyId")
    status: str = Field(alias="status")
    credit_no: str | None = Field(None, alias="creditNo")
    limit_fen: Fen | None = Field(None, alias="creditAmt")
    annual_rate: Percent | None = Field(None, alias="interestRate")
    valid_until: CompactDay | None = Field(None, alias="expireDate")
    at: LocalTime | None = Field(None, alias="decideTime")
    reason_code: str | None = Field(None, alias="rejectCode")
    reason: str | None = Field(None, alias="rejectReason")
    retry_after_days: int | None = Field(None, alias="rejectPeriod")


class Term(Body, phrasebook.Term):
    """One term of a plan."""

    period: int = Field(alias="termNo")
    due_on: CompactDay = Field(alias="endDate")
    principal_fen: Fen = Field(alias="prinAmt")
    interest_fen: Fen = Field(alias="intAmt")


class Capital(Body):
    """Who provides which share of the capital; one of them leads."""

    name: str = Field(alias="capitalName")
    party: str = Field(alias="capitalCode")
    rate: Percent = Field(alias="capitalRate")
    main: str = Field(alias="mainCapitalFlag")


class Loan(Body, phrasebook.LoanNews):
    """借款结果; a disbursement carries its plan and the shares of its capital."""

    subject: str = Field(alias="loanApplyNo")
    status: str = Field(alias="status")
    loan_no: str | None = Field(None, alias="loanNo")
    amount_fen: Fen | None = Field(None, alias="loanAmt")
    at: LocalTime | None = Field(None, alias="disbTime")
    reason_code: str | None = Field(None, alias="failCode")
    reason: str | None = Field(None, alias="failMsg")
    terms: tuple[Term, ...] = Field((), alias="repayPlanList")
    capital: tuple[Capital, ...] = Field((), alias="capitalInfoList")

    def told(self) -> tuple[AnyTold, ...]:
        """Return the disbursement with its shares and, when it came with one, its plan."""
        paid, *plan = super().told()
        if not isinstance(paid, DrawdownTold) or not self.capital:
            return (paid, *plan)
        with making_sense():
            shares = [
                CapitalShare(party=share.party, rate=share.rate, leads=share.main == "Y")
                for share in self.capital
            ]
            return (DrawdownTold.model_validate({**dict(paid), "capital": tuple(shares)}), *plan)


class Plan(Body, phrasebook.Schedule):
    """还款计划."""

    loan_no: str = Field(alias="loanNo")
    terms: tuple[Term, ...] = Field(alias="repayPlanList")


class Trial(Body, errands.Errand):
    """还款试算."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {how: code for code, how in Body.movements.items() if isinstance(how, RepaymentKind)}
    }

    loan_no: str = Field(alias="loanNo")
    how: str = Field(alias="repayType")
    period: int | None = Field(None, alias="termNo")
    on: CompactDay = Field(alias="repayDate")


class TrialResult(Body, errands.TrialNews):
    """还款试算结果."""

    loan_no: str = Field(alias="loanNo")
    on: CompactDay = Field(alias="repayDate")
    principal_fen: Fen = Field(alias="prinAmt")
    interest_fen: Fen = Field(alias="intAmt")


class Repaying(Body, errands.Errand):
    """还款申请: the company debits the borrower, or books what was collected for it."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = Trial.spelled

    subject: str = Field(alias="repayApplyNo")
    loan_no: str = Field(alias="loanNo")
    how: str = Field(alias="repayType")
    period: int | None = Field(None, alias="termNo")
    principal_fen: Fen = Field(alias="prinAmt")
    interest_fen: Fen = Field(alias="intAmt")
    fee_fen: Fen = Field(0, alias="feeAmt")
    penalty_fen: Fen = Field(0, alias="ovdPrinPnltAmt")


class RepayQuery(Body, errands.Errand):
    """还款结果查询."""

    subject: str = Field(alias="repayApplyNo")
    loan_no: str = Field(alias="loanNo")


class RepayResult(Body, errands.RepayNews):
    """还款结果."""

    subject: str = Field(alias="repayApplyNo")
    status: str = Field(alias="status")
    at: LocalTime | None = Field(None, alias="repayTime")
    reason_code: str | None = Field(None, alias="failCode")
    reason: str | None = Field(None, alias="failMsg")


class Limit(Body, errands.LimitNews):
    """额度."""

    states: ClassVar[Mapping[str, LimitState]] = errands.LIMIT_STATES

    credit_no: str = Field(alias="creditNo")
    state: str = Field(alias="limitState")
    total_fen: Fen = Field(alias="creditAmt")
    available_fen: Fen = Field(alias="availableAmt")
    valid_until: CompactDay | None = Field(None, alias="expireDate")


class Row(Body, phrasebook.Movement):
    """One repayment, 代偿 or 退款."""

    loan_no: str = Field(alias="loanNo")
    serial: str = Field(alias="serialNo")
    type: str = Field(alias="repayType")
    period: int | None = Field(None, alias="termNo")
    at: LocalTime = Field(alias="repayTime")
    principal_fen: Fen = Field(alias="paidPrinAmt")
    interest_fen: Fen = Field(0, alias="paidIntAmt")
    penalty_fen: Fen = Field(0, alias="paidOvdPrinPnltAmt")
    original_serial: str | None = Field(None, alias="orgSerialNo")


class Rows(Body, phrasebook.Movements):
    """还款、代偿、退款通知."""

    rows: tuple[Row, ...] = Field((), alias="repayDetailList")


BOOK = Phrasebook(
    asks={
        "apply": Apply,
        "query_credit": CreditQuery,
        "query_limit": LimitQuery,
        "change_limit": LimitChanging,
        "drawdown": Drawdown,
        "query_drawdown": LoanQuery,
        "query_plan": PlanQuery,
        "trial_repayment": Trial,
        "repay": Repaying,
        "query_repayment": RepayQuery,
    },
    answers={
        "query_credit": Credit,
        "query_limit": Limit,
        "change_limit": Limit,
        "query_drawdown": Loan,
        "query_plan": Plan,
        "trial_repayment": TrialResult,
        "query_repayment": RepayResult,
    },
    credit=Credit,
    loan=Loan,
    term=Term,
    movements=Rows,
    row=Row,
    errands={
        "query_limit": Limit,
        "change_limit": Limit,
        "query_plan": Plan,
        "trial_repayment": TrialResult,
        "query_repayment": RepayResult,
    },
)
