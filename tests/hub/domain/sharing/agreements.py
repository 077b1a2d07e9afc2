"""Agreements and events for the tests of sharing: the worked examples, and random ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from contracts.agreement import Agreement, Base
from contracts.money import RemainderRule, Rounding
from hub.domain.sharing import (
    AFTER_COMPENSATION,
    Cancelled,
    CannotShare,
    Compensated,
    Disbursed,
    MoneyEvent,
    Received,
    Refunded,
    ShareLine,
    share,
)

DAY = date(2026, 1, 15)
LOAN = "loan_1"
FUNDERS = ("bank", "trust", "fund")
ENDS = [
    {"id": "fees", "kind": "residual", "party": "guarantor", "base": "fee"},
    {"id": "penalties", "kind": "residual", "party": "bank", "base": "penalty"},
]
CAPITAL = {"id": "capital", "kind": "capital_split"}


def agreement(*clauses: dict[str, Any], capital: Sequence[tuple[str, Any]] = (("bank", 1),)) -> Agreement:
    """Return an agreement with these clauses, and residuals of fee and penalty after them."""
    roles = {**dict.fromkeys(FUNDERS, "funder"), "platform": "platform", "guarantor": "guarantor"}
    roles["vault"] = "reserve"
    return Agreement.model_validate(
        {
            "id": "example",
            "version": 1,
            "effective_from": "2026-01-01",
            "partner": "bank",
            "parties": [
                {"id": party, "role": role, "name_zh": party, "name_en": party}
                for party, role in roles.items()
            ],
            "capital": [{"party": party, "weight": weight} for party, weight in capital],
            "clauses": [CAPITAL, *clauses, *ENDS],
        }
    )


def monthly(terms: Agreement, *clauses: dict[str, Any]) -> Agreement:
    """Return the agreement with these monthly clauses."""
    return Agreement.model_validate({**terms.model_dump(mode="json"), "monthly": list(clauses)})


def cost(name: str, party: str, rate: str, day_count: int = 360) -> dict[str, Any]:
    return {"id": name, "kind": "cost_first", "party": party, "rate": rate, "day_count": day_count}


def rest(party: str, base: str = "interest") -> dict[str, Any]:
    return {"id": f"rest_{base}", "kind": "residual", "party": party, "base": base}


SPREAD = agreement(cost("funder", "bank", "0.085"), cost("guarantee", "guarantor", "0.03"), rest("platform"))


def received(serial: str, principal: int = 0, interest: int = 0, **more: Any) -> Received:
    values: dict[str, Any] = {
        "kind": "normal",
        "period": 1,
        "fee_fen": 0,
        "penalty_fen": 0,
        "opening_balance_fen": 1_000_000,
        "days": 30,
        "on": DAY,
        **more,
    }
    return Received(LOAN, serial, principal_fen=principal, interest_fen=interest, **values)


def refunded(serial: str, original: str, principal: int = 0, interest: int = 0, **more: Any) -> Refunded:
    values: dict[str, Any] = {"fee_fen": 0, "penalty_fen": 0, "on": DAY, **more}
    return Refunded(LOAN, serial, original, principal_fen=principal, interest_fen=interest, **values)


@dataclass
class Book:
    """A loan's lines as they grow; each event is shared against those before it."""

    agreement: Agreement
    lines: list[ShareLine] = field(default_factory=list)
    events: list[tuple[MoneyEvent, tuple[ShareLine, ...]]] = field(default_factory=list)

    def play(self, event: MoneyEvent, **more: Any) -> tuple[ShareLine, ...]:
        lines = share(self.agreement, event, tuple(self.lines), **more)
        self.lines += lines
        self.events.append((event, lines))
        return lines

    def got(self, event: MoneyEvent, **more: Any) -> list[tuple[str, int]]:
        return [(line.party, line.amount_fen) for line in self.play(event, **more)]


def opened(terms: Agreement, amount: int = 1_000_000) -> Book:
    book = Book(terms)
    book.play(Disbursed(LOAN, amount, DAY))
    return book


