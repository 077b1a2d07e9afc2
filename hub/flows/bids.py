"""Bid prices of scarce quotas: made beside the requests from what was routed before, and kept.

Every process may look at any time; the newest prices serve all, and of those that make the next at one
moment only one keeps them. A decision never waits: it takes the newest prices, and once they have expired the
order of cost decides. Without an earlier day there are no prices, for nobody knows how much a day brings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection

from hub import logs
from hub.domain.calendar import SHANGHAI, business_day
from hub.domain.prices import PriceSet
from hub.domain.routing import Decision, Router, RoutingCase
from hub.flows import circumstances
from hub.flows.context import Context
from hub.store import bids

if TYPE_CHECKING:
    from hub.domain.optimiser import Loans

EVERY: Final = timedelta(minutes=15)
"""How often prices are made again."""
LAST: Final = timedelta(minutes=40)
"""How long they may be used: a refresh may fail once."""
BACK: Final = timedelta(days=14)
"""An earlier day than that says nothing of today."""
SAMPLE: Final = 600
"""Applications of a day that stand for all."""
log = logs.get(__name__)


def current(tx: Connection, now: datetime) -> Mapping[str, Decimal]:
    """Return the prices to route by now; none when they are stale."""
    found = bids.latest(tx)
    return {} if found is None else found.at(now)


def look(context: Context, now: datetime) -> None:
    """Make prices when it is time: at the day's start, and again and again during the day."""
    if not context.bid_prices:
        return
    with context.database.read() as tx:
        last = bids.latest(tx)
    if last is not None and last.made_at <= now < min(last.made_at + EVERY, last.expires_at):
        return
    prices = _made(context, now)
    if prices is None:
        return
    version = 1 if last is None else last.version + 1
    midnight = _start(now + timedelta(days=1))
    made = PriceSet(version, now, min(now + LAST, midnight), prices)
    if context.database.run(lambda tx: bids.keep(tx, made), repeatable=True):
        log.info("bid prices made", version=version, prices=len(prices))


def _made(context: Context, now: datetime) -> Mapping[str, Decimal] | None:
    """The prices for what is left of today; None when there is nothing to make them from."""
    from hub.domain import optimiser  # its solver takes 20 MB that a process without it saves

    start = _start(now)
    with context.database.read() as tx:
        before = bids.last_routed(tx, start)
        if before is None or before < now - BACK:
            return None
        began = _start(before)
        of_earlier = bids.routed(tx, began, began + timedelta(days=1), SAMPLE)
        of_today = bids.routed(tx, start, now, SAMPLE)
        usage = circumstances.usage(tx, context.catalogue.programmes, business_day(now))
    effective = [p for p in context.catalogue.programmes if p.effective_on(business_day(now))]
    router = Router(effective)
    whole, earlier = _loans(router, of_earlier, now)
    arrived, today = _loans(router, of_today, now)
    left = optimiser.quotas_left(effective, usage)
    try:
        return optimiser.reprice(
            earlier,
            today,
            max(whole, arrived * 101 // 100),
            left.limits,
            left.keys,
            trust=optimiser.TRUST_EARLIER_DAY,
        )
    except optimiser.Unsolved:
        log.exception("the solver gave no prices; the last ones are used until they expire")
        return None


def _start(now: datetime) -> datetime:
    """The start of the business day."""
    return datetime.combine(business_day(now), time(), SHANGHAI)


def _loans(
    router: Router, found: tuple[int, Sequence[Mapping[str, Any]]], now: datetime
) -> tuple[int, Loans]:
    """The money a day's applications asked for, and their options, each row standing for its part of all."""
    from hub.domain import optimiser

    count, bodies = found
    cases = _cases(bodies)
    money = [case.amount_fen * count // len(cases) for case in cases]
    return sum(money), optimiser.options(router, cases, now=now, money_fen=money)


def _cases(bodies: Sequence[Mapping[str, Any]]) -> list[RoutingCase]:
    """What came to be routed, without who was excluded at that moment."""
    return [replace(Decision.from_json(body).case, excluded={}) for body in bodies]
