"""The company played from memory: it lends seven tenths of each loan, and a bank the rest."""

from __future__ import annotations

from decimal import Decimal

from connectors.joint_capital import services, wire
from connectors.joint_capital.connector import PROFILE, JointCapitalConnector
from connectors.phrasebook import LoanNews
from connectors.simulation.books import Loan, Transfer
from connectors.simulation.jsondesk import JsonCounter
from signing.profile import load_profile

SHARES = (
    wire.Capital(name="消费金融公司", party="CFC", rate=Decimal("0.7"), main="Y"),
    wire.Capital(name="合作银行", party="BANK", rate=Decimal("0.3"), main="N"),
)


class JointCapitalSimulator(JsonCounter):
    """Decides and pays as `Habits` says."""

    dialect = "joint_capital"
    prefix = "X"
    book = services.BOOK
    speaks = JointCapitalConnector
    profile = load_profile(PROFILE)

    def loan_news(self, loan: Loan) -> LoanNews:
        """Return where a drawdown stands, and whose capital was paid out."""
        news = super().loan_news(loan)
        return news.model_copy(update={"capital": SHARES}) if loan.transfer is Transfer.DONE else news
