"""Every message across a partner's border, in our words: what we ask, and what they tell.

Amounts are integer fen, rates Decimal annual fractions, times aware UTC, business dates Asia/Shanghai.
What a partner tells is a fact to be checked, never an instruction; what cannot be mapped is `Unclear`, which
leaves everything pending.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter

from contracts.messages.base import (
    Applicant,
    Ask,
    Hint,
    HintAbout,
    Location,
    Period,
    Sha256,
    Strict,
    Text,
    Told,
    Unclear,
    Words,
)
from contracts.messages.credit import (
    AccessOutcome,
    AccessTold,
    AgreementOutcome,
    AgreementTold,
    ApplyForCredit,
    BindCard,
    ChangeLimit,
    CheckAccess,
    ConfirmCode,
    CreditOutcome,
    CreditTold,
    Days,
    DocumentTold,
    LimitChange,
    LimitState,
    LimitTold,
    OneTimeCode,
    QueryCredit,
    QueryLimit,
    UploadDocument,
)
from contracts.messages.loan import (
    BuyBackTold,
    CapitalShare,
    CertificateTold,
    CompensationTold,
    DrawdownOutcome,
    DrawdownTold,
    PageTold,
    PlanTerm,
    PlanTold,
    QueryDrawdown,
    QueryMovements,
    QueryPlan,
    QueryRepayment,
    RefundKind,
    RefundTold,
    RepaymentKind,
    RepaymentTold,
    RepayOrderTold,
    RepayOutcome,
    RequestCertificate,
    RequestDrawdown,
    RequestRepayment,
    TakeOver,
    TellTakeOver,
    TrialRepayment,
    TrialTold,
    WaiverTold,
)
from contracts.messages.payment import (
    AccountOutcome,
    AccountTold,
    BalanceTold,
    Debit,
    FreezeFunds,
    FundsAction,
    OpenAccount,
    OrderOutcome,
    OrderTold,
    PayOut,
    QueryBalance,
    QueryOrder,
    RefundOrder,
    SignDebit,
    TransferFunds,
)
from contracts.vocabulary import DocumentKind

# An error goes into logs and answers: it names the place and the fault, never what was found there.
_SILENT = ConfigDict(hide_input_in_errors=True)

AnyAsk = Annotated[
    CheckAccess
    | BindCard
    | ConfirmCode
    | UploadDocument
    | ApplyForCredit
    | QueryCredit
    | QueryLimit
    | ChangeLimit
    | RequestDrawdown
    | QueryDrawdown
    | QueryPlan
    | QueryMovements
    | TrialRepayment
    | RequestRepayment
    | QueryRepayment
    | RequestCertificate
    | TellTakeOver
    | OpenAccount
    | FreezeFunds
    | TransferFunds
    | QueryBalance
    | SignDebit
    | Debit
    | PayOut
    | RefundOrder
    | QueryOrder,
    Field(discriminator="kind"),
]
ASK: TypeAdapter[AnyAsk] = TypeAdapter(AnyAsk, config=_SILENT)

AnyTold = Annotated[
    AccessTold
    | AgreementTold
    | DocumentTold
    | CreditTold
    | LimitTold
    | DrawdownTold
    | PlanTold
    | RepaymentTold
    | CompensationTold
    | RefundTold
    | PageTold
    | TrialTold
    | RepayOrderTold
    | BuyBackTold
    | WaiverTold
    | CertificateTold
    | AccountTold
    | OrderTold
    | BalanceTold
    | Hint
    | Unclear,
    Field(discriminator="kind"),
]
TOLD: TypeAdapter[AnyTold] = TypeAdapter(AnyTold, config=_SILENT)
MANY_TOLD: TypeAdapter[tuple[AnyTold, ...]] = TypeAdapter(tuple[AnyTold, ...], config=_SILENT)

__all__ = [
    "ASK",
    "MANY_TOLD",
    "TOLD",
    "AccessOutcome",
    "AccessTold",
    "AccountOutcome",
    "AccountTold",
    "AgreementOutcome",
    "AgreementTold",
    "AnyAsk",
    "AnyTold",
    "Applicant",
    "ApplyForCredit",
    "Ask",
    "BalanceTold",
    "BindCard",
    "BuyBackTold",
    "CapitalShare",
    "CertificateTold",
    "ChangeLimit",
    "CheckAccess",
    "CompensationTold",
    "ConfirmCode",
    "CreditOutcome",
    "CreditTold",
    "Days",
    "Debit",
    "DocumentKind",
    "DocumentTold",
    "DrawdownOutcome",
    "DrawdownTold",
    "FreezeFunds",
    "FundsAction",
    "Hint",
    "HintAbout",
    "LimitChange",
    "LimitState",
    "LimitTold",
    "Location",
    "OneTimeCode",
    "OpenAccount",
    "OrderOutcome",
    "OrderTold",
    "PageTold",
    "PayOut",
    "Period",
    "PlanTerm",
    "PlanTold",
    "QueryBalance",
    "QueryCredit",
    "QueryDrawdown",
    "QueryLimit",
    "QueryMovements",
    "QueryOrder",
    "QueryPlan",
    "QueryRepayment",
    "RefundKind",
    "RefundOrder",
    "RefundTold",
    "RepayOrderTold",
    "RepayOutcome",
    "RepaymentKind",
    "RepaymentTold",
    "RequestCertificate",
    "RequestDrawdown",
    "RequestRepayment",
    "Sha256",
    "SignDebit",
    "Strict",
    "TakeOver",
    "TellTakeOver",
    "Text",
    "Told",
    "TransferFunds",
    "TrialRepayment",
    "TrialTold",
    "Unclear",
    "UploadDocument",
    "WaiverTold",
    "Words",
]
