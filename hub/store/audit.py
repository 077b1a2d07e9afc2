"""Reads for the audit: every chain of events in order, with the states it must lead to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection, exists, or_, select

from hub.domain.chain import Fault, Head, faults
from hub.store.session import Database
from hub.store.tables import T

_EVENTS = select(T.event).order_by(T.event.c.application_id, T.event.c.position)
_CHUNK = 2000


def audit(database: Database) -> tuple[list[Fault], Head]:
    """Check every chain of events; returns what is wrong, and the head over all chains to note elsewhere."""
    found: list[Fault] = []
    head = Head()
    with database.read() as tx:
        states = _states(tx)
        rows = tx.execution_options(yield_per=_CHUNK).execute(_EVENTS).mappings()
        for application_id, group in groupby(rows, key=lambda row: str(row["application_id"])):
            events = [dict(row) for row in group]
            found += faults(application_id, events, states.pop(application_id, {}))
            head.add(application_id, len(events), str(events[-1]["link"]))
    found += [
        Fault(application_id, 1, "is missing: the application has no events") for application_id in states
    ]
    return found, head


def _states(tx: Connection) -> dict[str, dict[str, str]]:
    """The present states by application and subject."""
    found: dict[str, dict[str, str]] = {}
    for application_id, subject, state in _present(tx):
        found.setdefault(application_id, {})[subject] = state
    return found


def _present(tx: Connection) -> Iterator[tuple[str, str, str]]:
    a = T.application.c
    yield from tx.execute(select(a.id, a.id, a.state)).tuples()
    for table in (T.attempt, T.loan):
        c = table.c
        yield from tx.execute(select(c.application_id, c.id, c.state)).tuples()
    # A draft that nobody has touched has no events yet; whatever has one, or is no draft, must fit them.
    g, e = T.settling.c, T.event.c
    touched = or_(
        g.state != "draft", exists().where(e.application_id == g.statement_id, e.machine == "statement")
    )
    yield from tx.execute(select(g.statement_id, g.statement_id, g.state).where(touched)).tuples()
    d, p = T.dispute.c, T.payment.c
    yield from tx.execute(select(d.statement_id, d.id, d.state)).tuples()
    yield from tx.execute(select(p.id, p.id, p.state)).tuples()
