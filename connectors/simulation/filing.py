"""A simulated partner's daily files: what happened on a day, written by the layouts its connector reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from connectors.exchange import Marker
from connectors.files import MONEY, Column, EmptyDay, Form, Layout, Means, Row, Tells, Value
from connectors.simulation.books import (
    BoughtBack,
    Compensated,
    Event,
    Paid,
    Refunded,
    Transfer,
    Transferred,
    Waived,
)
from connectors.units import SHANGHAI, business_day
from contracts.messages import RefundKind

PLACED_AT = time(2)
"""Shanghai time at which the files of the day before are placed."""
_TRANSFERRED = {
    Transfer.PENDING: Means.PENDING,
    Transfer.DONE: Means.DISBURSED,
    Transfer.FAILED: Means.FAILED,
}
_REFUNDED = {
    RefundKind.REPAYMENT: Means.REPAYMENT_REFUNDED,
    RefundKind.DISBURSEMENT: Means.DISBURSEMENT_RETURNED,
}
_TIMES = (Form.LOCAL_TIME, Form.COMPACT_TIME, Form.EPOCH_MS)
_DAYS = (Form.COMPACT_DAY, Form.DASHED_DAY, Form.SLASHED_DAY)
_RATES = (Form.PERCENT, Form.RATE, Form.DAILY_360, Form.DAILY_365)

Ours = Mapping[str, Value]
"""One row by our names."""


@dataclass(slots=True)
class Filing:
    """Keeps what happened on each day until its files are due. Not thread-safe: the desk's lock is held."""

    layouts: Mapping[str, Layout]
    marker: str
    _next: date | None = None
    _days: dict[date, list[Event]] = field(default_factory=dict)
    _restating: bool = False
    _owed: list[tuple[date, list[Event]]] = field(default_factory=list)

    def open(self, now: datetime) -> None:
        """Begin with this day's files, unless begun before."""
        if self._next is None and self.layouts:
            self._next = business_day(now)

    def note(self, event: Event) -> None:
        """Remember an event for the files of its day."""
        if not isinstance(event, _WRITTEN):
            return
        if not any(_has(layout, means) for layout in self.layouts.values() for means, _ in _told(event)):
            return
        day = business_day(event.at) if isinstance(event, Transferred) else event.day
        self._days.setdefault(day, []).append(event)

    def restate(self) -> None:
        """Tell the next day with events without its last one, and in full with the files after that."""
        self._restating = True

    def next_due(self) -> datetime | None:
        """Return when files that say something are due."""
        return min((_due(day) for day in self._days), default=None)

    def placed(self, now: datetime) -> list[tuple[str, bytes]]:
        """Return the files of every day that ended, once, each with its marker after it."""
        files = [file for owed in self._owed for file in self._files(*owed)]
        self._owed.clear()
        while self._next is not None and _due(self._next) <= now:
            files += self._files(self._next, self._told_first(self._next, self._days.pop(self._next, [])))
            self._next += timedelta(days=1)
        return files

    def _told_first(self, day: date, events: list[Event]) -> list[Event]:
        if not self._restating or not events:
            return events
        self._restating = False
        self._owed.append((day, events))
        return events[:-1]

    def _files(self, day: date, events: Sequence[Event]) -> Iterator[tuple[str, bytes]]:
        rows = [(means, row) for event in events for means, row in _told(event)]
        for layout in self.layouts.values():
            parts = dict(layout.expected.parts) if layout.expected else {}
            ours = [(means, {**row, **parts}) for means, row in rows]
            written = [_written(layout, means, row, day) for means, row in ours if _has(layout, means)]
            if not written and layout.expected and layout.expected.empty is EmptyDay.NOTHING:
                continue
            name = layout.file_name(day, **parts)
            yield name, layout.write(written, day=day)
            yield Marker(self.marker).of(name), f"{name}\n".encode()


_WRITTEN = (Transferred, Paid, Compensated, BoughtBack, Refunded, Waived)


def _due(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), PLACED_AT, SHANGHAI).astimezone(UTC)


def _has(layout: Layout, means: Means) -> bool:
    return layout.tells is not None and layout.tells.has(means)


def _told(event: Event) -> Iterator[tuple[Means, Ours]]:
    """Yield the rows an event makes, by our names."""
    match event:
        case Transferred(loan=loan):
            done = loan.transfer is Transfer.DONE
            yield (
                _TRANSFERRED[loan.transfer],
                {
                    "subject": loan.subject,
                    "loan_no": loan.loan_no if done else None,
                    "credit_no": loan.credit_no,
                    "rate": loan.annual_rate,
                    "amount_fen": loan.principal_fen,
                    "day": event.at.replace(microsecond=0),
                    "reason": None if done else "收款账户异常",
                },
            )
            for term in loan.terms() if done else ():
                yield (
                    Means.TERM,
                    {
                        "loan_no": loan.loan_no,
                        "version": 1,
                        "period": term.period,
                        "due_on": term.due_on,
                        "principal_fen": term.principal_fen,
                        "interest_fen": term.interest_fen,
                    },
                )
        case Paid():
            yield Means(event.how), _movement(event) | {"period": event.period}
        case Compensated():
            yield Means.COMPENSATION, _movement(event) | {"period": event.period}
        case BoughtBack():
            yield Means.BUY_BACK, _movement(event)
        case Waived():
            yield Means.WAIVER, _movement(event) | {"period": event.period}
        case Refunded():
            yield _REFUNDED[event.what], _movement(event) | {"original": event.original_serial}


def _movement(event: Paid | Compensated | BoughtBack | Waived | Refunded) -> dict[str, Value]:
    return {
        "loan_no": event.loan.loan_no,
        "serial": event.serial,
        "day": event.at,
        "principal_fen": event.principal_fen,
        "interest_fen": event.interest_fen,
        "penalty_fen": getattr(event, "penalty_fen", 0),
    }


def _written(layout: Layout, means: Means, ours: Ours, day: date) -> Row:
    """Return the row as the layout wants it; what we have no word for is filled with the least there is."""
    tells = layout.tells
    if tells is None:
        raise ValueError("the layout does not say what its rows tell")
    said = _cells(tells, means, ours)
    return {column.name: _cell(column, said.get(column.name), day) for column in layout.columns}


def _cells(tells: Tells, means: Means, ours: Ours) -> dict[str, Value]:
    said: dict[str, Value] = {}
    for name, columns in tells.of.items():
        if len(columns) == 1:
            said[columns[0]] = ours.get(name)
        elif name in MONEY:
            # The partner tells its parts apart; one of them is enough for us.
            said |= dict.fromkeys(columns, 0) | {columns[0]: ours.get(name, 0)}
    if tells.by is not None:
        said[tells.by] = tells.code_of(means)
    if tells.total is not None:
        parts = (ours.get(name) for name in MONEY)
        said[tells.total] = sum(part for part in parts if isinstance(part, int))
    return said


def _cell(column: Column, value: Value, day: date) -> Value:
    if column.constant is not None or (value is None and column.optional):
        return column.constant
    if isinstance(value, datetime) and column.form in _DAYS:
        return business_day(value)
    if value is not None:
        return value
    if column.form in _TIMES:
        return datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)
    if column.form in _DAYS:
        return day
    return Decimal(0) if column.form in _RATES else "-" if column.form is Form.TEXT else 0
