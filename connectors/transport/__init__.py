"""The only place that dials a partner, bounded in time, size, number, rate and destination."""

from connectors.transport.addresses import LOOPBACK, PRIVATE
from connectors.transport.breaker import Breaking
from connectors.transport.client import Retries, Timeouts, Transport
from connectors.transport.exchange import Exchange, Observer
from connectors.transport.pacing import Pace
from connectors.transport.tls import Tls

__all__ = [
    "LOOPBACK",
    "PRIVATE",
    "Breaking",
    "Exchange",
    "Observer",
    "Pace",
    "Retries",
    "Timeouts",
    "Tls",
    "Transport",
]
