"""The company's words for access, cards, documents, take-overs and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands
from connectors.joint_capital import wire
from connectors.units import CompactDay
from contracts.messages import OneTimeCode, TakeOver
from contracts.money import Fen
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName


class AccessCheck(wire.Body, errands.Errand):
    """准入."""

    subject: str = Field(alias="requestSerialNo")
    product: str = Field(alias="productId")
    name: PersonName = Field(alias="name")
    id_number: IdNumber = Field(alias="idNo")
    mobile: Mobile = Field(alias="mobileNo")


class Access(wire.Body, errands.AccessNews):
    """准入结果."""

    subject: str = Field(alias="requestSerialNo")
    status: str = Field(alias="checkResult")


class CardBinding(wire.Body, errands.Errand):
    """绑卡申请."""

    subject: str = Field(alias="bindSerialNo")
    name: PersonName = Field(alias="name")
    id_number: IdNumber = Field(alias="idNo")
    mobile: Mobile = Field(alias="mobileNo")
    bank_card: BankCard = Field(alias="cardNo")


class CardConfirming(wire.Body, errands.Errand):
    """绑卡确认."""

    subject: str = Field(alias="bindSerialNo")
    code: OneTimeCode = Field(alias="smsCode")


class Agreement(wire.Body, errands.AgreementNews):
    """绑卡结果."""

    subject: str = Field(alias="bindSerialNo")
    status: str = Field(alias="bindStatus")
    agreement_no: str | None = Field(None, alias="agreementNo")


class Submitting(wire.Body, errands.Errand):
    """影像、合同提交: the partner fetches the file and compares its digest."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"document": errands.DOCUMENTS}

    subject: str = Field(alias="thirdApplyId")
    document: str = Field(alias="fileType")
    name: str = Field(alias="fileName")
    location: str = Field(alias="fileUrl")
    sha256: str = Field(alias="hash")
    size_bytes: int = Field(alias="fileSize")


class TakingOver(wire.Body, errands.Errand):
    """代偿、回购通知."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {
            TakeOver.COMPENSATION: "11",
            TakeOver.BUY_BACK: "12",
        }
    }

    subject: str = Field(alias="compensateNo")
    loan_no: str = Field(alias="loanNo")
    how: str = Field(alias="compensateType")
    period: int | None = Field(None, alias="termNo")
    payer: str = Field(alias="guaranteeMerchantId")
    paid_on: CompactDay = Field(alias="compensateDate")
    principal_fen: Fen = Field(alias="prinAmt")
    interest_fen: Fen = Field(alias="intAmt")
    penalty_fen: Fen = Field(alias="pnltAmt")


class CertificateQuery(wire.Body, errands.Errand):
    """结清证明."""

    loan_no: str = Field(alias="loanNo")


class Certificate(wire.Body, errands.CertificateNews):
    """结清证明; without an address while it is being made."""

    loan_no: str = Field(alias="loanNo")
    location: str | None = Field(None, alias="fileUrl")
    sha256: str | None = Field(None, alias="hash")


BOOK = wire.BOOK.extended(
    asks={
        "check_access": AccessCheck,
        "bind_card": CardBinding,
        "confirm_code": CardConfirming,
        "upload_document": Submitting,
        "take_over": TakingOver,
        "certificate": CertificateQuery,
    },
    answers={
        "check_access": Access,
        "confirm_code": Agreement,
        "certificate": Certificate,
    },
    errands={
        "check_access": Access,
        "confirm_code": Agreement,
        "certificate": Certificate,
    },
)
