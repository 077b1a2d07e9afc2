"""The rows the flows read, each by a statement built once: building one anew costs more than running it.

Reads of application, attempt and loan lock the row for the transaction where the database has row locks.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, bindparam, func, or_, select

from hub.domain.chain import START
from hub.domain.lifecycle import DEAD_ATTEMPT, AttemptState, LoanState
from hub.domain.limits import Limit
from hub.domain.standing import Movement, Term, TermState
from hub.store.tables import T


def _by(table: Table, *names: str) -> Select[Any]:
    return select(table).where(*(table.c[name] == bindparam(name) for name in names))


_PERSON = T.application.c.id_index == bindparam("person")
_OPEN_LOANS = (
    select(T.loan.c.partner, func.count().label("number"))
    .join(T.application, T.application.c.id == T.loan.c.application_id)
    .where(_PERSON, T.loan.c.state.not_in((LoanState.SETTLED.value, LoanState.CANCELLED.value)))
    .group_by(T.loan.c.partner)
)
_DECLINES = (
    select(T.attempt.c.partner, func.max(T.attempt.c.updated_at).label("at"))
    .join(T.application, T.application.c.id == T.attempt.c.application_id)
    .where(_PERSON, T.attempt.c.state == AttemptState.DECLINED.value)
    .group_by(T.attempt.c.partner)
)
_OF_PROGRAMME = (T.attempt.c.partner, T.attempt.c.programme, T.attempt.c.programme_version)
_OUTSTANDING = (
    select(*_OF_PROGRAMME, func.sum(T.loan.c.outstanding_fen).label("fen"))
    .join(T.loan, T.loan.c.attempt_id == T.attempt.c.id)
    .where(T.loan.c.state.not_in((LoanState.SETTLED.value, LoanState.CANCELLED.value)))
    .group_by(*_OF_PROGRAMME)
)
_IN_FLIGHT = (
    select(*_OF_PROGRAMME, func.sum(T.attempt.c.amount_fen).label("fen"))
    .where(T.attempt.c.state.not_in((*sorted(DEAD_ATTEMPT), AttemptState.FUNDED.value)))
    .group_by(*_OF_PROGRAMME)
)
_APPLICATION = _by(T.application, "id")
_APPLICATION_LOCKED = _APPLICATION.with_for_update()
_APPLICATION_OF = _by(T.application, "id", "owner").with_for_update()
_ATTEMPT = _by(T.attempt, "id")
_ATTEMPT_LOCKED = {name: _by(T.attempt, name).with_for_update() for name in ("id", "draw_no")}
_ATTEMPTS_UNDER = _by(T.attempt, "partner", "credit_no").order_by(T.attempt.c.id).with_for_update()
_LIMIT = select(*(T.credit_limit.c[name] for name in Limit.__dataclass_fields__)).where(
    T.credit_limit.c.partner == bindparam("partner"), T.credit_limit.c.credit_no == bindparam("credit_no")
)
_ATTEMPTS = _by(T.attempt, "application_id").order_by(T.attempt.c.seq)
_LOAN = _by(T.loan, "id")
_LOAN_OF_ATTEMPT = _by(T.loan, "attempt_id")
_LOAN_LOCKED = _by(T.loan, "partner", "loan_no").with_for_update()
_ORDER = _by(T.money_order, "id")
_ORDER_LOCKED = _ORDER.with_for_update()
_ORDERS_FOR = _by(T.money_order, "purpose").order_by(T.money_order.c.seq)
_LOAN_OF_APPLICATION = _by(T.loan, "application_id").with_for_update()
_TO_COLLECT = (
    select(T.loan.c.id)
    .join(T.attempt, T.attempt.c.id == T.loan.c.attempt_id)
    .join(T.plan_term, T.plan_term.c.loan_id == T.loan.c.id)
    .where(
        T.attempt.c.collected_by == bindparam("partner"),
        T.loan.c.state == LoanState.ACTIVE.value,
        T.plan_term.c.due_on <= bindparam("day"),
        T.plan_term.c.state.in_([TermState.DUE.value, TermState.PARTIAL.value]),
    )
    .distinct()
    .order_by(T.loan.c.id)
)
_ORDERS_OF = _by(T.money_order, "application_id")
_ACCOUNT = _by(T.money_order, "partner", "number")
_BEHIND = (
    select(T.application.c.id).where(T.application.c.id == bindparam("number")),
    select(T.attempt.c.application_id).where(T.attempt.c.id == bindparam("number")),
    select(T.attempt.c.application_id).where(T.attempt.c.draw_no == bindparam("number")),
    select(T.loan.c.application_id).where(
        T.loan.c.partner == bindparam("of_partner"), T.loan.c.loan_no == bindparam("number")
    ),
)
_MOVEMENT = _by(T.money_event, "loan_id", "kind", "serial")
_TERMS = (
    select(*(T.plan_term.c[name] for name in Term.__dataclass_fields__))
    .where(T.plan_term.c.loan_id == bindparam("loan_id"))
    .order_by(T.plan_term.c.period)
)
_MOVEMENTS = (
    select(*(T.money_event.c[name] for name in Movement.__dataclass_fields__))
    .where(T.money_event.c.loan_id == bindparam("loan_id"), T.money_event.c.kind != "disbursement")
    .order_by(T.money_event.c.id)
)
_SHARES = (
    select(T.share_line.c.body)
    .where(T.share_line.c.loan_id == bindparam("loan_id"))
    .order_by(T.share_line.c.seq)
)
_SHARES_OF_MONTH = (
    select(T.share_line.c.body).where(T.share_line.c.month == bindparam("month")).order_by(T.share_line.c.seq)
)
_LAST_EVENT = (
    select(T.event.c.position, T.event.c.link)
    .where(T.event.c.application_id == bindparam("application_id"))
    .order_by(T.event.c.position.desc())
    .limit(1)
)
_SHARES_OF_PARTY = (
    select(T.share_line.c.body)
    .where(
        T.share_line.c.month == bindparam("month"),
        or_(
            T.share_line.c.party == bindparam("of_party"),
            T.share_line.c.counterparty == bindparam("of_party"),
        ),
    )
    .order_by(T.share_line.c.seq)
)
_CLOSED = select(T.month.c.month).where(T.month.c.state == "closed")
_IDEMPOTENCY = _by(T.idempotency, "owner", "key")
_BY_PLATFORM_NO = select(T.application.c.id).where(
    T.application.c.owner == bindparam("owner"), T.application.c.platform_no == bindparam("platform_no")
)
_WAITING = (
    select(func.count()).select_from(T.work).where(T.work.c.kind == "apply", T.work.c.state != "buried")
)


def open_loans(tx: Connection, id_index: str) -> list[tuple[str, int]]:
    """Partners at which a person has loans that are neither settled nor cancelled, and how many."""
    return [(row.partner, row.number) for row in tx.execute(_OPEN_LOANS, {"person": id_index})]


def declines(tx: Connection, id_index: str) -> list[tuple[str, datetime]]:
    """Partners that have declined a person, each with the latest time."""
    return [(row.partner, row.at) for row in tx.execute(_DECLINES, {"person": id_index})]


def exposures(tx: Connection) -> list[tuple[str, str, int, int]]:
    """Partner, programme, version and fen: what is outstanding, and what is asked for and not yet lent."""
    found = [*tx.execute(_OUTSTANDING), *tx.execute(_IN_FLIGHT)]
    return [(row.partner, row.programme, row.programme_version, int(row.fen)) for row in found]


def application(tx: Connection, id: str, *, lock: bool = True) -> Row[Any]:
    """An application."""
    return tx.execute(_APPLICATION_LOCKED if lock else _APPLICATION, {"id": id}).one()


def application_of(tx: Connection, id: str, owner: str) -> Row[Any] | None:
    """An application, if it is this platform's."""
    return tx.execute(_APPLICATION_OF, {"id": id, "owner": owner}).one_or_none()


