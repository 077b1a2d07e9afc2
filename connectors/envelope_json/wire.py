"""The consumer-finance company's words: whole fen, yyyyMMdd and epoch milliseconds, camelCase JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from connectors import phrasebook
from connectors.codes import load_codes
from connectors.phrasebook import MovementKind, Phrasebook
from connectors.units import CompactDay, EpochMs, Rate
from connectors.words import Telling, Words
from contracts.messages import RefundKind, RepaymentKind, TakeOver
from contracts.money import Fen
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)
PATHS: Mapping[str, str] = {
    "check_access": "/gateway/access/check",
    "bind_card": "/gateway/card/bind",
    "confirm_code": "/gateway/card/confirm",
    "upload_document": "/gateway/file/submit",
    "apply": "/gateway/credit/apply",
    "query_credit": "/gateway/credit/query",
    "drawdown": "/gateway/loan/apply",
    "query_drawdown": "/gateway/loan/query",
    "query_plan": "/gateway/plan/query",
    "trial_repayment": "/gateway/repay/trial",
    "take_over": "/gateway/compensate/submit",
    "certificate": "/gateway/settle/certificate",
}
"""Where each ask goes; the service in the envelope is the path's last two parts."""
SERVICES: Mapping[str, str] = {
    "credit": "credit.notify",
    "drawdown": "loan.notify",
    "plan": "plan.notify",
    "repayment": "repay.notify",
    "compensation": "compensate.notify",
    "buy_back": "buyback.notify",
    "refund": "refund.notify",
}
"""The service a callback of each kind names."""
UNKNOWN_CREDIT, UNKNOWN_LOAN = "03", "2"
"""The statuses of what the company does not know: it says so in an answer that is a success."""


def service_of(path: str) -> str:
    """Return the service a path serves: /gateway/credit/apply is credit.apply."""
    return ".".join(path.split("/")[-2:])


class Camel(phrasebook.Phrase):
    """Base of all its messages, and its tables."""

    model_config = ConfigDict(alias_generator=to_camel)
    codes = CODES
    methods: ClassVar[Mapping[RepaymentMethod, str]] = {
        RepaymentMethod.EQUAL_INSTALMENT: "1",
        RepaymentMethod.EQUAL_PRINCIPAL: "2",
        RepaymentMethod.INTEREST_FIRST: "4",
    }


class Apply(Camel, phrasebook.Applying):
    """授信申请."""

    subject: str = Field(alias="applyId")
    product: str = Field(alias="productCode")
    amount_fen: Fen = Field(alias="applyAmt")
    term_months: int = Field(alias="loanTerm")
    method: str = Field(alias="repayType")
    annual_rate: Rate = Field(alias="custRate")
    purpose: str = Field(alias="loanUse")
    name: PersonName = Field(alias="custName")
    id_number: IdNumber = Field(alias="certNo")
    mobile: Mobile = Field(alias="phoneNo")
    bank_card: BankCard = Field(alias="cardNo")
    region: str = Field(alias="areaCode")
    address: Address | None = Field(None, alias="liveAddr")
    occupation: str | None = Field(None, alias="job")
    monthly_income_fen: Fen | None = Field(None, alias="monthIncome")


class CreditQuery(Camel, phrasebook.Question):
    """授信查询."""

    subject: str = Field(alias="applyId")


class Drawdown(Camel, phrasebook.Draw):
    """借款申请."""

    subject: str = Field(alias="loanApplyId")
    credit_no: str
    amount_fen: Fen = Field(alias="loanAmt")
    term_months: int = Field(alias="loanTerm")
    method: str = Field(alias="repayType")
    annual_rate: Rate = Field(alias="custRate")
    payee: PersonName = Field(alias="rcvName")
    bank_card: BankCard = Field(alias="rcvCardNo")


class DrawdownQuery(Camel, phrasebook.Question):
    """借款查询."""

    subject: str = Field(alias="loanApplyId")


class Reply(Words):
    """What every answer begins with; `data` follows where there is news."""

    code: str
    msg: str = ""


class Credit(Camel, phrasebook.CreditNews):
    """授信结果."""

    subject: str = Field(alias="applyId")
    status: str = Field(alias="creditStatus")
    credit_no: str | None = None
    limit_fen: Fen | None = Field(None, alias="creditAmt")
    annual_rate: Rate | None = Field(None, alias="creditRate")
    valid_until: CompactDay | None = Field(None, alias="expireDate")
    at: EpochMs | None = Field(None, alias="approveTime")
    reason_code: str | None = Field(None, alias="refuseCode")
    reason: str | None = Field(None, alias="refuseMsg")
    retry_after_days: int | None = Field(None, alias="refuseDays")


