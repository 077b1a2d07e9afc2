"""Taking in partners' daily files from where they arrive, each content once."""

from __future__ import annotations

from connectors.exchange import Exchange
from connectors.port import ConnectorFailure, Forged, Unreadable
from hub import logs
from hub.flows.context import Context
from hub.flows.inbound import take_file

log = logs.get(__name__)


def collect(context: Context) -> int:
    """Take in every complete file; returns how many. A file is let go of only after it is kept.

    One partner whose files cannot be reached does not keep those of the others waiting.
    """
    return sum(
        _collect(context, partner, desk.exchange)
        for partner, desk in context.desks.items()
        if desk.exchange is not None
    )


def _collect(context: Context, partner: str, exchange: Exchange) -> int:
    taken = 0
    try:
        names = exchange.complete()
    except (ConnectorFailure, Forged) as failure:
        log.error("daily files not reached", partner=partner, why=str(failure))
        return 0
    for name in names:
        try:
            content = exchange.read(name)
        except Unreadable as unreadable:
            log.error("daily file refused", partner=partner, file=name, why=unreadable.reason)
            continue
        take_file(context, partner, name, content)
        exchange.take(name)
        taken += 1
    return taken