def application_no(tx: Connection, owner: str, platform_no: str) -> str | None:
    """The id of the application a platform's number names, if any."""
    found: str | None = tx.execute(_BY_PLATFORM_NO, {"owner": owner, "platform_no": platform_no}).scalar()
    return found


def attempt(tx: Connection, id: str) -> Row[Any]:
    """An attempt, not locked."""
    return tx.execute(_ATTEMPT, {"id": id}).one()


def attempt_by(tx: Connection, name: str, value: str) -> Row[Any] | None:
    """An attempt by its `id` or its `draw_no`."""
    return tx.execute(_ATTEMPT_LOCKED[name], {name: value}).one_or_none()


def attempts(tx: Connection, application_id: str) -> list[Row[Any]]:
    """All attempts of an application, in order."""
    return list(tx.execute(_ATTEMPTS, {"application_id": application_id}))


def attempts_under(tx: Connection, partner: str, credit_no: str) -> list[Row[Any]]:
    """The attempts that a partner approved under a number."""
    return list(tx.execute(_ATTEMPTS_UNDER, {"partner": partner, "credit_no": credit_no}))


def credit_limit(tx: Connection, partner: str, credit_no: str) -> Limit | None:
    """The partner's newest word on a limit, if it told any."""
    row = tx.execute(_LIMIT, {"partner": partner, "credit_no": credit_no}).one_or_none()
    return None if row is None else Limit(*row)