rates = st.integers(0, 3600).map(lambda bips: f"0.{bips:04d}")
takers = st.sampled_from(["bank", "platform", "guarantor"])
roundings = st.sampled_from([rounding.value for rounding in Rounding])


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    """Draw an agreement of one to three funders with any mix of clauses."""
    funders = FUNDERS[: draw(st.integers(1, 3))]
    weights = [draw(st.integers(1, 50)) for _ in funders[1:]]
    capital = [("bank", sum(weights) + draw(st.integers(1, 50))), *zip(funders[1:], weights, strict=True)]
    clauses: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 3))):
        clauses.append({**cost(f"cost_{number}", draw(takers), draw(rates)), "rounding": draw(roundings)})
    left = 100
    for number in range(draw(st.integers(0, 2))):
        percent = draw(st.integers(1, min(left, 60)))
        left -= percent
        clauses.append(
            {
                "id": f"part_{number}",
                "kind": "share_of_received",
                "party": draw(takers),
                "fraction": f"0.{percent:02d}",
                "rounding": draw(roundings),
            }
        )
    clauses = draw(st.permutations(clauses))
    if draw(st.booleans()):
        clauses.append(
            {
                "id": "upfront",
                "kind": "share_on_disbursement",
                "payer": "bank",
                "receiver": "platform",
                "fraction": "0.012",
                "refund_window_days": draw(st.integers(0, 20)),
            }
        )
    if draw(st.booleans()):
        clauses.append(
            {
                "id": "reserve",
                "kind": "risk_reserve",
                "payer": "platform",
                "holder": "vault",
                "fraction": "0.025",
            }
        )
    split: dict[str, Any] = {**CAPITAL, "remainder": draw(st.sampled_from(RemainderRule)).value}
    if draw(st.booleans()):
        split["also"] = ["interest"]
    else:
        clauses.append(rest(draw(takers)))
    terms = agreement(rest("platform"), capital=capital).model_dump(mode="json")
    return Agreement.model_validate({**terms, "clauses": [*clauses, split, *ENDS]})


amounts = st.one_of(st.integers(0, 3), st.integers(0, 500_000))


KINDS = ["repay", "repay", "repay", "refund", "refund", "compensate", "recover", "cancel"]


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Draw a loan's life: repayments in parts, compensations, recoveries, refunds, returned transfers."""
    book = opened(draw(agreements()), draw(st.integers(1, 2_000_000)))
    for number in range(draw(st.integers(0, 10))):
        try:
            book.play(draw(movements(book, f"s{number}", draw(st.sampled_from(KINDS)))))
        except CannotShare:
            continue  # the event contradicts the loan's history, which is the point of refusing it
    return book


@st.composite
def movements(draw: st.DrawFn, book: Book, serial: str, kind: str) -> MoneyEvent:
    """Draw an event that moves something; most fit the loan's history."""
    on = DAY + timedelta(days=draw(st.integers(0, 60)))
    period = draw(st.sampled_from([1, 1, 2, None]))
    repaid = [event for event, _ in book.events if isinstance(event, Received)]
    if kind == "refund" and repaid:
        event = draw(st.sampled_from(repaid))
        most = (event.principal_fen, event.interest_fen, event.fee_fen, event.penalty_fen)
        p, i, f, late = (draw(st.integers(0, fen)) for fen in most)
        assume(p + i + f + late)
        return refunded(serial, event.serial, p, i, fee_fen=f, penalty_fen=late, on=on)
    p, i, f, late = (draw(amounts) for _ in range(4))
    assume(p + i + late)
    if kind == "compensate":
        return Compensated(LOAN, serial, "guarantor", period, p, i, late, 1_000_000, 30, on)
    if kind == "cancel":
        return Cancelled(LOAN, serial, p + 1, on)
    how = AFTER_COMPENSATION if kind == "recover" else "normal"
    return received(serial, p, i, fee_fen=f, penalty_fen=late, period=period, kind=how, on=on)


def pot(lines: Sequence[ShareLine], base: Base) -> int:
    """Return what the lines of a pot sum to, claims apart: they only inform."""
    return sum(line.amount_fen for line in lines if line.base is base and line.kind != "claim")
