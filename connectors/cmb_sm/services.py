"""The bank's words for access, cards, documents, limits, plans, trials, take-overs and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands, phrasebook
from connectors.cmb_sm import wire
from connectors.units import CompactDay, Whole, Yuan
from contracts.messages import LimitState, OneTimeCode, RepaymentKind, TakeOver
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName


class AccessCheck(wire.Record, errands.Errand):
    """准入."""

    subject: str = Field(alias="yurref")
    product: str = Field(alias="prdnbr")
    name: PersonName = Field(alias="cltnam")
    id_number: IdNumber = Field(alias="idnnbr")
    mobile: Mobile = Field(alias="mblnbr")


class Access(wire.Record, errands.AccessNews):
    """准入结果."""

    subject: str = Field(alias="yurref")
    status: str = Field(alias="admsts")


class CardBinding(wire.Record, errands.Errand):
    """绑卡申请."""

    subject: str = Field(alias="yurref")
    name: PersonName = Field(alias="cltnam")
    id_number: IdNumber = Field(alias="idnnbr")
    mobile: Mobile = Field(alias="mblnbr")
    bank_card: BankCard = Field(alias="accnbr")


class CardConfirming(wire.Record, errands.Errand):
    """绑卡确认."""

    subject: str = Field(alias="yurref")
    code: OneTimeCode = Field(alias="vrfcod")


class Agreement(wire.Record, errands.AgreementNews):
    """绑卡结果."""

    subject: str = Field(alias="yurref")
    status: str = Field(alias="agrsts")
    agreement_no: str | None = Field(None, alias="agrnbr")


class Submitting(wire.Record, errands.Errand):
    """影像、合同提交: the partner fetches the file and compares its digest."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"document": errands.DOCUMENTS}

    subject: str = Field(alias="yurref")
    document: str = Field(alias="filtyp")
    name: str = Field(alias="filnam")
    location: str = Field(alias="filpth")
    sha256: str = Field(alias="filhsh")
    size_bytes: Whole = Field(alias="filsiz")


class LimitQuery(wire.Record, errands.Errand):
    """额度查询."""

    credit_no: str = Field(alias="crdnbr")


class LimitChanging(wire.Record, errands.Errand):
    """额度冻结、解冻、关闭、调整."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"change": errands.LIMIT_CHANGES}

    subject: str = Field(alias="yurref")
    credit_no: str = Field(alias="crdnbr")
    change: str = Field(alias="adjtyp")
    amount_fen: Yuan | None = Field(None, alias="crdamt")


class Limit(wire.Record, errands.LimitNews):
    """额度."""

    states: ClassVar[Mapping[str, LimitState]] = errands.LIMIT_STATES

    credit_no: str = Field(alias="crdnbr")
    state: str = Field(alias="lmtsts")
    total_fen: Yuan = Field(alias="crdamt")
    available_fen: Yuan = Field(alias="avlamt")
    valid_until: CompactDay | None = Field(None, alias="expdat")


class PlanQuery(wire.Record, errands.Errand):
    """还款计划查询."""

    loan_no: str = Field(alias="lonnbr")


class Trial(wire.Record, errands.Errand):
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

    loan_no: str = Field(alias="lonnbr")
    how: str = Field(alias="rpytyp")
    period: Whole | None = Field(None, alias="trmnbr")
    on: CompactDay = Field(alias="rpydat")


class TrialResult(wire.Record, errands.TrialNews):
    """还款试算结果."""

    loan_no: str = Field(alias="lonnbr")
    on: CompactDay = Field(alias="rpydat")
    principal_fen: Yuan = Field(alias="prnamt")
    interest_fen: Yuan = Field(alias="intamt")


class TakingOver(wire.Record, errands.Errand):
    """代偿、回购通知."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {
        "how": {
            TakeOver.COMPENSATION: "DC01",
            TakeOver.BUY_BACK: "HG01",
        }
    }

    subject: str = Field(alias="yurref")
    loan_no: str = Field(alias="lonnbr")
    how: str = Field(alias="cmptyp")
    period: Whole | None = Field(None, alias="trmnbr")
    payer: str = Field(alias="grtnbr")
    paid_on: CompactDay = Field(alias="cmpdat")
    principal_fen: Yuan = Field(alias="prnamt")
    interest_fen: Yuan = Field(alias="intamt")
    penalty_fen: Yuan = Field(alias="pnyamt")


class CertificateQuery(wire.Record, errands.Errand):
    """结清证明."""

    loan_no: str = Field(alias="lonnbr")


class Certificate(wire.Record, errands.CertificateNews):
    """结清证明; without an address while it is being made."""

    loan_no: str = Field(alias="lonnbr")
    location: str | None = Field(None, alias="filpth")
    sha256: str | None = Field(None, alias="filhsh")


class Plan(wire.Record, phrasebook.Schedule):
    """还款计划."""

    loan_no: str = Field(alias="lonnbr")
    terms: tuple[wire.Term, ...] = Field(alias="plnlst")


BOOK = wire.BOOK.extended(
    asks={
        "check_access": AccessCheck,
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
        "check_access": wire.Reply[wire.Records[Access]],
        "confirm_code": wire.Reply[wire.Records[Agreement]],
        "query_limit": wire.Reply[wire.Records[Limit]],
        "change_limit": wire.Reply[wire.Records[Limit]],
        "query_plan": wire.Reply[wire.Records[Plan]],
        "trial_repayment": wire.Reply[wire.Records[TrialResult]],
        "certificate": wire.Reply[wire.Records[Certificate]],
    },
    errands={
        "check_access": Access,
        "confirm_code": Agreement,
        "query_limit": Limit,
        "change_limit": Limit,
        "query_plan": Plan,
        "trial_repayment": TrialResult,
        "certificate": Certificate,
    },
)
