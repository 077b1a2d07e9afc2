"""The gateway's words for cards, documents, limits, trials and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands
from connectors.digest_form import wire
from connectors.units import CompactDay, FenText, Whole
from contracts.messages import LimitState, OneTimeCode, RepaymentKind
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName


class CardBinding(wire.Mesg, errands.Errand):
    """绑卡申请."""

    subject: str = Field(alias="bizOrderId")
    name: PersonName = Field(alias="customerNm")
    id_number: IdNumber = Field(alias="certifId")
    mobile: Mobile = Field(alias="phoneNo")
    bank_card: BankCard = Field(alias="accNo")


class CardConfirming(wire.Mesg, errands.Errand):
    """绑卡确认."""

    subject: str = Field(alias="bizOrderId")
    code: OneTimeCode = Field(alias="smsCode")


class Agreement(wire.Mesg, errands.AgreementNews):
    """绑卡结果."""

    subject: str = Field(alias="bizOrderId")
    status: str = Field(alias="origRespCode")
    agreement_no: str | None = Field(None, alias="bindId")


class Submitting(wire.Mesg, errands.Errand):
    """影像、合同提交: the partner fetches the file and compares its digest."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"document": errands.DOCUMENTS}

    subject: str = Field(alias="bizOrderId")
    document: str = Field(alias="fileType")
    name: str = Field(alias="fileName")
    location: str = Field(alias="fileUrl")
    sha256: str = Field(alias="fileDigest")
    size_bytes: Whole = Field(alias="fileSize")


class LimitQuery(wire.Mesg, errands.Errand):
    """额度查询."""

    credit_no: str = Field(alias="creditNo")


class LimitChanging(wire.Mesg, errands.Errand):
    """额度冻结、解冻、关闭、调整."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"change": errands.LIMIT_CHANGES}

    subject: str = Field(alias="bizOrderId")
    credit_no: str = Field(alias="creditNo")
    change: str = Field(alias="adjType")
    amount_fen: FenText | None = Field(None, alias="creditAmt")


class Limit(wire.Mesg, errands.LimitNews):
    """额度."""

    states: ClassVar[Mapping[str, LimitState]] = errands.LIMIT_STATES

    credit_no: str = Field(alias="creditNo")
    state: str = Field(alias="limitStat")
    total_fen: FenText = Field(alias="creditAmt")
    available_fen: FenText = Field(alias="availAmt")
    valid_until: CompactDay | None = Field(None, alias="expDate")


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

    loan_no: str = Field(alias="loanNo")
    how: str = Field(alias="repayType")
    period: Whole | None = Field(None, alias="period")
    on: CompactDay = Field(alias="repayDate")


class TrialResult(wire.Mesg, errands.TrialNews):
    """还款试算结果."""

    loan_no: str = Field(alias="loanNo")
    on: CompactDay = Field(alias="repayDate")
    principal_fen: FenText = Field(alias="prinAmt")
    interest_fen: FenText = Field(alias="intAmt")


class CertificateQuery(wire.Mesg, errands.Errand):
    """结清证明."""

    loan_no: str = Field(alias="loanNo")


class Certificate(wire.Mesg, errands.CertificateNews):
    """结清证明; without an address while it is being made."""

    loan_no: str = Field(alias="loanNo")
    location: str | None = Field(None, alias="fileUrl")
    sha256: str | None = Field(None, alias="fileDigest")


BOOK = wire.BOOK.extended(
    asks={
        "bind_card": CardBinding,
        "confirm_code": CardConfirming,
        "upload_document": Submitting,
        "query_limit": LimitQuery,
        "change_limit": LimitChanging,
        "trial_repayment": Trial,
        "certificate": CertificateQuery,
    },
    answers={
        "confirm_code": Agreement,
        "query_limit": Limit,
        "change_limit": Limit,
        "trial_repayment": TrialResult,
        "certificate": Certificate,
    },
    errands={
        "confirm_code": Agreement,
        "query_limit": Limit,
        "change_limit": Limit,
        "trial_repayment": TrialResult,
        "certificate": Certificate,
    },
)
