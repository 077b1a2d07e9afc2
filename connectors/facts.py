"""From a partner's statuses and figures to facts, each with one identity by whatever way it is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from connectors.codes import Line, Meaning, fail
from connectors.words import making_sense
from contracts.messages import (
    BuyBackTold,
    CompensationTold,
    CreditOutcome,
    CreditTold,
    DrawdownOutcome,
    DrawdownTold,
    Hint,
    HintAbout,
    PageTold,
    PlanTerm,
    PlanTold,
    RefundKind,
    RefundTold,
    RepaymentKind,
    RepaymentTold,
    Unclear,
    WaiverTold,
)

_CREDIT = {
    Meaning.APPROVED: CreditOutcome.APPROVED,
    Meaning.DECLINED: CreditOutcome.DECLINED,
    Meaning.ACCEPTED: CreditOutcome.PENDING,
    Meaning.DUPLICATE: CreditOutcome.PENDING,
    Meaning.NOT_FOUND: CreditOutcome.NOT_FOUND,
}
_DRAWDOWN = {
    Meaning.APPROVED: DrawdownOutcome.DISBURSED,
    Meaning.DECLINED: DrawdownOutcome.FAILED,
    Meaning.ACCEPTED: DrawdownOutcome.PENDING,
    Meaning.DUPLICATE: DrawdownOutcome.PENDING,
    Meaning.NOT_FOUND: DrawdownOutcome.NOT_FOUND,
}


def submitted(line: Line, message: str | None) -> tuple[()]:
    """Return no news for a submission taken, be it now or before; raise the failure of other codes."""
    if line.means in (Meaning.ACCEPTED, Meaning.DUPLICATE):
        return ()
    return fail(line, message)


def unclear(what: str, subject: str | None, code: str | None, message: str | None = None) -> Unclear:
    """A fact whose meaning is in no table. It leaves everything pending."""
    identity = f"unclear/{what}/{subject or ''}/{code or ''}"
    with making_sense():
        return Unclear(
            event_id=identity[:128], subject=subject, code=code or "", message=(message or "")[:256]
        )


def credit(
    line: Line,
    *,
    subject: str,
    at: datetime | None = None,
    credit_no: str | None = None,
    limit_fen: int | None = None,
    annual_rate: Decimal | None = None,
    valid_until: date | None = None,
    reason_code: str | None = None,
    reason: str | None = None,
    retry_after_days: int | None = None,
    extra: dict[str, str] | None = None,
) -> CreditTold | Unclear:
    """The partner's word on an application; `line` is what its status means. Raises Unreadable."""
    outcome = _CREDIT.get(line.means)
    if outcome is None:
        return unclear("credit", subject, line.code, reason)
    with making_sense():
        return CreditTold(
            event_id=f"credit/{subject}/{outcome}",
            occurred_at=at,
            subject=subject,
            outcome=outcome,
            credit_no=credit_no,
            limit_fen=limit_fen,
            annual_rate=annual_rate,
            valid_until=valid_until,
            reason_code=reason_code,
            reason=reason,
            retry_after_days=retry_after_days if retry_after_days is not None else line.retry_after_days,
            extra=extra or {},
        )


def drawdown(
    line: Line,
    *,
    subject: str,
    at: datetime | None = None,
    loan_no: str | None = None,
    amount_fen: int | None = None,
    disbursed_on: date | None = None,
    reason_code: str | None = None,
    reason: str | None = None,
    extra: dict[str, str] | None = None,
) -> DrawdownTold | Unclear:
    """The partner's word on a drawdown; `line` is what its status means. Raises Unreadable."""
    outcome = _DRAWDOWN.get(line.means)
    if outcome is None:
        return unclear("drawdown", subject, line.code, reason)
    with making_sense():
        return DrawdownTold(
            event_id=f"drawdown/{subject}/{outcome}",
            occurred_at=at,
            subject=subject,
            outcome=outcome,
            loan_no=loan_no,
            amount_fen=amount_fen,
            disbursed_on=disbursed_on if outcome is DrawdownOutcome.DISBURSED else None,
            reason_code=reason_code,
            reason=reason,
            extra=extra or {},
        )


def hint(about: HintAbout, subject: str) -> Hint:
    """Something that proves nothing, but is worth a question. Raises Unreadable."""
    with making_sense():
        return Hint(event_id=f"hint/{about}/{subject}"[:128], subject=subject, about=about)


def page(day: date, skip: int, rows: int, most: int) -> PageTold:
    """One answer about a day; a full page is no proof that there are no more rows."""
    return PageTold(event_id=f"page/{day}/{skip}", day=day, skip=skip + rows if rows >= most else None)


