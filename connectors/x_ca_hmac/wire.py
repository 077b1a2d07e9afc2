"""The platform's words: numbers as quoted strings of a declared size, transaction numbers of a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import Field

from connectors import phrasebook
from connectors.codes import load_codes
from connectors.phrasebook import MovementKind, Phrasebook
from connectors.port import Unreadable
from connectors.units import CompactDay, CompactTime, Rate, Whole, Yuan, format_day, within
from connectors.words import Telling, Words
from contracts.messages import AnyTold, HintAbout, RefundKind, RepaymentKind, TakeOver
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)
SERVICES: Mapping[str, str] = {
    "apply": "loan_app.app.submit",
    "query_credit": "loan_app.app.stsQuery",
    "drawdown": "loan_app.disb.submit",
    "query_drawdown": "loan_app.disb.stsQuery",
    "query_movements": "loan_acct.trxn.query",
    "check_access": "loan_app.cust.admit",
    "upload_document": "loan_app.doc.submit",
    "query_limit": "loan_acct.limit.query",
    "query_plan": "loan_acct.schedule.query",
    "trial_repayment": "loan_acct.rpy.trial",
}
PAGE_ROWS = 10
"""Most transactions in one answer."""
PLAN_ROWS = 50
"""Most terms in one answer: a plan that fills it may be longer, and is not believed."""

# Declared as 9(7:2) and 9(1:6): the platform rounds what has more decimals, so nothing more is sent.
Amount = Annotated[Yuan, within(7, 2)]
Share = Annotated[Rate, within(1, 6)]


class Data(phrasebook.Phrase):
    """The platform's tables."""

    codes = CODES
    methods: ClassVar[Mapping[RepaymentMethod, str]] = {
        RepaymentMethod.EQUAL_INSTALMENT: "EPP",
        RepaymentMethod.EQUAL_PRINCIPAL: "EPR",
        RepaymentMethod.INTEREST_FIRST: "IOB",
    }
    movements: ClassVar[Mapping[str, MovementKind]] = {
        "RPY": RepaymentKind.NORMAL,
        "RPY_EARLY": RepaymentKind.EARLY,
        "RPY_PART": RepaymentKind.PARTIAL,
        "RPY_OVD": RepaymentKind.OVERDUE,
        "RPY_RECV": RepaymentKind.AFTER_COMPENSATION,
        "GUAR": TakeOver.COMPENSATION,
        "BUYBACK": TakeOver.BUY_BACK,
        "RFD": RefundKind.REPAYMENT,
        "DISB_RTN": RefundKind.DISBURSEMENT,
    }


class Apply(Data, phrasebook.Applying):
    """进件."""

    subject: str = Field(alias="appId")
    product: str = Field(alias="prodCd")
    amount_fen: Amount = Field(alias="appLimit")
    term_months: Whole = Field(alias="tenure")
    method: str = Field(alias="mtRpyMthdCd")
    annual_rate: Share = Field(alias="intRate")
    purpose: str = Field(alias="loanPurpose")
    name: PersonName = Field(alias="custName")
    id_number: IdNumber = Field(alias="idNo")
    mobile: Mobile = Field(alias="mobileNo")
    bank_card: BankCard = Field(alias="bankAcctNo")
    region: str = Field(alias="districtCd")
    address: Address | None = Field(None, alias="address")
    occupation: str | None = Field(None, alias="occupation")
    monthly_income_fen: Amount | None = Field(None, alias="mthlyIncome")


class Drawdown(Data, phrasebook.Draw):
    """放款申请."""

    subject: str = Field(alias="disbReqNo")
    credit_no: str = Field(alias="creditNo")
    amount_fen: Amount = Field(alias="disbAmount")
    term_months: Whole = Field(alias="tenure")
    method: str = Field(alias="mtRpyMthdCd")
    annual_rate: Share = Field(alias="intRate")
    payee: PersonName = Field(alias="disbAccountName")
    bank_card: BankCard = Field(alias="disbAccountNo")


class CreditQuery(Data, phrasebook.Question):
    """进件状态查询."""

    subject: str = Field(alias="appId")


class LoanQuery(Data, phrasebook.Question):
    """放款状态查询."""

    subject: str = Field(alias="disbReqNo")


