"""The depository's words: yuan with two decimals, Shanghai wall-clock times, a file of balances in fen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands
from connectors.codes import load_codes
from connectors.errands import MoneyBook
from connectors.files import Column, Form, Layout
from connectors.jsongateway import JsonBody
from connectors.units import CompactDay, LocalTime, Yuan
from contracts.messages import FundsAction
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName

CODES = load_codes(__package__)
ASKED = {
    "open_account": "accountOpen",
    "freeze_funds": "fundFreeze",
    "transfer_funds": "fundTransfer",
    "query_order": "orderQuery",
    "query_balance": "balanceQuery",
}
TOLD = {"order": "orderNotify"}
BALANCES = Layout(
    "balance_{day}.txt",
    (
        Column("account_no"),
        Column("total_fen", Form.FEN),
        Column("available_fen", Form.FEN),
        Column("frozen_fen", Form.FEN),
    ),
    (
        Column("day", Form.COMPACT_DAY),
        Column("count", Form.COUNT),
        Column("total", Form.FEN, sums=("total_fen",)),
    ),
)
"""What was in every account at the end of a day."""


class Body(JsonBody):
    """The base of all messages."""

    codes = CODES


class Opening(Body, errands.Errand):
    """开户."""

    subject: str = Field(alias="userNo")
    name: PersonName = Field(alias="userName")
    id_number: IdNumber = Field(alias="certNo")
    mobile: Mobile = Field(alias="mobile")
    bank_card: BankCard = Field(alias="bindCardNo")


class Freezing(Body, errands.Errand):
    """资金冻结、解冻."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "action": {FundsAction.FREEZE: "01", FundsAction.RELEASE: "02"}
    }

    subject: str = Field(alias="orderNo")
    action: str = Field(alias="freezeType")
    account_no: str = Field(alias="accountNo")
    amount_fen: Yuan = Field(alias="amount")
    original: str | None = Field(None, alias="orgOrderNo")


class Transferring(Body, errands.Errand):
    """指令划转."""

    subject: str = Field(alias="orderNo")
    from_account: str = Field(alias="payAccountNo")
    to_account: str = Field(alias="recvAccountNo")
    amount_fen: Yuan = Field(alias="amount")
    purpose: str = Field(alias="summary")


class OrderQuery(Body, errands.Errand):
    """指令查询."""

    subject: str = Field(alias="orderNo")


class BalanceQuery(Body, errands.Errand):
    """余额查询."""

    account_no: str = Field(alias="accountNo")


class Account(Body, errands.AccountNews):
    """开户结果."""

    subject: str = Field(alias="userNo")
    status: str = Field(alias="accountStatus")
    account_no: str | None = Field(None, alias="accountNo")


class Order(Body, errands.OrderNews):
    """指令结果; 3 is 退票."""

    returned = frozenset({"3"})

    subject: str = Field(alias="orderNo")
    status: str = Field(alias="orderStatus")
    at: LocalTime | None = Field(None, alias="finishTime")
    serial: str | None = Field(None, alias="bankSerialNo")
    amount_fen: Yuan | None = Field(None, alias="amount")
    done_on: CompactDay | None = Field(None, alias="accountingDate")
    reason_code: str | None = Field(None, alias="failCode")
    reason: str | None = Field(None, alias="failReason")


class Balance(Body, errands.BalanceNews):
    """余额, now or in the file of a day."""

    account_no: str = Field(alias="accountNo")
    total_fen: Yuan = Field(alias="totalAmount")
    available_fen: Yuan = Field(alias="availableAmount")
    frozen_fen: Yuan = Field(alias="frozenAmount")
    day: CompactDay | None = Field(None, alias="day")
    at: LocalTime | None = Field(None, alias="queryTime")


BOOK = MoneyBook(
    asks={
        "open_account": Opening,
        "freeze_funds": Freezing,
        "transfer_funds": Transferring,
        "query_order": OrderQuery,
        "query_balance": BalanceQuery,
    },
    errands={"open_account": Account, "query_balance": Balance},
    order=Order,
)