class Loan(Camel, phrasebook.LoanNews):
    """放款结果; the plan comes by itself."""

    subject: str = Field(alias="loanApplyId")
    status: str = Field(alias="loanStatus")
    loan_no: str | None = None
    amount_fen: Fen | None = Field(None, alias="loanAmt")
    disbursed_on: CompactDay | None = Field(None, alias="loanDate")
    at: EpochMs | None = Field(None, alias="loanTime")
    reason_code: str | None = Field(None, alias="failCode")
    reason: str | None = Field(None, alias="failMsg")


class Term(Camel, phrasebook.Term):
    """One term of a plan."""

    period: int = Field(alias="termNo")
    due_on: CompactDay = Field(alias="dueDate")
    principal_fen: Fen = Field(alias="prinAmt")
    interest_fen: Fen = Field(alias="intAmt")
    fee_fen: Fen | None = Field(None, alias="feeAmt")


class Repayment(Camel, phrasebook.Movement):
    """One repayment; without `termNo` all that remained was settled."""

    movements: ClassVar[Mapping[str, MovementKind]] = {
        "10": RepaymentKind.NORMAL,
        "30": RepaymentKind.EARLY,
        "20": RepaymentKind.PARTIAL,
        "40": RepaymentKind.OVERDUE,
        "50": RepaymentKind.AFTER_COMPENSATION,
    }

    loan_no: str
    serial: str = Field(alias="repaySeq")
    type: str = Field(alias="repayMode")
    period: int | None = Field(None, alias="termNo")
    paid_on: CompactDay = Field(alias="repayDate")
    at: EpochMs | None = Field(None, alias="repayTime")
    principal_fen: Fen = Field(alias="prinAmt")
    interest_fen: Fen = Field(alias="intAmt")
    fee_fen: Fen | None = Field(None, alias="feeAmt")
    penalty_fen: Fen | None = Field(None, alias="pnltAmt")


class Compensation(Camel, phrasebook.Movement):
    """One 代偿, which needs no mode."""

    movements: ClassVar[Mapping[str, MovementKind]] = {"": TakeOver.COMPENSATION}

    type: str = Field("", exclude=True)
    loan_no: str
    serial: str = Field(alias="compSeq")
    period: int | None = Field(None, alias="termNo")
    paid_on: CompactDay = Field(alias="compDate")
    at: EpochMs | None = Field(None, alias="compTime")
    principal_fen: Fen = Field(alias="prinAmt")
    interest_fen: Fen = Field(alias="intAmt")
    penalty_fen: Fen | None = Field(None, alias="pnltAmt")


class BuyBack(Compensation):
    """One 回购 of a whole claim."""

    movements: ClassVar[Mapping[str, MovementKind]] = {"": TakeOver.BUY_BACK}


class Refund(Camel, phrasebook.Movement):
    """One 退款 (R) or 退单 (C)."""

    movements: ClassVar[Mapping[str, MovementKind]] = {
        "R": RefundKind.REPAYMENT,
        "C": RefundKind.DISBURSEMENT,
    }

    loan_no: str
    serial: str = Field(alias="refundSeq")
    type: str = Field(alias="refundMode")
    original_serial: str | None = Field(None, alias="orgSeq")
    paid_on: CompactDay = Field(alias="refundDate")
    at: EpochMs | None = Field(None, alias="refundTime")
    principal_fen: Fen = Field(alias="prinAmt")
    interest_fen: Fen | None = Field(None, alias="intAmt")
    fee_fen: Fen | None = Field(None, alias="feeAmt")
    penalty_fen: Fen | None = Field(None, alias="pnltAmt")


class Repayments(Camel, phrasebook.Movements):
    """还款通知."""

    rows: tuple[Repayment, ...] = Field(alias="repayList")


class Compensations(Camel, phrasebook.Movements):
    """代偿通知."""

    rows: tuple[Compensation, ...] = Field(alias="compList")


class BuyBacks(Camel, phrasebook.Movements):
    """回购通知."""

    rows: tuple[BuyBack, ...] = Field(alias="compList")


class Refunds(Camel, phrasebook.Movements):
    """退款通知."""

    rows: tuple[Refund, ...] = Field(alias="refundList")


T = TypeVar("T", bound=Telling)


class Answered(phrasebook.Framed[T], Generic[T]):
    """An answer with its data."""

    code: str
    msg: str = ""
    body: T = Field(alias="data")


BOOK = Phrasebook(
    asks={
        "apply": Apply,
        "query_credit": CreditQuery,
        "drawdown": Drawdown,
        "query_drawdown": DrawdownQuery,
    },
    answers={"query_credit": Answered[Credit], "query_drawdown": Answered[Loan]},
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
