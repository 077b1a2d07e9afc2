"""The bank's words for cards, documents, limits, plans, trials and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands, phrasebook
from connectors.sorted_form import wire
from connectors.units import DashedDay, Yuan
from contracts.messages import LimitState, OneTimeCode, RepaymentKind
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName


class CardBinding(wire.Form, errands.Errand):
    """绑卡申请."""

    subject: str = Field(alias="bind_no")
    name: PersonName = Field(alias="cust_name")
    id_number: IdNumber = Field(alias="id_no")
    mobile: Mobile = Field(alias="mobile")
    bank_card: BankCard = Field(alias="card_no")


class CardConfirming(wire.Form, errands.Errand):
    """绑卡确认."""

    subject: str = Field(alias="bind_no")
    code: OneTimeCode = Field(alias="sms_code")


class Agreement(wire.Form, errands.AgreementNews):
    """绑卡结果."""

    subject: str = Field(alias="bind_no")
    status: str = Field(alias="bind_status")
    agreement_no: str | None = Field(None, alias="agreement_no")


class Submitting(wire.Form, errands.Errand):
    """影像、合同提交: the partner fetches the file and compares its digest."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"document": errands.DOCUMENTS}

    subject: str = Field(alias="third_apply_id")
    document: str = Field(alias="file_type")
    name: str = Field(alias="file_name")
    location: str = Field(alias="file_path")
    sha256: str = Field(alias="file_hash")
    size_bytes: int = Field(alias="file_size")


class LimitQuery(wire.Form, errands.Errand):
    """额度查询."""

    credit_no: str = Field(alias="credit_no")


class LimitChanging(wire.Form, errands.Errand):
    """额度冻结、解冻、关闭、调整."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"change": errands.LIMIT_CHANGES}

    subject: str = Field(alias="change_no")
    credit_no: str = Field(alias="credit_no")
    change: str = Field(alias="change_type")
    amount_fen: Yuan | None = Field(None, alias="credit_limit")


class Limit(wire.Form, errands.LimitNews):
    """额度."""

    states: ClassVar[Mapping[str, LimitState]] = errands.LIMIT_STATES

    credit_no: str = Field(alias="credit_no")
    state: str = Field(alias="limit_status")
    total_fen: Yuan = Field(alias="credit_limit")
    available_fen: Yuan = Field(alias="available_limit")
    valid_until: DashedDay | None = Field(None, alias="valid_date")


class PlanQuery(wire.Form, errands.Errand):
    """还款计划查询."""

    loan_no: str = Field(alias="loan_no")


class Trial(wire.Form, errands.Errand):
    """还款试算."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {
            RepaymentKind.NORMAL: "01",
            RepaymentKind.EARLY: "02",
            RepaymentKind.PARTIAL: "03",
            RepaymentKind.OVERDUE: "04",
            RepaymentKind.AFTER_COMPENSATION: "05",
        }
    }

    loan_no: str = Field(alias="loan_no")
    how: str = Field(alias="repay_type")
    period: int | None = Field(None, alias="period")
    on: DashedDay = Field(alias="repay_date")


class TrialResult(wire.Form, errands.TrialNews):
    """还款试算结果."""

    loan_no: str = Field(alias="loan_no")
    on: DashedDay = Field(alias="repay_date")
    principal_fen: Yuan = Field(alias="principal")
    interest_fen: Yuan = Field(alias="interest")


class CertificateQuery(wire.Form, errands.Errand):
    """结清证明."""

    loan_no: str = Field(alias="loan_no")


class Certificate(wire.Form, errands.CertificateNews):
    """结清证明; without an address while it is being made."""

    loan_no: str = Field(alias="loan_no")
    location: str | None = Field(None, alias="file_path")
    sha256: str | None = Field(None, alias="file_hash")


class Plan(wire.Form, phrasebook.Schedule):
    """还款计划."""

    loan_no: str = Field(alias="loan_no")
    terms: tuple[wire.Term, ...] = Field(alias="repay_plan")


BOOK = wire.BOOK.extended(
    asks={
        "bind_card": CardBinding,
        "confirm_code": CardConfirming,
        "upload_document": Submitting,
        "query_limit": LimitQuery,
        "change_limit": LimitChanging,
        "query_plan": PlanQuery,
        "trial_repayment": Trial,
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
