"""The trust's words: JSON with yuan and percentages; what happened to the money stands in daily files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from connectors import phrasebook
from connectors.codes import load_codes
from connectors.files import Layout, load_family, load_layouts
from connectors.phrasebook import Phrasebook
from connectors.units import CompactDay, LocalTime, Percent, Yuan
from connectors.words import Words, making_sense
from contracts.messages import AnyAsk, RequestDrawdown
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
    "bind_card": "300008",
    "confirm_code": "300009",
    "upload_document": "300010",
    "take_over": "300011",
}
CREDIT_NOTICE = "400001"
LAYOUTS: Mapping[str, Layout] = {
    **load_layouts(__package__),
    **{kind: layout for kind, layout in load_family("trust_plan").items() if kind.startswith("exempt_")},
}
"""The six files of a day, in the order in which they make sense, and what was waived under a plan."""


class Status(Words):
    """What every answer begins with, and all that an acknowledgement says."""

    model_config = ConfigDict(alias_generator=to_camel)

    is_success: bool
    response_code: str
    response_message: str = ""
    request_id: str = ""


class Camel(phrasebook.Phrase):
    """Base of all its messages, and its tables; `head` stands in answers only."""

    model_config = ConfigDict(alias_generator=to_camel)
    codes = CODES
    methods: ClassVar[Mapping[RepaymentMethod, str]] = {
        RepaymentMethod.EQUAL_INSTALMENT: "DEBX",
        RepaymentMethod.EQUAL_PRINCIPAL: "DEBJ",
        RepaymentMethod.INTEREST_FIRST: "XXHB",
    }

    head: Status | None = Field(None, alias="status")


class Apply(Camel, phrasebook.Applying):
    """300001 授信申请."""

    subject: str = Field(alias="uniqueId")
    product: str = Field(alias="productCode")
    amount_fen: Yuan = Field(alias="applyAmount")
    term_months: int = Field(alias="periods")
    method: str = Field(alias="repayWay")
    annual_rate: Percent
    purpose: str = Field(alias="usage")
    name: PersonName = Field(alias="borrowerName")
    id_number: IdNumber = Field(alias="idCardNo")
    mobile: Mobile = Field(alias="phone")
    bank_card: BankCard = Field(alias="accountNo")
    region: str = Field(alias="regionCode")


class Remittance(Words):
    """To whom a part of the loan goes."""

    model_config = ConfigDict(alias_generator=to_camel)

    rec_account_name: PersonName
    rec_account_no: BankCard
    amount: Yuan


class Drawdown(Camel, phrasebook.Draw):
    """300002 放款指令: the whole amount, and to whom its parts go."""

    subject: str = Field(alias="uniqueId")
    credit_no: str = Field(alias="contractNo")
    amount_fen: Yuan = Field(alias="totalAmount")
    term_months: int = Field(alias="periods")
    method: str = Field(alias="repayWay")
    annual_rate: Percent
    remittance_details: tuple[Remittance, ...] = ()

    @classmethod
    def of(cls, ask: AnyAsk, settings: Mapping[str, str]) -> Self:
        """Return our drawdown in the trust's words: one remittance, the whole amount. Raises Unreadable."""
        words = super().of(ask, settings)
        if not isinstance(ask, RequestDrawdown):
            return words
        with making_sense():
            part = Remittance(rec_account_name=ask.payee, rec_account_no=ask.bank_card, amount=ask.amount_fen)
        return words.model_copy(update={"remittance_details": (part,)})


class Query(Camel, phrasebook.Question):
    """300003 and 300004."""

    subject: str = Field(alias="uniqueId")


class Credit(Camel, phrasebook.CreditNews):
    """授信结果, as callback and within the answer to 300003. The trust gives a reason, and no code for it."""

    subject: str = Field(alias="uniqueId")
    status: str = Field(alias="auditStatus")
    credit_no: str | None = Field(None, alias="contractNo")
    limit_fen: Yuan | None = Field(None, alias="approveAmount")
    annual_rate: Percent | None = None
    valid_until: CompactDay | None = Field(None, alias="expireDate")
    at: LocalTime | None = Field(None, alias="auditTime")
    reason: str | None = Field(None, alias="refuseReason")


class Loan(Camel, phrasebook.LoanNews):
    """Answer to 300004. The loan file of the day says the same again, under the same identity."""

    subject: str = Field(alias="uniqueId")
    status: str = Field(alias="auditStatus")
    loan_no: str | None = None
    amount_fen: Yuan | None = Field(None, alias="remitAmount")
    disbursed_on: CompactDay | None = Field(None, alias="remitDate")
    reason: str | None = Field(None, alias="failReason")


BOOK = Phrasebook(
    asks={"apply": Apply, "query_credit": Query, "drawdown": Drawdown, "query_drawdown": Query},
    answers={"query_credit": Credit, "query_drawdown": Loan},
    credit=Credit,
    loan=Loan,
    term=phrasebook.Term,
    movements=phrasebook.Movements,
    row=phrasebook.Movement,
)