class DayQuery(Data, phrasebook.Question):
    """交易查询 of one day, from a row on."""

    day: CompactDay = Field(alias="dtTrxn")
    skip: Whole = Field(0, alias="startRow")


class Credit(Data, phrasebook.CreditNews):
    """进件状态."""

    subject: str = Field(alias="appId")
    status: str = Field(alias="mtAppStsCd")
    credit_no: str | None = Field(None, alias="creditNo")
    limit_fen: Amount | None = Field(None, alias="finalLimit")
    annual_rate: Share | None = Field(None, alias="finalRate")
    valid_until: CompactDay | None = Field(None, alias="dtExpiry")
    at: CompactTime | None = Field(None, alias="dtDecision")
    reason_code: str | None = Field(None, alias="reasonCd")
    reason: str | None = Field(None, alias="reasonDesc")


class CreditSign(Data, phrasebook.Sign):
    """进件状态回调, in clear and unsigned: whatever it claims, it is worth a question and no more."""

    about = HintAbout.CREDIT
    subject: str = Field(alias="appId")


class Term(Data, phrasebook.Term):
    """One term of a plan."""

    period: Whole = Field(alias="termNo")
    due_on: CompactDay = Field(alias="dtDue")
    principal_fen: Amount = Field(alias="prinAmt")
    interest_fen: Amount = Field(alias="intAmt")


class Loan(Data, phrasebook.LoanNews):
    """放款信息; a disbursement carries its plan."""

    subject: str = Field(alias="disbReqNo")
    status: str = Field(alias="mtDisbStsCd")
    loan_no: str | None = Field(None, alias="contractNo")
    amount_fen: Amount | None = Field(None, alias="disbAmount")
    at: CompactTime | None = Field(None, alias="dtDisb")
    reason: str | None = Field(None, alias="reasonDesc")
    terms: tuple[Term, ...] | None = Field(None, alias="rpySchedule")

    def told(self) -> tuple[AnyTold, ...]:
        """Return the disbursement and its plan, unless the plan may have been cut."""
        told = super().told()
        return told[:1] if self.terms and len(self.terms) >= PLAN_ROWS else told


class Row(Data, phrasebook.Movement):
    """One transaction. Its number is unique on its day and contract only, and so is the original's."""

    loan_no: str = Field(alias="contractNo")
    serial: str = Field(alias="trxnNo")
    type: str = Field(alias="mtTrxnTypeCd")
    period: Whole | None = Field(None, alias="termNo")
    paid_on: CompactDay = Field(alias="dtTrxn")
    principal_fen: Amount = Field(alias="prinAmt")
    interest_fen: Amount = Field(0, alias="intAmt")
    penalty_fen: Amount = Field(0, alias="pnltAmt")
    original_serial: str | None = Field(None, alias="orgTrxnNo")
    original_day: CompactDay | None = Field(None, alias="dtOrgTrxn")

    def identity(self) -> str:
        """Return contract, day and number together."""
        return _identity(self.loan_no, self.paid_on, self.serial)

    def original(self) -> str | None:
        """Return contract, day and number of the repayment that is taken back."""
        if self.original_serial is None:
            return None
        if self.original_day is None:
            raise Unreadable("the original transaction is named without its day")
        return _identity(self.loan_no, self.original_day, self.original_serial)


def _identity(loan_no: str, day: date, number: str) -> str:
    return f"{loan_no}/{format_day(day)}/{number}"


class Rows(Data, phrasebook.Movements):
    """One page of a day's transactions; none is an answer, and says that nothing moved."""

    rows: tuple[Row, ...] = Field((), alias="trxnList")


class Reply(Words):
    """What every answer begins with; `data` follows where there is news."""

    code: str
    message: str = ""


T = TypeVar("T", bound=Telling)


class Answered(phrasebook.Framed[T], Generic[T]):
    """An answer with its data."""

    code: str
    message: str = ""
    body: T = Field(alias="data")


BOOK = Phrasebook(
    asks={
        "apply": Apply,
        "query_credit": CreditQuery,
        "drawdown": Drawdown,
        "query_drawdown": LoanQuery,
        "query_movements": DayQuery,
    },
    answers={
        "query_credit": Answered[Credit],
        "query_drawdown": Answered[Loan],
        "query_movements": Answered[Rows],
    },
    credit=Credit,
    loan=Loan,
    term=Term,
    movements=Rows,
    row=Row,
)
