"""The trust's words for signing, contracts, take-overs and the dedicated account's balance."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands
from connectors.trust_file import wire
from connectors.units import CompactDay, LocalTime, Yuan
from contracts.messages import OneTimeCode, RepaymentKind, TakeOver
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName


class CardBinding(wire.Camel, errands.Errand):
    """绑卡申请."""

    subject: str = Field(alias="uniqueId")
    name: PersonName = Field(alias="borrowerName")
    id_number: IdNumber = Field(alias="idCardNo")
    mobile: Mobile = Field(alias="phone")
    bank_card: BankCard = Field(alias="accountNo")


class CardConfirming(wire.Camel, errands.Errand):
    """绑卡确认."""

    subject: str = Field(alias="uniqueId")
    code: OneTimeCode = Field(alias="smsCode")


class Agreement(wire.Camel, errands.AgreementNews):
    """绑卡结果."""

    subject: str = Field(alias="uniqueId")
    status: str = Field(alias="signStatus")
    agreement_no: str | None = Field(None, alias="signNo")


class Submitting(wire.Camel, errands.Errand):
    """影像、合同提交: the partner fetches the file and compares its digest."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"document": errands.DOCUMENTS}

    subject: str = Field(alias="uniqueId")
    document: str = Field(alias="contractType")
    name: str = Field(alias="contractName")
    location: str = Field(alias="contractUrl")
    sha256: str = Field(alias="contractHash")
    size_bytes: int = Field(alias="contractSize")


class TakingOver(wire.Camel, errands.Errand):
    """代偿、回购通知."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {
            TakeOver.COMPENSATION: "1",
            TakeOver.BUY_BACK: "2",
        }
    }

    subject: str = Field(alias="uniqueId")
    loan_no: str = Field(alias="loanNo")
    how: str = Field(alias="advanceType")
    period: int | None = Field(None, alias="period")
    payer: str = Field(alias="guarantorNo")
    paid_on: CompactDay = Field(alias="advanceDate")
    principal_fen: Yuan = Field(alias="principal")
    interest_fen: Yuan = Field(alias="interest")
    penalty_fen: Yuan = Field(alias="penalty")


class Repaying(wire.Camel, errands.Errand):
    """300006 还款划扣: the trust debits the borrower, or books what was collected for it."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {
            RepaymentKind.NORMAL: "1",
            RepaymentKind.EARLY: "2",
            RepaymentKind.PARTIAL: "3",
            RepaymentKind.OVERDUE: "4",
            RepaymentKind.AFTER_COMPENSATION: "5",
        }
    }

    subject: str = Field(alias="uniqueId")
    loan_no: str = Field(alias="loanNo")
    how: str = Field(alias="repayType")
    period: int | None = Field(None, alias="period")
    principal_fen: Yuan = Field(alias="principal")
    interest_fen: Yuan = Field(alias="interest")
    fee_fen: Yuan = Field(0, alias="fee")
    penalty_fen: Yuan = Field(0, alias="penalty")


class RepayQuery(wire.Camel, errands.Errand):
    """300007 还款结果查询."""

    subject: str = Field(alias="uniqueId")
    loan_no: str = Field(alias="loanNo")


class Repaid(wire.Camel, errands.RepayNews):
    """Answer to 300007. The money itself stands in the repayment file of the day."""

    subject: str = Field(alias="uniqueId")
    status: str = Field(alias="deductStatus")
    reason: str | None = Field(None, alias="failReason")


class BalanceQuery(wire.Camel, errands.Errand):
    """300005 专户余额查询."""

    account_no: str


class Balance(wire.Camel, errands.BalanceNews):
    """Answer to 300005: what is in the dedicated account from which loans are paid out."""

    account_no: str
    total_fen: Yuan = Field(alias="currentBalance")
    available_fen: Yuan = Field(alias="availableBalance")
    frozen_fen: Yuan = Field(0, alias="frozenBalance")
    at: LocalTime | None = Field(None, alias="queryTime")


BOOK = wire.BOOK.extended(
    asks={
        "bind_card": CardBinding,
        "confirm_code": CardConfirming,
        "upload_document": Submitting,
        "take_over": TakingOver,
        "query_balance": BalanceQuery,
        "repay": Repaying,
        "query_repayment": RepayQuery,
    },
    answers={"confirm_code": Agreement, "query_balance": Balance, "query_repayment": Repaid},
    errands={"confirm_code": Agreement, "query_balance": Balance, "query_repayment": Repaid},
)
