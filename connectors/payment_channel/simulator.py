"""The channel played from memory: it carries out orders a little later and settles at the day's end."""

from __future__ import annotations

from connectors.files import Row
from connectors.payment_channel import wire
from connectors.payment_channel.connector import PROFILE, PaymentChannelConnector
from connectors.simulation.cashier import Cashier
from connectors.simulation.vault import Closed, Order
from signing.profile import load_profile


class PaymentChannelSimulator(Cashier):
    """Orders end as `Vault` says; a day's file says again what became of them."""

    dialect = "payment_channel"
    prefix = "P"
    book = wire.BOOK
    speaks = PaymentChannelConnector
    profile = load_profile(PROFILE)

    def _statement(self, closed: Closed) -> tuple[str, bytes]:
        rows = [self._row(order) for order in closed.orders]
        return wire.SETTLED.file_name(closed.day), wire.SETTLED.write(rows)

    def _row(self, order: Order) -> Row:
        names = {column.name for column in wire.SETTLED.columns}
        return {name: value for name, value in self.order_values(order).items() if name in names}
