"""Partners' daily files in our words: a layout reads the rows, what it `tells` makes facts of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from connectors import facts
from connectors.codes import Line, Meaning
from connectors.files import MONEY, Layout, Means, Row, Tells, Value, parts_of
from connectors.port import Unreadable
from connectors.units import business_day, format_day
from contracts.messages import AnyTold, RefundKind, RepaymentKind

T = TypeVar("T", str, int, date)


def read(layouts: Mapping[str, Layout], name: str, content: bytes) -> tuple[AnyTold, ...]:
    """Return the facts of a day's file; none on an empty day. Raises Unreadable, without any value."""
    for layout in layouts.values():
        if layout.matches(name) is not None:
            head, rows = layout.read(content, name)
            return (
                ()
                if layout.tells is None
                else tuple(_told(layout.tells, parts_of(layout, name) | head, rows))
            )
    raise Unreadable("no layout has a file of this name")


def _told(tells: Tells, head: Row, rows: Sequence[Row]) -> Iterator[AnyTold]:
    """Yield what each row tells, in their order; the terms of a plan where its first one stands."""
    plans: dict[tuple[str, int], list[_Cells]] = {}
    told: list[AnyTold | tuple[str, int]] = []
    for place, row in enumerate(rows, 1):
        cells = _Cells(tells, {**head, **row}, place)
        means = cells.means()
        if means is Means.TERM:
            key = cells.text("loan_no"), cells.number("version") or 1
            if key not in plans:
                told.append(key)
            plans.setdefault(key, []).append(cells)
        elif means is None:
            told.append(facts.unclear("file", cells.maybe("loan_no", str), cells.strange()))
        elif means is not Means.NOTHING:
            told.append(_TELL[means](cells, means))
    for one in told:
        yield _plan(one, plans[one]) if isinstance(one, tuple) else one


_OF_ALL = (Means.EARLY, Means.BUY_BACK, Means.WAIVER_OF_LOAN)
"""What concerns a whole loan; its term may be 0."""


class _Cells:
    """One row, by our names."""

    def __init__(self, tells: Tells, row: Row, place: int) -> None:
        self._tells, self._row, self._place = tells, row, place

    def means(self) -> Means | None:
        if self._tells.by is None:
            return self._tells.means
        return self._tells.codes.get(str(self._row[self._tells.by]))

    def code(self) -> str | None:
        """Return the code that says what the row is, where one does."""
        return None if self._tells.by is None else str(self._row[self._tells.by])

    def strange(self) -> str:
        """Return the code nobody knows with the number of its row, so that two such rows are two facts."""
        serial = self.text("serial") if "serial" in self._tells.of else str(self._place)
        return f"{serial}/{self.code()}"

    def maybe(self, name: str, kind: type[T]) -> T | None:
        values = [self._row[column] for column in self._tells.of.get(name, ())]
        value: Value = values[0] if len(values) == 1 else None
        if len(values) > 1:
            value = "/".join(format_day(v) if isinstance(v, date) else str(v) for v in values)
        if value is not None and not isinstance(value, kind):
            raise self.wrong(f"{name} is no {kind.__name__}")
        return value

    def text(self, name: str) -> str:
        return self._need(name, self.maybe(name, str))

    def number(self, name: str) -> int:
        """Return a count, 0 where there is none."""
        return self.maybe(name, int) or 0

    def period(self) -> int | None:
        """Return the term; none is the whole loan, and so is 0 where all was settled. Raises Unreadable."""
        period = self.maybe("period", int)
        if period == 0 and self.means() not in _OF_ALL:
            raise self.wrong("period is 0")
        return period or None

    def when(self, name: str = "day") -> tuple[date, datetime | None]:
        """Return the business day, and the instant where the file says it."""
        value = self._need(name, self.maybe(name, date))
        return (business_day(value), value) if isinstance(value, datetime) else (value, None)

    def amount(self, name: str) -> int:
        """Return the sum of an amount's columns, in fen; an empty one is 0."""
        values = [self._row[column] for column in self._tells.of.get(name, ())]
        return sum(value for value in values if isinstance(value, int))

    def money(self) -> dict[str, int]:
        """Return the parts, which add up to the total where the file has one. Raises Unreadable."""
        parts = {name: self.amount(name) for name in MONEY}
        if self._tells.total is None:
            return parts
        total = self._row[self._tells.total]
        left = (total if isinstance(total, int) else 0) - sum(parts.values())
        if self._tells.rest is not None and left >= 0:
            parts[self._tells.rest] = left
        elif left != 0:
            raise self.wrong("the parts of the money do not add up to the whole")
        return parts

    def _need(self, name: str, value: T | None) -> T:
        if value is None:
            raise self.wrong(f"{name} is empty")
        return value

    def wrong(self, what: str) -> Unreadable:
        return Unreadable(f"row {self._place}: {what}")