def application_behind(tx: Connection, number: str | None, *, partner: str | None) -> str | None:
    """The application an id or number of ours, or a loan number of the partner, belongs to."""
    for query in _BEHIND if number is not None else ():
        found: str | None = tx.execute(query, {"number": number, "of_partner": partner}).scalar()
        if found is not None:
            return found
    return None


def loan(tx: Connection, id: str) -> Row[Any]:
    """A loan, not locked."""
    return tx.execute(_LOAN, {"id": id}).one()


def loan_of_attempt(tx: Connection, attempt_id: str) -> Row[Any] | None:
    """The loan an attempt led to."""
    return tx.execute(_LOAN_OF_ATTEMPT, {"attempt_id": attempt_id}).one_or_none()


def loan_of_application(tx: Connection, application_id: str) -> Row[Any] | None:
    """The loan of an application."""
    return tx.execute(_LOAN_OF_APPLICATION, {"application_id": application_id}).one_or_none()


def loans_to_collect(tx: Connection, partner: str, day: date) -> list[str]:
    """The loans of which a term has fallen due by a day and is unpaid, collected by this partner."""
    return list(tx.execute(_TO_COLLECT, {"partner": partner, "day": day}).scalars())


def loan_by_no(tx: Connection, partner: str, loan_no: str) -> Row[Any] | None:
    """A loan by its partner's number."""
    return tx.execute(_LOAN_LOCKED, {"partner": partner, "loan_no": loan_no}).one_or_none()


def order(tx: Connection, id: str, *, lock: bool = True) -> Row[Any] | None:
    """An order to move money."""
    return tx.execute(_ORDER_LOCKED if lock else _ORDER, {"id": id}).one_or_none()


def orders_for(tx: Connection, purpose: str) -> list[Row[Any]]:
    """Every order for a purpose, in order."""
    return list(tx.execute(_ORDERS_FOR, {"purpose": purpose}))


def orders_of(tx: Connection, application_id: str) -> list[Row[Any]]:
    """Every order for an application."""
    return list(tx.execute(_ORDERS_OF, {"application_id": application_id}))


def account(tx: Connection, partner: str, number: str) -> Row[Any] | None:
    """The order by which an account at a partner was opened."""
    return tx.execute(_ACCOUNT, {"partner": partner, "number": number}).one_or_none()


def movement(tx: Connection, loan_id: str, kind: str, serial: str) -> Row[Any] | None:
    """A movement of money that is written already."""
    named = {"loan_id": loan_id, "kind": kind, "serial": serial}
    return tx.execute(_MOVEMENT, named).one_or_none()


def terms(tx: Connection, loan_id: str) -> list[Term]:
    """The terms of a loan's plan, in order."""
    return [Term(*row) for row in tx.execute(_TERMS, {"loan_id": loan_id})]


def movements(tx: Connection, loan_id: str) -> list[Movement]:
    """What has moved on a loan since its disbursement."""
    return [Movement(*row) for row in tx.execute(_MOVEMENTS, {"loan_id": loan_id})]


def shares(tx: Connection, loan_id: str) -> list[dict[str, Any]]:
    """The share lines of a loan, in order, as they were written."""
    return list(tx.execute(_SHARES, {"loan_id": loan_id}).scalars())


def shares_of_month(tx: Connection, month: str) -> list[dict[str, Any]]:
    """The share lines settled in a month, in order, as they were written."""
    return list(tx.execute(_SHARES_OF_MONTH, {"month": month}).scalars())


def shares_of_party(tx: Connection, month: str, party: str) -> list[dict[str, Any]]:
    """The share lines of a month that a party owns or owes, in order, as they were written."""
    named = {"month": month, "of_party": party}
    return list(tx.execute(_SHARES_OF_PARTY, named).scalars())


def closed_months(tx: Connection) -> set[str]:
    """The months that are closed."""
    return set(tx.execute(_CLOSED).scalars())


def messages_waiting(tx: Connection) -> int:
    """How many messages are kept and not yet applied."""
    waiting: int = tx.execute(_WAITING).scalar_one()
    return waiting


def first_answer(tx: Connection, owner: str, key: str) -> Row[Any] | None:
    """The answer kept under an Idempotency-Key."""
    return tx.execute(_IDEMPOTENCY, {"owner": owner, "key": key}).one_or_none()


def last_event(tx: Connection, application_id: str) -> tuple[int, str]:
    """Place and link of an application's last event; before the first, 0 and what a chain starts from."""
    row = tx.execute(_LAST_EVENT, {"application_id": application_id}).one_or_none()
    return (0, START) if row is None else (row.position, row.link)
