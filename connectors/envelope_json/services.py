"""The company's words for access, cards, documents, plans, trials, take-overs and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands, phrasebook
from connectors.envelope_json import wire
from connectors.units import CompactDay
from contracts.messages import OneTimeCode, RepaymentKind, TakeOver
from contracts.money import Fen
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName


class AccessCheck(wire.Camel, errands.Errand):
    """准入."""

    subject: str = Field(alias="checkId")
    product: str = Field(alias="productCode")
    name: PersonName = Field(alias="custName")
    id_number: IdNumber = Field(alias="certNo")
    mobile: Mobile = Field(alias="phoneNo")


class Access(wire.Camel, errands.AccessNews):
    """准入结果."""

    subject: str = Field(alias="checkId")
    status: str = Field(alias="admitStatus")


class CardBinding(wire.Camel, errands.Errand):
    """绑卡申请."""

    subject: str = Field(alias="bindId")
    name: PersonName = Field(alias="custName")
    id_number: IdNumber = Field(alias="certNo")
    mobile: Mobile = Field(alias="phoneNo")
    bank_card: BankCard = Field(alias="cardNo")


class CardConfirming(wire.Camel, errands.Errand):
    """绑卡确认."""

    subject: str = Field(alias="bindId")
    code: OneTimeCode = Field(alias="verifyCode")


class Agreement(wire.Camel, errands.AgreementNews):
    """绑卡结果."""

    subject: str = Field(alias="bindId")
    status: str = Field(alias="bindStatus")
    agreement_no: str | None = Field(None, alias="agreementNo")


class Submitting(wire.Camel, errands.Errand):
    """影像、合同提交: the partner fetches the file and compares its digest."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"document": errands.DOCUMENTS}

    subject: str = Field(alias="applyId")
    document: str = Field(alias="fileType")
    name: str = Field(alias="fileName")
    location: str = Field(alias="fileUrl")
    sha256: str = Field(alias="fileHash")
    size_bytes: int = Field(alias="fileSize")


class PlanQuery(wire.Camel, errands.Errand):
    """还款计划查询."""

    loan_no: str = Field(alias="loanNo")


class Trial(wire.Camel, errands.Errand):
    """还款试算."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {
            RepaymentKind.NORMAL: "10",
            RepaymentKind.EARLY: "30",
            RepaymentKind.PARTIAL: "20",
            RepaymentKind.OVERDUE: "40",
            RepaymentKind.AFTER_COMPENSATION: "50",
        }
    }

    loan_no: str = Field(alias="loanNo")
    how: str = Field(alias="repayMode")
    period: int | None = Field(None, alias="termNo")
    on: CompactDay = Field(alias="repayDate")


class TrialResult(wire.Camel, errands.TrialNews):
    """还款试算结果."""

    loan_no: str = Field(alias="loanNo")
    on: CompactDay = Field(alias="repayDate")
    principal_fen: Fen = Field(alias="prinAmt")
    interest_fen: Fen = Field(alias="intAmt")


class TakingOver(wire.Camel, errands.Errand):
    """代偿、回购通知."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {
            TakeOver.COMPENSATION: "C",
            TakeOver.BUY_BACK: "B",
        }
    }

    subject: str = Field(alias="compSeq")
    loan_no: str = Field(alias="loanNo")
    how: str = Field(alias="compMode")
    period: int | None = Field(None, alias="termNo")
    payer: str = Field(alias="guaranteeId")
    paid_on: CompactDay = Field(alias="compDate")
    principal_fen: Fen = Field(alias="prinAmt")
    interest_fen: Fen = Field(alias="intAmt")
    penalty_fen: Fen = Field(alias="pnltAmt")


class CertificateQuery(wire.Camel, errands.Errand):
    """结清证明."""

    loan_no: str = Field(alias="loanNo")


class Certificate(wire.Camel, errands.CertificateNews):
    """结清证明; without an address while it is being made."""

    loan_no: str = Field(alias="loanNo")
    location: str | None = Field(None, alias="fileUrl")
    sha256: str | None = Field(None, alias="fileHash")


class Plan(wire.Camel, phrasebook.Schedule):
    """还款计划."""

    loan_no: str = Field(alias="loanNo")
    terms: tuple[wire.Term, ...] = Field(alias="planList")
    plan_version: int | None = Field(None, alias="planVersion")


BOOK = wire.BOOK.extended(
    asks={
        "check_access": AccessCheck,
        "bind_card": CardBinding,
        "confirm_code": CardConfirming,
        "upload_document": Submitting,
        "query_plan": PlanQuery,
        "trial_repayment": Trial,
        "take_over": TakingOver,
        "certificate": CertificateQuery,
    },
    answers={
        "check_access": wire.Answered[Access],
        "confirm_code": wire.Answered[Agreement],
        "query_plan": wire.Answered[Plan],
        "trial_repayment": wire.Answered[TrialResult],
        "certificate": wire.Answered[Certificate],
    },
    errands={
        "check_access": Access,
        "confirm_code": Agreement,
        "query_plan": Plan,
        "trial_repayment": TrialResult,
        "certificate": Certificate,
    },
)
