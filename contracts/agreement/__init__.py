"""What the parties agreed on money: who lends what share, and who takes what from each fen that comes in.

An agreement is data: parties, shares of capital, clauses that work in the order listed over pots of money,
and clauses that work on what a month comes to. Each repayment fills the pots principal, interest, fee and
penalty; a disbursement is a pot of its own. A clause takes from its pot; what ends a pot (`residual`,
`capital_split`) takes all that is left, so no fen stays unassigned. Validation errors name the field and the
remedy. Rates are annual fractions, amounts fen.
"""

from contracts.agreement.clauses import (
    CapitalSplit,
    Clause,
    CostFirst,
    Residual,
    RiskReserve,
    ShareOfReceived,
    ShareOnDisbursement,
)
from contracts.agreement.monthly import (
    BetweenTwo,
    Bounds,
    DailyBalance,
    FirstLoss,
    MonthlyClause,
    PerApplication,
    QualityTier,
    QualityTiers,
    ReserveReview,
    Tax,
    Tier,
    TierMode,
    VolumeTiers,
    Withholding,
)
from contracts.agreement.parties import RECEIVED, Base, CapitalShare, IncomeBase, PartyTerms, Role
from contracts.agreement.terms import Agreement

__all__ = [
    "RECEIVED",
    "Agreement",
    "Base",
    "BetweenTwo",
    "Bounds",
    "CapitalShare",
    "CapitalSplit",
    "Clause",
    "CostFirst",
    "DailyBalance",
    "FirstLoss",
    "IncomeBase",
    "MonthlyClause",
    "PartyTerms",
    "PerApplication",
    "QualityTier",
    "QualityTiers",
    "ReserveReview",
    "Residual",
    "RiskReserve",
    "Role",
    "ShareOfReceived",
    "ShareOnDisbursement",
    "Tax",
    "Tier",
    "TierMode",
    "VolumeTiers",
    "Withholding",
]
