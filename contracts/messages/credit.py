"""Before a loan: may this person apply, the card, the documents, the application, and the limit."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from contracts.messages.base import Applicant, Ask, Location, Period, Sha256, Text, Told, Words
from contracts.money import Fen, Rate
from contracts.sensitive import BankCard, IdNumber, Mobile, PersonName, SecrecyClass, Sensitive
from contracts.vocabulary import DocumentKind, RepaymentMethod

Days = Annotated[int, Field(ge=0, le=3650, strict=True)]


class OneTimeCode(Sensitive):
    """A code sent to a phone, 4 to 8 digits: it goes back to the partner that sent it and to nobody else."""

    __slots__ = ()
    secrecy = SecrecyClass.C3
    example = "123456"

    @classmethod
    def check(cls, plain: str) -> str:
        code = plain.strip()
        if not (code.isascii() and code.isdigit() and 4 <= len(code) <= 8):
            raise ValueError("a one-time code is 4 to 8 digits")
        return code


# What we ask


class CheckAccess(Ask):
    """Ask whether the partner would take an application of this person at all (准入)."""

    kind: Literal["check_access"] = "check_access"
    product: Text
    name: PersonName
    id_number: IdNumber
    mobile: Mobile


class BindCard(Ask):
    """Ask to bind the borrower's card; the bank sends a code to the phone. `subject` names the binding."""

    kind: Literal["bind_card"] = "bind_card"
    name: PersonName
    id_number: IdNumber
    mobile: Mobile
    bank_card: BankCard


class ConfirmCode(Ask):
    """Hand in the code of a card binding or debit agreement, named by `subject`."""

    kind: Literal["confirm_code"] = "confirm_code"
    code: OneTimeCode


class UploadDocument(Ask):
    """Hand over an image or contract by reference: the partner fetches it and compares the hash.

    `subject` is the application or drawdown it belongs to; `location` is an address both sides agreed on.
    """

    kind: Literal["upload_document"] = "upload_document"
    document: DocumentKind
    name: Text
    location: Location
    sha256: Sha256
    size_bytes: Annotated[int, Field(ge=1, le=1 << 30, strict=True)]


class ApplyForCredit(Ask):
    """Ask the partner to decide on an application. `subject` names the attempt."""

    kind: Literal["apply"] = "apply"
    product: Text
    amount_fen: Fen
    term_months: Period
    method: RepaymentMethod
    annual_rate: Rate
    purpose: Text
    applicant: Applicant


class QueryCredit(Ask):
    """Ask what became of an application at the partner."""

    kind: Literal["query_credit"] = "query_credit"
    credit_no: Text | None = None


class QueryLimit(Ask):
    """Ask what is left of a credit limit."""

    kind: Literal["query_limit"] = "query_limit"
    credit_no: Text


class LimitChange(StrEnum):
    """What is to become of a limit."""

    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    CLOSE = "close"
    ADJUST = "adjust"  # to another amount


class ChangeLimit(Ask):
    """Ask to change a limit. `subject` names the change; `amount_fen` is the new limit of an adjustment."""

    kind: Literal["change_limit"] = "change_limit"
    credit_no: Text
    change: LimitChange
    amount_fen: Fen | None = None

    @model_validator(mode="after")
    def _amount_for_an_adjustment(self) -> ChangeLimit:
        if (self.amount_fen is not None) is not (self.change is LimitChange.ADJUST):
            raise ValueError("amount_fen is stated for an adjustment, and for nothing else")
        return self


# What they tell


class AccessOutcome(StrEnum):
    """What a partner says before an application."""

    ADMITTED = "admitted"
    DECLINED = "declined"
    PENDING = "pending"


class AccessTold(Told):
    """The partner's word on whether a person may apply. `subject` is that of the check."""

    kind: Literal["access"] = "access"
    subject: Text
    outcome: AccessOutcome
    reason_code: Text | None = None
    reason: Words | None = None
    retry_after_days: Days | None = None


class AgreementOutcome(StrEnum):
    """Where a card binding or a debit agreement stands."""

    SIGNED = "signed"
    CODE_SENT = "code_sent"  # the code is on its way to the phone; confirm with it
    FAILED = "failed"
    PENDING = "pending"
    NOT_FOUND = "not_found"


class AgreementTold(Told):
    """The partner's word on a card binding or a debit agreement. One that is signed states its number."""

    kind: Literal["agreement"] = "agreement"
    subject: Text
    outcome: AgreementOutcome
    agreement_no: Text | None = None
    reason_code: Text | None = None
    reason: Words | None = None

    @model_validator(mode="after")
    def _signed_has_a_number(self) -> AgreementTold:
        if self.outcome is AgreementOutcome.SIGNED and self.agreement_no is None:
            raise ValueError("an agreement that is signed states agreement_no")
        return self


class DocumentTold(Told):
    """The partner has fetched a document and found its hash right, or refuses it."""

    kind: Literal["document"] = "document"
    subject: Text
    document: DocumentKind
    received: bool
    reason_code: Text | None = None
    reason: Words | None = None


class CreditOutcome(StrEnum):
    """What a partner says of an application."""

    APPROVED = "approved"
    DECLINED = "declined"
    PENDING = "pending"
    NOT_FOUND = "not_found"


class CreditTold(Told):
    """The partner's word on an application. An approval states its number, limit and rate."""

    kind: Literal["credit"] = "credit"
    subject: Text
    outcome: CreditOutcome
    credit_no: Text | None = None
    limit_fen: Fen | None = None
    annual_rate: Rate | None = None
    valid_until: date | None = None
    reason_code: Text | None = None
    reason: Words | None = None
    retry_after_days: Days | None = None

    @model_validator(mode="after")
    def _approval_is_complete(self) -> CreditTold:
        if self.outcome is CreditOutcome.APPROVED and (self.credit_no is None or self.limit_fen is None):
            raise ValueError("an approval states credit_no and limit_fen")
        return self


class LimitState(StrEnum):
    """Whether a limit may be drawn on."""

    NORMAL = "normal"
    FROZEN = "frozen"
    CLOSED = "closed"
    UNSIGNED = "unsigned"  # approved, the contract is not signed yet


class LimitTold(Told):
    """The partner's word on a credit limit."""

    kind: Literal["limit"] = "limit"
    credit_no: Text
    state: LimitState
    total_fen: Fen
    available_fen: Fen
    valid_until: date | None = None