def plan(loan_no: str, version: int, terms: Iterable[PlanTerm]) -> PlanTold:
    """The partner's plan of a loan; another version is another fact."""
    with making_sense():
        return PlanTold(event_id=f"plan/{loan_no}/{version}", loan_no=loan_no, terms=tuple(terms))


def term(period: int, due_on: date, principal_fen: int, interest_fen: int, fee_fen: int = 0) -> PlanTerm:
    """One term of a plan."""
    with making_sense():
        return PlanTerm(
            period=period,
            due_on=due_on,
            principal_fen=principal_fen,
            interest_fen=interest_fen,
            fee_fen=fee_fen,
        )


def repayment(
    how: RepaymentKind | None,
    code: str,
    *,
    loan_no: str,
    serial: str,
    period: int | None,
    paid_on: date,
    principal_fen: int,
    interest_fen: int,
    fee_fen: int = 0,
    penalty_fen: int = 0,
    at: datetime | None = None,
    extra: dict[str, str] | None = None,
) -> RepaymentTold | Unclear:
    """Money from the borrower; `how` is None when the partner's `code` is in no table."""
    if how is None:
        return unclear("repayment", loan_no, f"{serial}/{code}")
    with making_sense():
        return RepaymentTold(
            event_id=f"repayment/{serial}",
            occurred_at=at,
            loan_no=loan_no,
            serial=serial,
            how=how,
            period=period,
            paid_on=paid_on,
            principal_fen=principal_fen,
            interest_fen=interest_fen,
            fee_fen=fee_fen,
            penalty_fen=penalty_fen,
            extra=extra or {},
        )


def compensation(
    *,
    loan_no: str,
    serial: str,
    period: int,
    paid_on: date,
    principal_fen: int,
    interest_fen: int,
    penalty_fen: int = 0,
    at: datetime | None = None,
    extra: dict[str, str] | None = None,
) -> CompensationTold:
    """Money from the guarantor."""
    with making_sense():
        return CompensationTold(
            event_id=f"compensation/{serial}",
            occurred_at=at,
            loan_no=loan_no,
            serial=serial,
            period=period,
            paid_on=paid_on,
            principal_fen=principal_fen,
            interest_fen=interest_fen,
            penalty_fen=penalty_fen,
            extra=extra or {},
        )


def buy_back(
    *,
    loan_no: str,
    serial: str,
    paid_on: date,
    principal_fen: int,
    interest_fen: int,
    penalty_fen: int = 0,
    at: datetime | None = None,
    extra: dict[str, str] | None = None,
) -> BuyBackTold:
    """The whole claim, bought by the guarantor or the platform."""
    with making_sense():
        return BuyBackTold(
            event_id=f"buy_back/{serial}"[:128],
            occurred_at=at,
            loan_no=loan_no,
            serial=serial,
            paid_on=paid_on,
            principal_fen=principal_fen,
            interest_fen=interest_fen,
            penalty_fen=penalty_fen,
            extra=extra or {},
        )


def waiver(
    *,
    loan_no: str,
    serial: str,
    period: int | None,
    waived_on: date,
    principal_fen: int = 0,
    interest_fen: int = 0,
    fee_fen: int = 0,
    penalty_fen: int = 0,
    at: datetime | None = None,
    extra: dict[str, str] | None = None,
) -> WaiverTold:
    """What the borrower need not pay any more."""
    with making_sense():
        return WaiverTold(
            event_id=f"waiver/{serial}"[:128],
            occurred_at=at,
            loan_no=loan_no,
            serial=serial,
            period=period,
            waived_on=waived_on,
            principal_fen=principal_fen,
            interest_fen=interest_fen,
            fee_fen=fee_fen,
            penalty_fen=penalty_fen,
            extra=extra or {},
        )


def refund(
    what: RefundKind | None,
    code: str,
    *,
    loan_no: str,
    serial: str,
    original_serial: str | None,
    paid_on: date,
    principal_fen: int,
    interest_fen: int = 0,
    fee_fen: int = 0,
    penalty_fen: int = 0,
    at: datetime | None = None,
    extra: dict[str, str] | None = None,
) -> RefundTold | Unclear:
    """Money given back; `what` is None when the partner's `code` is in no table."""
    if what is None:
        return unclear("refund", loan_no, f"{serial}/{code}")
    with making_sense():
        return RefundTold(
            event_id=f"refund/{serial}",
            occurred_at=at,
            loan_no=loan_no,
            serial=serial,
            what=what,
            original_serial=original_serial,
            paid_on=paid_on,
            principal_fen=principal_fen,
            interest_fen=interest_fen,
            fee_fen=fee_fen,
            penalty_fen=penalty_fen,
            extra=extra or {},
        )