def _plan(key: tuple[str, int], terms: Sequence[_Cells]) -> AnyTold:
    def ours(term: _Cells) -> tuple[int, date, int, int, int]:
        parts = term.money()
        due_on, _ = term.when("due_on")
        return (
            term.number("period"),
            due_on,
            parts["principal_fen"],
            parts["interest_fen"],
            parts["fee_fen"],
        )

    return facts.plan(*key, (facts.term(*values) for values in sorted(map(ours, terms))))


_DRAWN = {
    Means.DISBURSED: Meaning.APPROVED,
    Means.FAILED: Meaning.DECLINED,
    Means.PENDING: Meaning.ACCEPTED,
}


def _drawdown(cells: _Cells, means: Means) -> AnyTold:
    day, at = cells.when()
    failed = means is Means.FAILED
    reason = cells.maybe("reason", str) if failed else None
    return facts.drawdown(
        Line(code=means, means=_DRAWN[means]),
        subject=cells.text("subject"),
        at=at,
        loan_no=None if failed else cells.maybe("loan_no", str),
        amount_fen=cells.amount("amount_fen"),
        disbursed_on=day,
        reason_code=cells.code() if reason else None,
        reason=reason,
    )


def _repayment(cells: _Cells, means: Means) -> AnyTold:
    day, at = cells.when()
    money = cells.money()
    return facts.repayment(
        RepaymentKind(means),
        means,
        loan_no=cells.text("loan_no"),
        serial=cells.text("serial"),
        period=None if means is Means.EARLY else cells.period(),
        paid_on=day,
        principal_fen=money["principal_fen"],
        interest_fen=money["interest_fen"],
        fee_fen=money["fee_fen"],
        penalty_fen=money["penalty_fen"],
        at=at,
    )


def _taken_over(cells: _Cells, means: Means) -> AnyTold:
    """Return what the guarantor paid for a term, or for the whole claim."""
    day, at = cells.when()
    money, period = cells.money(), cells.period()
    if money["fee_fen"]:
        raise cells.wrong("the guarantor pays principal, interest and penalty, and here is a fee")
    if means is Means.BUY_BACK:
        return facts.buy_back(
            loan_no=cells.text("loan_no"),
            serial=cells.text("serial"),
            paid_on=day,
            principal_fen=money["principal_fen"],
            interest_fen=money["interest_fen"],
            penalty_fen=money["penalty_fen"],
            at=at,
        )
    if period is None:
        raise cells.wrong("a compensation without its period")
    return facts.compensation(
        loan_no=cells.text("loan_no"),
        serial=cells.text("serial"),
        period=period,
        paid_on=day,
        principal_fen=money["principal_fen"],
        interest_fen=money["interest_fen"],
        penalty_fen=money["penalty_fen"],
        at=at,
    )


def _refund(cells: _Cells, means: Means) -> AnyTold:
    day, at = cells.when()
    money = cells.money()
    of_repayment = means is Means.REPAYMENT_REFUNDED
    return facts.refund(
        RefundKind.REPAYMENT if of_repayment else RefundKind.DISBURSEMENT,
        means,
        loan_no=cells.text("loan_no"),
        serial=cells.text("serial"),
        original_serial=cells.maybe("original", str),
        paid_on=day,
        principal_fen=money["principal_fen"],
        interest_fen=money["interest_fen"],
        fee_fen=money["fee_fen"],
        penalty_fen=money["penalty_fen"],
        at=at,
    )


def _waiver(cells: _Cells, means: Means) -> AnyTold:
    day, at = cells.when()
    money = cells.money()
    return facts.waiver(
        loan_no=cells.text("loan_no"),
        serial=cells.text("serial"),
        period=None if means is Means.WAIVER_OF_LOAN else cells.period(),
        waived_on=day,
        principal_fen=money["principal_fen"],
        interest_fen=money["interest_fen"],
        fee_fen=money["fee_fen"],
        penalty_fen=money["penalty_fen"],
        at=at,
    )


_TELL: Mapping[Means, Callable[[_Cells, Means], AnyTold]] = {
    **dict.fromkeys(_DRAWN, _drawdown),
    **{Means(how): _repayment for how in RepaymentKind},
    Means.COMPENSATION: _taken_over,
    Means.BUY_BACK: _taken_over,
    Means.REPAYMENT_REFUNDED: _refund,
    Means.DISBURSEMENT_RETURNED: _refund,
    Means.WAIVER: _waiver,
    Means.WAIVER_OF_LOAN: _waiver,
}
