"""What the platform's front end sends us: an application, and the borrower's wish to draw."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.messages import Applicant, OneTimeCode, Period, RepaymentKind, Strict, Text
from contracts.money import Fen, Rate
from contracts.programme import Consent, Months, RepaymentMethod
from contracts.terms import Collateral, CustomerKind
from contracts.vocabulary import DocumentKind, Id

AMOUNT = Annotated[Fen, Field(ge=1, le=20_000_000_00, examples=[1_200_000])]
"""Integer fen; 1,200,000 fen is 12,000.00 yuan."""


class Circumstances(Strict):
    """What some lenders ask for beyond the request; what is left out was not told."""

    work_region: Annotated[str, Field(pattern=r"^[1-9][0-9]{5}$", examples=["320506"])] | None = None
    """GB/T 2260 code of the place of work."""
    customer: CustomerKind | None = None
    card_bank: Annotated[Id, Field(examples=["example_bank"])] | None = None
    """The bank that issued the card, in the words of `programmes.yaml`."""
    tier: Annotated[Id, Field(examples=["grade_a"])] | None = None
    """The platform's credit grade of the person."""
    collateral: Collateral | None = None
    documents: Annotated[tuple[DocumentKind, ...], Field(max_length=16)] = ()
    """What the platform holds and can hand over."""


class Submission(Strict):
    """An application for a loan. `platform_no` is the platform's own number, unique for ever."""

    platform_no: Annotated[Text, Field(examples=["A20260105-000123"], pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
    product: Annotated[Text, Field(examples=["cash_loan"])]
    amount_fen: AMOUNT
    term_months: Annotated[Months, Field(examples=[12], strict=True)]
    method: RepaymentMethod
    annual_rate: Annotated[Rate, Field(examples=["0.1800"])]
    """The customer's nominal annual rate, a fraction in quotes."""
    purpose: Annotated[Text, Field(examples=["consumption"])]
    consents: Annotated[tuple[Consent, ...], Field(max_length=16)]
    applicant: Applicant
    circumstances: Circumstances = Circumstances()


class SigningWish(Strict):
    """The borrower agrees to be debited by the lender's channel. Without `code` the bank sends one."""

    code: OneTimeCode | None = None


class RepaymentWish(Strict):
    """The borrower repays: all that is left, or a term, by default the first unpaid one, or a part of it."""

    how: Literal[RepaymentKind.NORMAL, RepaymentKind.EARLY, RepaymentKind.PARTIAL, RepaymentKind.OVERDUE]
    period: Period | None = None
    amount_fen: AMOUNT | None = None
    """How much of the term, for a partial repayment."""

    @model_validator(mode="after")
    def _only_what_belongs(self) -> RepaymentWish:
        if (self.amount_fen is not None) is not (self.how is RepaymentKind.PARTIAL):
            raise PydanticCustomError("amount", "give amount_fen for a partial repayment, and for no other")
        if self.how is RepaymentKind.EARLY and self.period is not None:
            raise PydanticCustomError("period", "an early settlement is of the whole loan; leave period out")
        return self


class DrawdownWish(Strict):
    """The borrower draws under an approval.

    `merchant` is the payee's number at the payment channel, for an entrusted payment (受托支付).
    """

    amount_fen: AMOUNT
    merchant: Annotated[Text, Field(examples=["M2026010500017"])] | None = None
