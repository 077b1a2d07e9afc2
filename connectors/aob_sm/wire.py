"""The city bank's words: yuan with two decimals, yyyyMMdd, camelCase JSON with the message's number in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from connectors import phrasebook
from connectors.codes import load_codes
from connectors.phrasebook import MovementKind, Phrasebook
from connectors.units import SHANGHAI, CompactDay, LocalTime, Rate, Yuan
from contracts.messages import RefundKind, RepaymentKind, TakeOver
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)

ASKED: Mapping[str, str] = {
    "apply": "creditApply",
    "query_credit": "creditQuery",
    "drawdown": "loanApply",
    "query_drawdown": "loanQuery",
    "bind_card": "cardBind",
    "confirm_code": "cardConfirm",
    "upload_document": "fileSubmit",
    "query_limit": "limitQuery",
    "change_limit": "limitAdjust",
    "query_plan": "planQuery",
    "trial_repayment": "repayTrial",
    "take_over": "compSubmit",
    "certificate": "settleProof",
}
"""The service each ask goes to; its path is /aob/ and the service."""
TOLD: Mapping[str, str] = {
    "credit": "creditNotify",
    "drawdown": "loanNotify",
    "repayment": "repayNotify",
    "compensation": "compNotify",
    "buy_back": "buyBackNotify",
    "refund": "refundNotify",
    "limit": "limitNotify",
}
"""The service a callback of each kind names: it is signed, and the path is not."""


class Mesg(phrasebook.Phrase):
    """What every message begins with, and the bank's tables. An answer has `dealCode` and `dealMsg`."""

    model_config = ConfigDict(alias_generator=to_camel)
    codes = CODES
    methods: ClassVar[Mapping[RepaymentMethod, str]] = {
        RepaymentMethod.EQUAL_INSTALMENT: "1",
        RepaymentMethod.EQUAL_PRINCIPAL: "2",
        RepaymentMethod.INTEREST_FIRST: "3",
    }
    movements: ClassVar[Mapping[str, MovementKind]] = {
        "01": RepaymentKind.NORMAL,
        "02": RepaymentKind.EARLY,
        "03": RepaymentKind.OVERDUE,
        "04": RepaymentKind.PARTIAL,
        "05": RepaymentKind.AFTER_COMPENSATION,
        "11": TakeOver.COMPENSATION,
        "12": TakeOver.BUY_BACK,
        "21": RefundKind.REPAYMENT,
        "22": RefundKind.DISBURSEMENT,
    }

    mesg_id: str | None = None
    mesg_date: str | None = None
    mesg_time: str | None = None
    service_id: str | None = None
    deal_code: str | None = None
    deal_msg: str | None = None


def time_of(now: datetime) -> dict[str, str]:
    """Return the time as every message carries it, in Shanghai."""
    local = now.astimezone(SHANGHAI)
    return {"mesg_date": f"{local:%Y%m%d}", "mesg_time": f"{local:%H%M%S}"}


def stamped(payload: bytes, now: datetime) -> bytes:
    """Return a message without personal values as it is sent at that time."""
    return Mesg.read(payload).model_copy(update=time_of(now)).to_bytes()


class Apply(Mesg, phrasebook.Applying):
    """授信申请."""

    subject: str = Field(alias="creditApplyNo")
    product: str = Field(alias="prodNo")
    amount_fen: Yuan = Field(alias="applyAmt")
    term_months: int = Field(alias="loanTerm")
    method: str = Field(alias="repayMode")
    annual_rate: Rate = Field(alias="yearRate")
    purpose: str = Field(alias="loanUse")
    name: PersonName = Field(alias="custName")
    id_number: IdNumber = Field(alias="certNo")
    mobile: Mobile = Field(alias="mobileNo")
    bank_card: BankCard = Field(alias="acctNo")
    region: str = Field(alias="areaCode")
    address: Address | None = Field(None, alias="homeAddr")
    occupation: str | None = Field(None, alias="profession")
    monthly_income_fen: Yuan | None = Field(None, alias="monthIncome")


class Drawdown(Mesg, phrasebook.Draw):
    """借款申请."""

    subject: str = Field(alias="loanApplyNo")
    credit_no: str = Field(alias="creditNo")
    amount_fen: Yuan = Field(alias="loanAmt")
    term_months: int = Field(alias="loanTerm")
    method: str = Field(alias="repayMode")
    annual_rate: Rate = Field(alias="yearRate")
    payee: PersonName = Field(alias="payeeName")
    bank_card: BankCard = Field(alias="payeeAcctNo")


class CreditQuery(Mesg, phrasebook.Question):
    """授信查询."""

    subject: str = Field(alias="creditApplyNo")


class LoanQuery(Mesg, phrasebook.Question):
    """借款查询."""

    subject: str = Field(alias="loanApplyNo")


class Credit(Mesg, phrasebook.CreditNews):
    """授信结果."""

    subject: str = Field(alias="creditApplyNo")
    status: str = Field(alias="creditSts")
    credit_no: str | None = Field(None, alias="creditNo")
    limit_fen: Yuan | None = Field(None, alias="creditAmt")
    annual_rate: Rate | None = Field(None, alias="yearRate")
    valid_until: CompactDay | None = Field(None, alias="endDate")
    at: LocalTime | None = Field(None, alias="approveTime")
    reason_code: str | None = Field(None, alias="refuseCode")
    reason: str | None = Field(None, alias="refuseReason")
    retry_after_days: int | None = Field(None, alias="refusePeriod")


class Term(Mesg, phrasebook.Term):
    """One term of a plan."""

    period: int = Field(alias="termNo")
    due_on: CompactDay = Field(alias="dueDate")
    principal_fen: Yuan = Field(alias="prinAmt")
    interest_fen: Yuan = Field(alias="intAmt")


class Loan(Mesg, phrasebook.LoanNews):
    """放款结果; a disbursement carries its plan."""

    subject: str = Field(alias="loanApplyNo")
    status: str = Field(alias="loanSts")
    loan_no: str | None = Field(None, alias="dueBillNo")
    amount_fen: Yuan | None = Field(None, alias="loanAmt")
    at: LocalTime | None = Field(None, alias="loanTime")
    reason_code: str | None = Field(None, alias="failCode")
    reason: str | None = Field(None, alias="failReason")
    terms: tuple[Term, ...] = Field((), alias="planList")


class Row(Mesg, phrasebook.Movement):
    """One repayment, 代偿 or 退款."""

    loan_no: str = Field(alias="dueBillNo")
    serial: str = Field(alias="tranSerial")
    type: str = Field(alias="tranType")
    period: int | None = Field(None, alias="termNo")
    at: LocalTime = Field(alias="tranTime")
    principal_fen: Yuan = Field(alias="prinAmt")
    interest_fen: Yuan = Field(0, alias="intAmt")
    penalty_fen: Yuan = Field(0, alias="pnltAmt")
    original_serial: str | None = Field(None, alias="orgSerial")


class Rows(Mesg, phrasebook.Movements):
    """还款、代偿、退款通知."""

    rows: tuple[Row, ...] = Field((), alias="tranList")


BOOK = Phrasebook(
    asks={
        "apply": Apply,
        "query_credit": CreditQuery,
        "drawdown": Drawdown,
        "query_drawdown": LoanQuery,
    },
    answers={"query_credit": Credit, "query_drawdown": Loan},
    credit=Credit,
    loan=Loan,
    term=Term,
    movements=Rows,
    row=Row,
)
