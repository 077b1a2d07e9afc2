"""The depository played from memory: it opens accounts at once and carries out orders a little later."""

from __future__ import annotations

from connectors.depository import wire
from connectors.depository.connector import PROFILE, DepositoryConnector
from connectors.simulation.cashier import Cashier, balance
from connectors.simulation.vault import Closed
from signing.profile import load_profile


class DepositorySimulator(Cashier):
    """Orders end as `Vault` says; the balances of a day are placed at its end."""

    dialect = "depository"
    prefix = "D"
    book = wire.BOOK
    speaks = DepositoryConnector
    profile = load_profile(PROFILE)

    def _statement(self, closed: Closed) -> tuple[str, bytes]:
        rows = [balance(account) for account in closed.accounts]
        return wire.BALANCES.file_name(closed.day), wire.BALANCES.write(rows, day=closed.day)
