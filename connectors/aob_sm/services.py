"""The city bank's words for cards, documents, limits, plans, trials, take-overs and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands, phrasebook
from connectors.aob_sm import wire
from connectors.units import CompactDay, Yuan
from contracts.messages import LimitState, OneTimeCode, RepaymentKind, TakeOver
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName


class CardBinding(wire.Mesg, errands.Errand):
    """绑卡申请."""

    subject: str = Field(alias="bindNo")
    name: PersonName = Field(alias="custName")
    id_number: IdNumber = Field(alias="certNo")
    mobile: Mobile = Field(alias="mobileNo")
    bank_card: BankCard = Field(alias="acctNo")


class CardConfirming(wire.Mesg, errands.Errand):
    """绑卡确认."""

    subject: str = Field(alias="bindNo")
    code: OneTimeCode = Field(alias="smsCode")


class Agreement(wire.Mesg, errands.AgreementNews):
    """绑卡结果."""

    subject: str = Field(alias="bindNo")
    status: str = Field(alias="bindSts")
    agreement_no: str | None = Field(None, alias="agreementNo")


class Submitting(wire.Mesg, errands.Errand):
    """影像、合同提交: the partner fetches the file and compares its digest."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"document": errands.DOCUMENTS}

    subject: str = Field(alias="creditApplyNo")
    document: str = Field(alias="fileType")
    name: str = Field(alias="fileName")
    location: str = Field(alias="filePath")
    sha256: str = Field(alias="fileHash")
    size_bytes: int = Field(alias="fileSize")


class LimitQuery(wire.Mesg, errands.Errand):
    """额度查询."""

    credit_no: str = Field(alias="creditNo")


class LimitChanging(wire.Mesg, errands.Errand):
    """额度冻结、解冻、关闭、调整."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"change": errands.LIMIT_CHANGES}

    subject: str = Field(alias="adjustNo")
    credit_no: str = Field(alias="creditNo")
    change: str = Field(alias="adjustType")
    amount_fen: Yuan | None = Field(None, alias="creditAmt")


class Limit(wire.Mesg, errands.LimitNews):
    """额度."""

    states: ClassVar[Mapping[str, LimitState]] = errands.LIMIT_STATES

    credit_no: str = Field(alias="creditNo")
    state: str = Field(alias="limitSts")
    total_fen: Yuan = Field(alias="creditAmt")
    available_fen: Yuan = Field(alias="availAmt")
    valid_until: CompactDay | None = Field(None, alias="endDate")


class PlanQuery(wire.Mesg, errands.Errand):
    """还款计划查询."""

    loan_no: str = Field(alias="dueBillNo")


class Trial(wire.Mesg, errands.Errand):
    """还款试算."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {
            RepaymentKind.EARLY: "01",
            RepaymentKind.NORMAL: "02",
            RepaymentKind.OVERDUE: "03",
            RepaymentKind.PARTIAL: "04",
            RepaymentKind.AFTER_COMPENSATION: "05",
        }
    }

    loan_no: str = Field(alias="dueBillNo")
    how: str = Field(alias="repayType")
    period: int | None = Field(None, alias="termNo")
    on: CompactDay = Field(alias="repayDate")


class TrialResult(wire.Mesg, errands.TrialNews):
    """还款试算结果."""

    loan_no: str = Field(alias="dueBillNo")
    on: CompactDay = Field(alias="repayDate")
    principal_fen: Yuan = Field(alias="prinAmt")
    interest_fen: Yuan = Field(alias="intAmt")


class TakingOver(wire.Mesg, errands.Errand):
    """代偿、回购通知."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {
            TakeOver.COMPENSATION: "C",
            TakeOver.BUY_BACK: "B",
        }
    }

    subject: str = Field(alias="compNo")
    loan_no: str = Field(alias="dueBillNo")
    how: str = Field(alias="compType")
    period: int | None = Field(None, alias="termNo")
    payer: str = Field(alias="guaranteeNo")
    paid_on: CompactDay = Field(alias="compDate")
    principal_fen: Yuan = Field(alias="prinAmt")
    interest_fen: Yuan = Field(alias="intAmt")
    penalty_fen: Yuan = Field(alias="pnltAmt")


class CertificateQuery(wire.Mesg, errands.Errand):
    """结清证明."""

    loan_no: str = Field(alias="dueBillNo")


class Certificate(wire.Mesg, errands.CertificateNews):
    """结清证明; without an address while it is being made."""

    loan_no: str = Field(alias="dueBillNo")
    location: str | None = Field(None, alias="filePath")
    sha256: str | None = Field(None, alias="fileHash")


class Plan(wire.Mesg, phrasebook.Schedule):
    """还款计划."""

    loan_no: str = Field(alias="dueBillNo")
    terms: tuple[wire.Term, ...] = Field(alias="planList")


BOOK = wire.BOOK.extended(
    asks={
        "bind_card": CardBinding,
        "confirm_code": CardConfirming,
        "upload_document": Submitting,
        "query_limit": LimitQuery,
        "change_limit": LimitChanging,
        "query_plan": PlanQuery,
        "trial_repayment": Trial,
        "take_over": TakingOver,
        "certificate": CertificateQuery,
    },
    answers={
        "confirm_code": Agreement,
        "query_limit": Limit,
        "change_limit": Limit,
        "query_plan": Plan,
        "trial_repayment": TrialResult,
        "certificate": Certificate,
    },
    errands={
        "confirm_code": Agreement,
        "query_limit": Limit,
        "change_limit": Limit,
        "query_plan": Plan,
        "trial_repayment": TrialResult,
        "certificate": Certificate,
    },
)
