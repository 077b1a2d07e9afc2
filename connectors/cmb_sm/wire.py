"""The bank's words: six-letter names, yuan with two decimals, yyyyMMdd, records with a code of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from pydantic import Field, SerializeAsAny

from connectors import facts, phrasebook
from connectors.codes import load_codes
from connectors.phrasebook import MovementKind, Phrasebook
from connectors.port import Unreadable
from connectors.units import CompactDay, CompactTime, Rate, Whole, Yuan, business_day, format_day
from connectors.words import Telling, Words
from contracts.messages import AnyTold, RefundKind, RepaymentKind, TakeOver
from contracts.programme import RepaymentMethod
from contracts.sensitive import Address, BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)
TAKEN = "SUC0000"
NO_RECORD = "NORECORD"
RETURNED = "B"
FUNCTIONS: Mapping[str, str] = {
    "apply": "DCCRDAPL",
    "query_credit": "DCCRDQRY",
    "drawdown": "DCLONPAY",
    "query_drawdown": "DCLONQRY",
    "query_movements": "DCTRSINF",
    "check_access": "DCADMCHK",
    "bind_card": "DCAGRAPL",
    "confirm_code": "DCAGRCFM",
    "upload_document": "DCFILSUB",
    "query_limit": "DCLMTQRY",
    "change_limit": "DCLMTADJ",
    "query_plan": "DCPLNQRY",
    "trial_repayment": "DCRPYTRL",
    "take_over": "DCCMPSUB",
    "certificate": "DCSTLPRF",
}


class Head(Words):
    """The head of a request (`funcode`, `userid`, `reqid`) and of an answer, which adds the result."""

    funcode: str
    userid: str
    reqid: str
    rspid: str | None = None
    resultcode: str | None = None
    resultmsg: str | None = None


class Record(phrasebook.Phrase):
    """What every record has beside its content, and the bank's tables."""

    codes = CODES
    methods: ClassVar[Mapping[RepaymentMethod, str]] = {
        RepaymentMethod.EQUAL_INSTALMENT: "A",
        RepaymentMethod.EQUAL_PRINCIPAL: "B",
        RepaymentMethod.INTEREST_FIRST: "C",
    }
    movements: ClassVar[Mapping[str, MovementKind]] = {
        "HK01": RepaymentKind.NORMAL,
        "HK02": RepaymentKind.EARLY,
        "HK03": RepaymentKind.PARTIAL,
        "HK04": RepaymentKind.OVERDUE,
        "HK05": RepaymentKind.AFTER_COMPENSATION,
        "DC01": TakeOver.COMPENSATION,
        "HG01": TakeOver.BUY_BACK,
        "TK01": RefundKind.REPAYMENT,
        "TP01": RefundKind.DISBURSEMENT,
    }

    errcod: str | None = None
    errtxt: str | None = None


class Apply(Record, phrasebook.Applying):
    """授信申请."""

    subject: str = Field(alias="yurref")
    product: str = Field(alias="prdnbr")
    amount_fen: Yuan = Field(alias="aplamt")
    term_months: Whole = Field(alias="trmmth")
    method: str = Field(alias="rpymth")
    annual_rate: Rate = Field(alias="yirate")
    purpose: str = Field(alias="useage")
    name: PersonName = Field(alias="cltnam")
    id_number: IdNumber = Field(alias="idnnbr")
    mobile: Mobile = Field(alias="mblnbr")
    bank_card: BankCard = Field(alias="accnbr")
    region: str = Field(alias="arecod")
    address: Address | None = Field(None, alias="rsvadr")
    occupation: str | None = Field(None, alias="jobtyp")
    monthly_income_fen: Yuan | None = Field(None, alias="mthinc")


class Drawdown(Record, phrasebook.Draw):
    """放款申请."""

    subject: str = Field(alias="yurref")
    credit_no: str = Field(alias="crdnbr")
    amount_fen: Yuan = Field(alias="trsamt")
    term_months: Whole = Field(alias="trmmth")
    method: str = Field(alias="rpymth")
    annual_rate: Rate = Field(alias="yirate")
    payee: PersonName = Field(alias="crtnam")
    bank_card: BankCard = Field(alias="crtacc")


class Query(Record, phrasebook.Question):
    """A question by the reference number, which is ours."""

    subject: str = Field(alias="yurref")


class DayQuery(Record, phrasebook.Question):
    """账务查询 of one day, from a record on."""

    day: CompactDay = Field(alias="trsdat")
    skip: Whole = Field(0, alias="bgnrec")


