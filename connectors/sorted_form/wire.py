"""The bank's words: yuan with two decimals, Shanghai wall-clock times, snake_case JSON in biz_content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from connectors import phrasebook
from connectors.codes import load_codes
from connectors.phrasebook import MovementKind, Phrasebook
from connectors.units import DashedDay, LocalTime, Rate, Yuan
from connectors.words import Words
from contracts.messages import RefundKind, RepaymentKind, TakeOver
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)
PATHS: Mapping[str, str] = {
    "bind_card": "/api/loan/card/bind/V1",
    "confirm_code": "/api/loan/card/confirm/V1",
    "upload_document": "/api/loan/file/submit/V1",
    "apply": "/api/loan/credit/apply/V1",
    "query_credit": "/api/loan/credit/query/V1",
    "query_limit": "/api/loan/limit/query/V1",
    "change_limit": "/api/loan/limit/change/V1",
    "drawdown": "/api/loan/drawdown/apply/V1",
    "query_drawdown": "/api/loan/drawdown/query/V1",
    "query_plan": "/api/loan/plan/query/V1",
    "trial_repayment": "/api/loan/repay/trial/V1",
    "certificate": "/api/loan/settle/certificate/V1",
}
Code = Annotated[
    str, BeforeValidator(lambda code: str(code) if type(code) is int else code)  # 0 and "0" both occur
]


class Form(phrasebook.Phrase):
    """What every message may have beside its content, and the bank's tables.

    `msg_id` is the bank's number of a notification, the same when it is sent again.
    """

    codes = CODES
    methods: ClassVar[Mapping[RepaymentMethod, str]] = {
        RepaymentMethod.EQUAL_INSTALMENT: "01",
        RepaymentMethod.EQUAL_PRINCIPAL: "02",
        RepaymentMethod.INTEREST_FIRST: "03",
    }

    return_code: Code | None = None
    return_msg: str | None = None
    msg_id: str | None = None


class Apply(Form, phrasebook.Applying):
    """授信申请."""

    subject: str = Field(alias="third_apply_id")
    product: str = Field(alias="product_id")
    amount_fen: Yuan = Field(alias="apply_amount")
    term_months: int = Field(alias="loan_term")
    method: str = Field(alias="repay_mode")
    annual_rate: Rate = Field(alias="year_rate")
    purpose: str
    name: PersonName = Field(alias="cust_name")
    id_type: str = "01"
    id_number: IdNumber = Field(alias="id_no")
    mobile: Mobile
    bank_card: BankCard = Field(alias="card_no")
    region: str = Field(alias="district_code")
    address: Address | None = None
    occupation: str | None = None
    monthly_income_fen: Yuan | None = Field(None, alias="month_income")


class CreditQuery(Form, phrasebook.Question):
    """授信结果查询."""

    subject: str = Field(alias="third_apply_id")
    credit_no: str | None = None


class Drawdown(Form, phrasebook.Draw):
    """用信申请."""

    subject: str = Field(alias="loan_apply_no")
    credit_no: str
    amount_fen: Yuan = Field(alias="loan_amount")
    term_months: int = Field(alias="loan_term")
    method: str = Field(alias="repay_mode")
    annual_rate: Rate = Field(alias="year_rate")
    payee: PersonName = Field(alias="payee_name")
    bank_card: BankCard = Field(alias="payee_account")


class DrawdownQuery(Form, phrasebook.Question):
    """放款结果查询."""

    subject: str = Field(alias="loan_apply_no")
    credit_no: str | None = None


class Credit(Form, phrasebook.CreditNews):
    """授信结果, as a notification and within an answer."""

    subject: str = Field(alias="third_apply_id")
    status: str = Field(alias="apply_status")
    credit_no: str | None = None
    limit_fen: Yuan | None = Field(None, alias="credit_limit")
    annual_rate: Rate | None = Field(None, alias="year_rate")
    valid_until: DashedDay | None = Field(None, alias="valid_date")
    at: LocalTime | None = Field(None, alias="decide_time")
    reason_code: str | None = Field(None, alias="reject_code")
    reason: str | None = Field(None, alias="reject_msg")
    retry_after_days: int | None = Field(None, alias="reject_period")


class Term(Form, phrasebook.Term):
    """One term of a plan."""

    period: int
    due_on: DashedDay = Field(alias="due_date")
    principal_fen: Yuan = Field(alias="principal")
    interest_fen: Yuan = Field(alias="interest")
    fee_fen: Yuan | None = Field(None, alias="fee")


class Loan(Form, phrasebook.LoanNews):
    """放款结果; a disbursement carries its plan."""

    subject: str = Field(alias="loan_apply_no")
    status: str = Field(alias="loan_status")
    loan_no: str | None = None
    amount_fen: Yuan | None = Field(None, alias="loan_amount")
    at: LocalTime | None = Field(None, alias="loan_time")
    reason_code: str | None = Field(None, alias="fail_code")
    reason: str | None = Field(None, alias="fail_reason")
    plan_version: int | None = None
    terms: tuple[Term, ...] = Field((), alias="repay_plan")


class Repayment(Form, phrasebook.Movement):
    """One repayment; period 0 means that all which remained was settled."""

    movements: ClassVar[Mapping[str, MovementKind]] = {
        "01": RepaymentKind.NORMAL,
        "02": RepaymentKind.EARLY,
        "03": RepaymentKind.PARTIAL,
        "04": RepaymentKind.OVERDUE,
        "05": RepaymentKind.AFTER_COMPENSATION,
    }

    loan_no: str
    serial: str = Field(alias="repay_serial")
    type: str = Field(alias="repay_type")
    period: int | None = None
    at: LocalTime = Field(alias="repay_time")
    principal_fen: Yuan = Field(alias="principal")
    interest_fen: Yuan = Field(alias="interest")
    fee_fen: Yuan | None = Field(None, alias="fee")
    penalty_fen: Yuan | None = Field(None, alias="penalty")


class Compensation(Form, phrasebook.Movement):
    """One 代偿, which needs no type."""

    movements: ClassVar[Mapping[str, MovementKind]] = {"": TakeOver.COMPENSATION}

    type: str = Field("", exclude=True)
    loan_no: str
    serial: str = Field(alias="comp_serial")
    period: int | None = None
    at: LocalTime = Field(alias="comp_time")
    principal_fen: Yuan = Field(alias="principal")
    interest_fen: Yuan = Field(alias="interest")
    penalty_fen: Yuan | None = Field(None, alias="penalty")


class BuyBack(Compensation):
    """One 回购 of a whole claim."""

    movements: ClassVar[Mapping[str, MovementKind]] = {"": TakeOver.BUY_BACK}


class Refund(Form, phrasebook.Movement):
    """One 退款 or 退单."""

    movements: ClassVar[Mapping[str, MovementKind]] = {
        "1": RefundKind.REPAYMENT,
        "2": RefundKind.DISBURSEMENT,
    }

    loan_no: str
    serial: str = Field(alias="refund_serial")
    type: str = Field(alias="refund_type")
    original_serial: str | None = None
    at: LocalTime = Field(alias="refund_time")
    principal_fen: Yuan = Field(alias="principal")
    interest_fen: Yuan | None = Field(None, alias="interest")
    fee_fen: Yuan | None = Field(None, alias="fee")
    penalty_fen: Yuan | None = Field(None, alias="penalty")


class Repayments(Form, phrasebook.Movements):
    """还款通知, several at a time after the nightly collection."""

    rows: tuple[Repayment, ...] = Field(alias="details")


class Compensations(Form, phrasebook.Movements):
    """代偿通知."""

    rows: tuple[Compensation, ...] = Field(alias="details")


class BuyBacks(Form, phrasebook.Movements):
    """回购通知."""

    rows: tuple[BuyBack, ...] = Field(alias="details")


class Refunds(Form, phrasebook.Movements):
    """退款通知."""

    rows: tuple[Refund, ...] = Field(alias="details")


class Acknowledgement(Words):
    """What the bank wants to hear: 0 and its own msg_id."""

    return_code: int
    return_msg: str
    msg_id: str


BOOK = Phrasebook(
    asks={
        "apply": Apply,
        "query_credit": CreditQuery,
        "drawdown": Drawdown,
        "query_drawdown": DrawdownQuery,
    },
    answers={"query_credit": Credit, "query_drawdown": Loan},
    credit=Credit,
    loan=Loan,
    term=Term,
    movements=Repayments,
    row=Repayment,
    apart={
        "compensation": (Compensations, Compensation),
        "buy_back": (BuyBacks, BuyBack),
        "refund": (Refunds, Refund),
    },
)
