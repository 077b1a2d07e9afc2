"""What every flow is given: memory, configuration, partners, and time and randomness as arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import cache, cached_property
from typing import Any, Protocol

from sqlalchemy import Connection, Table, Update, bindparam, insert, update

from connectors.exchange import Exchange
from connectors.port import Answer, Connector, Random, Request
from contracts.agreement import Agreement
from contracts.programme import Partner
from hub.config.load import Configuration
from hub.domain.chain import link
from hub.domain.ids import new_id
from hub.domain.lifecycle import APPLICATION, ATTEMPT, LOAN, ORDER, Machine
from hub.domain.routing import Router
from hub.flows.pressure import Pressure
from hub.store import rows
from hub.store.bell import Bell
from hub.store.sealed import Vault
from hub.store.session import Database
from hub.store.tables import T


class Sender(Protocol):
    """Dials a partner; raises the port's failures."""

    def send(self, request: Request) -> Answer: ...


@dataclass(frozen=True)
class Desk:
    """One partner as the flows see it."""

    partner: Partner
    connector: Connector
    transport: Sender
    exchange: Exchange | None = None
    """Where the partner's daily files arrive."""


@dataclass(frozen=True)
class Context:
    """The hub's parts. `wake` tells workers, after a commit, that a queue may have work."""

    database: Database
    catalogue: Configuration
    agreements: Mapping[tuple[str, int], Agreement]
    """Every version ever applied, those no longer configured included: loans keep theirs."""
    desks: Mapping[str, Desk]
    vault: Vault
    clock: Callable[[], datetime]
    random: Random
    wake: Callable[[str], None]
    two_persons: bool
    """Whether terms are used only once a second person has activated them; else all configured ones are."""
    pressure: Pressure = field(default_factory=Pressure)
    day_end: time = time(0, 30)
    """The Shanghai time at which the day before is ended."""
    voids_per_hour: int | None = None
    """So many applications without a partner within an hour, and none is voided until a person has looked."""
    bid_prices: bool = True
    """Whether this process makes bid prices of scarce quotas."""
    bell: Bell | None = None
    """Wakes the workers of other processes, and hears theirs; None where the database cannot."""

    @cached_property
    def router(self) -> Router:
        """The configured programmes, compiled once."""
        return Router(self.catalogue.programmes)

    def now(self) -> datetime:
        """The current time, aware, UTC."""
        return self.clock().astimezone(UTC)

    def id(self, prefix: str, now: datetime) -> str:
        """A new identifier."""
        return new_id(prefix, now, self.random)


@dataclass(frozen=True, slots=True)
class Cause:
    """Who caused a change, from which source, by which message, and when."""

    who: str
    source: str  # api, desk, worker, answer, callback, query or file
    now: datetime
    message_id: str | None = None


_SUBJECT: dict[str, tuple[Machine, Table]] = {
    "application": (APPLICATION, T.application),
    "attempt": (ATTEMPT, T.attempt),
    "loan": (LOAN, T.loan),
    "order": (ORDER, T.money_order),
}


_EVENT = insert(T.event)


@cache
def _change(table: Table, names: tuple[str, ...]) -> Update:
    """The statement that changes these columns of a row, built once."""
    new = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    return update(table).where(table.c.id == bindparam("of_id")).values(new)


def move(
    tx: Connection,
    what: str,
    row: Any,
    event: str,
    cause: Cause,
    *,
    detail: Mapping[str, object] | None = None,
    **values: object,
) -> bool:
    """Step a row's state machine, write the change and its event row; False when the fact only confirms.

    `row` is the current row, read for update in this transaction. Raises Impossible or NotYet.
    """
    machine, table = _SUBJECT[what]
    before: str = row.state
    after = machine.step(before, event)
    if after == before and not values:
        return False
    new = {"state": after, "updated_at": cause.now, **values}
    tx.execute(_change(table, tuple(new)), {"of_id": row.id, **{f"new_{k}": v for k, v in new.items()}})
    if after != before:
        application_id = row.id if what == "application" else row.application_id
        record(tx, application_id, what, row.id, event, before, after, cause, detail)
    return after != before


def record(
    tx: Connection,
    application_id: str,
    machine: str,
    subject: str,
    event: str,
    before: str | None,
    after: str,
    cause: Cause,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write one event row: append-only history of a state, chained to the one before.

    Two transactions that both add an event after the same one cannot both commit.
    """
    last = rows.last_event(tx, application_id)
    tx.execute(_EVENT, event_row(last, application_id, machine, subject, event, before, after, cause, detail))


def event_row(
    last: tuple[int, str],
    application_id: str,
    machine: str,
    subject: str,
    event: str,
    before: str | None,
    after: str,
    cause: Cause,
    detail: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """The row of the event that follows `last`, the place and link of the application's last one."""
    body = dict(detail or {})
    if cause.message_id is not None:
        body["message"] = cause.message_id
    place, previous = last
    row = {
        "application_id": application_id,
        "machine": machine,
        "subject": subject,
        "what": event,
        "before": before,
        "after": after,
        "who": cause.who,
        "source": cause.source,
        "detail": body,
        "at": cause.now,
        "position": place + 1,
    }
    return {**row, "link": link(previous, row)}