class Credit(Record, phrasebook.CreditNews):
    """授信结果."""

    subject: str = Field(alias="yurref")
    status: str = Field(alias="crdsts")
    credit_no: str | None = Field(None, alias="crdnbr")
    limit_fen: Yuan | None = Field(None, alias="crdamt")
    annual_rate: Rate | None = Field(None, alias="yirate")
    valid_until: CompactDay | None = Field(None, alias="expdat")
    at: CompactTime | None = Field(None, alias="opttim")
    reason_code: str | None = Field(None, alias="rejcod")
    reason: str | None = Field(None, alias="rejtxt")


class Term(Record, phrasebook.Term):
    """One term of a plan."""

    period: Whole = Field(alias="trmnbr")
    due_on: CompactDay = Field(alias="duedat")
    principal_fen: Yuan = Field(alias="prnamt")
    interest_fen: Yuan = Field(alias="intamt")


class Loan(Record, phrasebook.LoanNews):
    """放款结果; one that was paid carries its plan, one that came back says when."""

    subject: str = Field(alias="yurref")
    status: str = Field("", alias="rtnflg")
    loan_no: str | None = Field(None, alias="lonnbr")
    amount_fen: Yuan | None = Field(None, alias="trsamt")
    at: CompactTime | None = Field(None, alias="opttim")
    reason: str | None = Field(None, alias="rtnnar")
    terms: tuple[Term, ...] | None = Field(None, alias="plnlst")
    returned_at: CompactTime | None = Field(None, alias="rtntim")
    returned_serial: str | None = Field(None, alias="rtnser")

    def told(self) -> tuple[AnyTold, ...]:
        """Return the disbursement, its plan, and its return (退票) as an event of its own."""
        told = super().told()
        if self.status != RETURNED:
            return told
        at, serial = self.returned_at, self.returned_serial
        if self.loan_no is None or self.amount_fen is None or at is None or serial is None:
            raise Unreadable("a returned transfer without its loan, amount, time or number")
        back = facts.refund(
            RefundKind.DISBURSEMENT,
            RETURNED,
            loan_no=self.loan_no,
            serial=serial,
            original_serial=None,
            paid_on=business_day(at),
            principal_fen=self.amount_fen,
            at=at,
        )
        return *told, back


class Row(Record, phrasebook.Movement):
    """One repayment, 代偿, 回购, 退款 or 退票."""

    loan_no: str = Field(alias="lonnbr")
    serial: str = Field(alias="trsser")
    type: str = Field(alias="trscod")
    period: Whole | None = Field(None, alias="trmnbr")
    at: CompactTime = Field(alias="trstim")
    principal_fen: Yuan = Field(alias="prnamt")
    interest_fen: Yuan = Field(0, alias="intamt")
    penalty_fen: Yuan = Field(0, alias="pnyamt")
    original_serial: str | None = Field(None, alias="orgser")

    def identity(self) -> str:
        """Return the bank's number; of a 代偿 what the file has, which tells it without a number."""
        if self.movements.get(self.type) is TakeOver.COMPENSATION:
            return f"{self.loan_no}/{self.period}/{format_day(self.day())}"
        return super().identity()


class Rows(Record, phrasebook.Movements):
    """One page of a day's movements."""

    rows: tuple[Row, ...] = Field((), alias="records")


T = TypeVar("T", bound=Telling)


class Records(Telling, Generic[T]):
    """The records of an answer."""

    records: tuple[T, ...] = ()

    def told(self) -> tuple[AnyTold, ...]:
        """Return what the records tell, one after the other."""
        return tuple(fact for record in self.records for fact in record.told())


class Reply(phrasebook.Framed[T], Generic[T]):
    """An answer with its records."""

    head: Head


class Asked(Words):
    """A request as it is written."""

    head: Head
    body: SerializeAsAny[Words]


class Listed(Words):
    """Records as they are written."""

    records: tuple[SerializeAsAny[Words], ...]


class Answered(Words):
    """An answer as it is written."""

    head: Head
    body: Listed


class Errors(Words):
    """The records of any answer, of which only their codes matter."""

    records: tuple[Record, ...] = ()


class Outline(Words):
    """Any answer, as far as its result goes."""

    head: Head
    body: Errors = Errors()

    def result(self) -> tuple[str, str]:
        """Return the code and message that count: the first record's that is not a success, if one is not."""
        if self.head.resultcode != TAKEN:
            return self.head.resultcode or "", self.head.resultmsg or ""
        for record in self.body.records:
            if record.errcod != TAKEN:
                return record.errcod or "", record.errtxt or ""
        return (TAKEN if self.body.records else NO_RECORD), ""


BOOK = Phrasebook(
    asks={
        "apply": Apply,
        "query_credit": Query,
        "drawdown": Drawdown,
        "query_drawdown": Query,
        "query_movements": DayQuery,
    },
    answers={
        "query_credit": Reply[Records[Credit]],
        "query_drawdown": Reply[Records[Loan]],
        "query_movements": Reply[Rows],
    },
    credit=Credit,
    loan=Loan,
    term=Term,
    movements=Rows,
    row=Row,
)
