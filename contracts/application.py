"""What the platform's front end sends us: an application, and the borrower's wish to draw."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.messages import Applicant, Strict, Text
from contracts.money import Fen, Rate
from contracts.programme import Consent, Months, RepaymentMethod

AMOUNT = Annotated[Fen, Field(ge=1, le=20_000_000_00, examples=[1_200_000])]
"""Integer fen; 1,200,000 fen is 12,000.00 yuan."""


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


class DrawdownWish(Strict):
    """The borrower draws under an approval.

    `merchant` is the payee's number at the payment channel, for an entrusted payment (受托支付).
    """

    amount_fen: AMOUNT
    merchant: Annotated[Text, Field(examples=["M2026010500017"])] | None = None
