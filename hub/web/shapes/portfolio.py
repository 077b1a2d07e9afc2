"""What finance is answered about all loans, partners and routing decisions together."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hub.domain.lifecycle import LoanState
from hub.web.shapes.common import Cursor, RateText, Shape


class LoanLine(Shape):
    """A loan, the attempt that led to it, and when its next open term falls due."""

    id: str
    application_id: str
    partner: str
    loan_no: str
    draw_no: str | None
    attempt: int
    programme: str
    cost_rate: RateText
    """What the money costs a year by the routing decision, as a fraction."""
    principal_fen: int
    outstanding_fen: int
    disbursed_on: date
    state: LoanState
    next_due_on: date | None


class LoanPage(Shape):
    """Loans by id."""

    items: list[LoanLine]
    next_cursor: Cursor


class PartnerLine(Shape):
    """What a partner was asked, approved, declined and lent."""

    partner: str
    applications: int
    approvals: int
    declined: int
    alive: int
    loans: int
    principal_fen: int
    outstanding_fen: int


class PartnerSums(Shape):
    """Partners that were asked at least once."""

    items: list[PartnerLine]


class DecisionLine(Shape):
    """A routing decision of any application, with the whole record that reproduces it."""

    application_id: str
    seq: int
    decided_at: datetime
    chosen: str | None
    decision: dict[str, Any]


class DecisionPage(Shape):
    """Routing decisions by application."""

    items: list[DecisionLine]
    next_cursor: Cursor
