"""The platform's words for access, documents, limits, plans and trials."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from connectors import errands, phrasebook
from connectors.port import Unreadable
from connectors.units import CompactDay, Whole
from connectors.x_ca_hmac import wire
from contracts.messages import AnyTold, LimitState, RepaymentKind
from contracts.sensitive import IdNumber, Mobile, PersonName


class AccessCheck(wire.Data, errands.Errand):
    """准入."""

    subject: str = Field(alias="checkNo")
    product: str = Field(alias="prodCd")
    name: PersonName = Field(alias="custName")
    id_number: IdNumber = Field(alias="idNo")
    mobile: Mobile = Field(alias="mobileNo")


class Access(wire.Data, errands.AccessNews):
    """准入结果."""

    subject: str = Field(alias="checkNo")
    status: str = Field(alias="mtAdmitCd")


class Submitting(wire.Data, errands.Errand):
    """影像、合同提交: the partner fetches the file and compares its digest."""

    spelled: ClassVar[Mapping[str, Mapping[StrEnum, str]]] = {"document": errands.DOCUMENTS}

    subject: str = Field(alias="appId")
    document: str = Field(alias="docTypeCd")
    name: str = Field(alias="docName")
    location: str = Field(alias="docUrl")
    sha256: str = Field(alias="docHash")
    size_bytes: Whole = Field(alias="docSize")


class LimitQuery(wire.Data, errands.Errand):
    """额度查询."""

    credit_no: str = Field(alias="creditNo")


class Limit(wire.Data, errands.LimitNews):
    """额度."""

    states: ClassVar[Mapping[str, LimitState]] = errands.LIMIT_STATES

    credit_no: str = Field(alias="creditNo")
    state: str = Field(alias="limitStsCd")
    total_fen: wire.Amount = Field(alias="finalLimit")
    available_fen: wire.Amount = Field(alias="availLimit")
    valid_until: CompactDay | None = Field(None, alias="dtExpiry")


class PlanQuery(wire.Data, errands.Errand):
    """还款计划查询."""

    loan_no: str = Field(alias="contractNo")


class Trial(wire.Data, errands.Errand):
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

    loan_no: str = Field(alias="contractNo")
    how: str = Field(alias="mtRpyTypeCd")
    period: Whole | None = Field(None, alias="termNo")
    on: CompactDay = Field(alias="dtRpy")


class TrialResult(wire.Data, errands.TrialNews):
    """还款试算结果."""

    loan_no: str = Field(alias="contractNo")
    on: CompactDay = Field(alias="dtRpy")
    principal_fen: wire.Amount = Field(alias="prinAmt")
    interest_fen: wire.Amount = Field(alias="intAmt")


class Plan(wire.Data, phrasebook.Schedule):
    """还款计划."""

    loan_no: str = Field(alias="contractNo")
    terms: tuple[wire.Term, ...] = Field(alias="rpySchedule")

    def told(self) -> tuple[AnyTold, ...]:
        """Return the plan, unless it fills the answer. Raises Unreadable."""
        if len(self.terms) >= wire.PLAN_ROWS:
            raise Unreadable("the plan fills its answer, and may have been cut")
        return super().told()


BOOK = wire.BOOK.extended(
    asks={
        "check_access": AccessCheck,
        "upload_document": Submitting,
        "query_limit": LimitQuery,
        "query_plan": PlanQuery,
        "trial_repayment": Trial,
    },
    answers={
        "check_access": wire.Answered[Access],
        "query_limit": wire.Answered[Limit],
        "query_plan": wire.Answered[Plan],
        "trial_repayment": wire.Answered[TrialResult],
    },
    errands={
        "check_access": Access,
        "query_limit": Limit,
        "query_plan": Plan,
        "trial_repayment": TrialResult,
    },
)
