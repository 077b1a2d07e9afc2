"""The channel's words: fen in strings, Shanghai wall-clock times, a file of what became of orders."""

from __future__ import annotations

from pydantic import Field

from connectors import errands
from connectors.codes import load_codes
from connectors.errands import MoneyBook
from connectors.files import Column, Form, Layout
from connectors.jsongateway import JsonBody
from connectors.units import CompactDay, FenText, LocalTime
from contracts.messages import OneTimeCode
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)
ASKED = {
    "sign_debit": "agreement.sign",
    "confirm_code": "agreement.confirm",
    "debit": "pay.debit",
    "pay_out": "pay.payout",
    "refund_order": "pay.refund",
    "query_order": "pay.query",
}
TOLD = {"order": "pay.notify"}
SETTLED = Layout(
    "settle_{day}.csv",
    (
        Column("subject", key="order_no"),
        Column("status", key="status"),
        Column("serial", key="serial", optional=True),
        Column("amount_fen", Form.FEN, key="amount", optional=True),
        Column("done_on", Form.COMPACT_DAY, key="date", optional=True),
        Column("reason_code", key="fail_code", optional=True),
        Column("reason", key="fail_reason", optional=True),
    ),
    trailer=(
        Column("mark", constant="END"),
        Column("count", Form.COUNT),
        Column("total", Form.FEN, sums=("amount_fen",)),
    ),
    delimiter=",",
    titles=True,
)
"""What became of orders on a day."""


class Body(JsonBody):
    """The base of all messages."""

    codes = CODES


class Signing(Body, errands.Errand):
    """委托代扣签约; the bank sends a code."""

    subject: str = Field(alias="signNo")
    name: PersonName = Field(alias="cardHolder")
    id_number: IdNumber = Field(alias="idCardNo")
    mobile: Mobile = Field(alias="mobile")
    bank_card: BankCard = Field(alias="cardNo")
    limit_fen: FenText = Field(alias="singleLimit")
    valid_until: CompactDay = Field(alias="validDate")


class Confirming(Body, errands.Errand):
    """签约确认."""

    subject: str = Field(alias="signNo")
    code: OneTimeCode = Field(alias="smsCode")


class Debiting(Body, errands.Errand):
    """代扣."""

    subject: str = Field(alias="transNo")
    agreement_no: str = Field(alias="protocolNo")
    amount_fen: FenText = Field(alias="txnAmt")
    purpose: str = Field(alias="remark")


class PayingOut(Body, errands.Errand):
    """代付, to a person's card or as 受托支付 to a merchant."""

    subject: str = Field(alias="transNo")
    payee: PersonName | None = Field(None, alias="payeeName")
    bank_card: BankCard | None = Field(None, alias="payeeCardNo")
    merchant: str | None = Field(None, alias="payeeMemberId")
    amount_fen: FenText = Field(alias="txnAmt")
    purpose: str = Field(alias="remark")


class Refunding(Body, errands.Errand):
    """退款."""

    subject: str = Field(alias="transNo")
    original: str = Field(alias="orgTransNo")
    amount_fen: FenText = Field(alias="refundAmt")
    reason: str = Field(alias="refundReason")


class OrderQuery(Body, errands.Errand):
    """订单查询."""

    subject: str = Field(alias="transNo")


class Agreement(Body, errands.AgreementNews):
    """签约结果."""

    subject: str = Field(alias="signNo")
    status: str = Field(alias="signStatus")
    agreement_no: str | None = Field(None, alias="protocolNo")


class Order(Body, errands.OrderNews):
    """订单结果; R is 退票."""

    returned = frozenset({"R"})

    subject: str = Field(alias="transNo")
    status: str = Field(alias="orderStat")
    at: LocalTime | None = Field(None, alias="finishTime")
    serial: str | None = Field(None, alias="channelNo")
    amount_fen: FenText | None = Field(None, alias="succAmt")
    done_on: CompactDay | None = Field(None, alias="settleDate")
    reason_code: str | None = Field(None, alias="bizRespCode")
    reason: str | None = Field(None, alias="bizRespMsg")


BOOK = MoneyBook(
    asks={
        "sign_debit": Signing,
        "confirm_code": Confirming,
        "debit": Debiting,
        "pay_out": PayingOut,
        "refund_order": Refunding,
        "query_order": OrderQuery,
    },
    errands={"confirm_code": Agreement},
    order=Order,
)
