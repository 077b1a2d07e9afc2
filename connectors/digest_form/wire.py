"""The gateway's words: every value a text, amounts in fen, yyyyMMddHHmmss, lists as JSON inside one field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from connectors import phrasebook
from connectors.codes import load_codes
from connectors.phrasebook import MovementKind, Phrasebook
from connectors.units import CompactDay, CompactTime, FenText, Rate, Whole
from connectors.words import rows_from_text, rows_to_text
from contracts.messages import HintAbout, RefundKind, RepaymentKind, TakeOver
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)

SUBMIT = "/gateway/api/backTransReq.do"
QUERY = "/gateway/api/queryTrans.do"
TYPES: Mapping[str, str] = {
    "apply": "7101",
    "drawdown": "7201",
    "query_credit": "0071",
    "query_drawdown": "0072",
    "query_movements": "0073",
    "bind_card": "7901",
    "confirm_code": "7902",
    "upload_document": "7903",
    "query_limit": "0074",
    "change_limit": "7904",
    "trial_repayment": "0075",
    "certificate": "0076",
}
"""txnType and txnSubType of each ask; a notification has those of the order."""
ORDERS: Mapping[str, str] = {"credit": "7101", "drawdown": "7201"}


class Mesg(phrasebook.Phrase):
    """What every form has beside the signature, and the gateway's tables."""

    model_config = ConfigDict(alias_generator=to_camel)
    codes = CODES
    methods: ClassVar[Mapping[RepaymentMethod, str]] = {
        RepaymentMethod.EQUAL_INSTALMENT: "01",
        RepaymentMethod.EQUAL_PRINCIPAL: "02",
        RepaymentMethod.INTEREST_FIRST: "03",
    }
    movements: ClassVar[Mapping[str, MovementKind]] = {
        "R1": RepaymentKind.NORMAL,
        "R2": RepaymentKind.EARLY,
        "R3": RepaymentKind.PARTIAL,
        "R4": RepaymentKind.OVERDUE,
        "R5": RepaymentKind.AFTER_COMPENSATION,
        "C1": TakeOver.COMPENSATION,
        "C2": TakeOver.BUY_BACK,
        "T1": RefundKind.REPAYMENT,
        "T2": RefundKind.DISBURSEMENT,
    }

    order_id: str | None = None
    txn_time: CompactTime | None = None
    txn_type: str | None = None
    resp_code: str | None = None
    resp_msg: str | None = None
    # What the signature needs; it says nothing about the loan.
    version: str | None = None
    encoding: str | None = None
    sign_method: str | None = None
    sign_pub_key_cert: str | None = None


class Apply(Mesg, phrasebook.Applying):
    """授信申请."""

    subject: str = Field(alias="bizOrderId")
    product: str = Field(alias="prodId")
    amount_fen: FenText = Field(alias="txnAmt")
    term_months: Whole = Field(alias="instalNum")
    method: str = Field(alias="repayMode")
    annual_rate: Rate = Field(alias="yearRate")
    purpose: str = Field(alias="usage")
    name: PersonName = Field(alias="customerNm")
    id_number: IdNumber = Field(alias="certifId")
    mobile: Mobile = Field(alias="phoneNo")
    bank_card: BankCard = Field(alias="accNo")
    region: str = Field(alias="areaCode")
    address: Address | None = Field(None, alias="address")


class Drawdown(Mesg, phrasebook.Draw):
    """用信申请."""

    subject: str = Field(alias="bizOrderId")
    credit_no: str = Field(alias="creditNo")
    amount_fen: FenText = Field(alias="txnAmt")
    term_months: Whole = Field(alias="instalNum")
    method: str = Field(alias="repayMode")
    annual_rate: Rate = Field(alias="yearRate")
    payee: PersonName = Field(alias="customerNm")
    bank_card: BankCard = Field(alias="accNo")


class Query(Mesg, phrasebook.Question):
    """交易状态查询."""

    subject: str = Field(alias="bizOrderId")


class DayQuery(Mesg, phrasebook.Question):
    """还款流水查询, from a row on."""

    day: CompactDay = Field(alias="settleDate")
    skip: Whole = Field(0, alias="beginNumber")


class Credit(Mesg, phrasebook.CreditNews):
    """授信结果."""

    subject: str = Field(alias="bizOrderId")
    status: str = Field(alias="origRespCode")
    credit_no: str | None = Field(None, alias="creditNo")
    limit_fen: FenText | None = Field(None, alias="creditAmt")
    annual_rate: Rate | None = Field(None, alias="yearRate")
    valid_until: CompactDay | None = Field(None, alias="expDate")
    at: CompactTime | None = Field(None, alias="auditTime")
    reason: str | None = Field(None, alias="origRespMsg")
    reason_code: str | None = Field(None, alias="refuseCode")
    retry_after_days: Whole | None = Field(None, alias="refuseDays")


class Term(Mesg, phrasebook.Term):
    """One term of a plan."""

    period: Whole = Field(alias="period")
    due_on: CompactDay = Field(alias="dueDate")
    principal_fen: FenText = Field(alias="prinAmt")
    interest_fen: FenText = Field(alias="intAmt")


class Loan(Mesg, phrasebook.LoanNews):
    """放款结果; a disbursement carries its plan."""

    subject: str = Field(alias="bizOrderId")
    status: str = Field(alias="origRespCode")
    loan_no: str | None = Field(None, alias="loanNo")
    amount_fen: FenText | None = Field(None, alias="settleAmt")
    at: CompactTime | None = Field(None, alias="payTime")
    reason: str | None = Field(None, alias="origRespMsg")
    terms: Annotated[
        tuple[Term, ...], BeforeValidator(rows_from_text(Term)), PlainSerializer(rows_to_text)
    ] = Field((), alias="planInfo")


class Row(Mesg, phrasebook.Movement):
    """One repayment, 代偿 or 退款."""

    loan_no: str = Field(alias="loanNo")
    serial: str = Field(alias="queryId")
    type: str = Field(alias="bizType")
    period: Whole | None = Field(None, alias="period")
    at: CompactTime = Field(alias="txnTime")
    principal_fen: FenText = Field(alias="prinAmt")
    interest_fen: FenText = Field(0, alias="intAmt")
    penalty_fen: FenText = Field(0, alias="pnltAmt")
    original_serial: str | None = Field(None, alias="origQryId")


class Rows(Mesg, phrasebook.Movements):
    """One page of a day's movements."""

    rows: Annotated[tuple[Row, ...], BeforeValidator(rows_from_text(Row)), PlainSerializer(rows_to_text)] = (
        Field((), alias="batchInfo")
    )


class CreditNotice(Mesg, phrasebook.Sign):
    """授信结果通知: to be confirmed by a query."""

    about = HintAbout.CREDIT
    subject: str = Field(alias="bizOrderId")


class LoanNotice(Mesg, phrasebook.Sign):
    """放款结果通知: to be confirmed by a query."""

    about = HintAbout.DRAWDOWN
    subject: str = Field(alias="bizOrderId")


BOOK = Phrasebook(
    asks={
        "apply": Apply,
        "query_credit": Query,
        "drawdown": Drawdown,
        "query_drawdown": Query,
        "query_movements": DayQuery,
    },
    answers={"query_credit": Credit, "query_drawdown": Loan, "query_movements": Rows},
    credit=Credit,
    loan=Loan,
    term=Term,
    movements=Rows,
    row=Row,
)
