"""What a simulated lender writes down: its loans, and the facts it will tell, in integer fen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from connectors.simulation.plan import Term, plan
from contracts.messages import RefundKind, RepaymentKind
from contracts.programme import RepaymentMethod


class Decision(StrEnum):
    """Where an application stands."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"


class Transfer(StrEnum):
    """Where a disbursement stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Case:
    """An application at the lender."""

    apply_no: str
    credit_no: str
    amount_fen: int
    annual_rate: Decimal
    applied_at: datetime
    decision: Decision = Decision.PENDING
    decided_at: datetime | None = None
    valid_until: date | None = None
    reason: str = ""
    transfer_fails: bool = False
    drawn: bool = False


@dataclass(slots=True)
class Loan:
    """A loan in the lender's books. `subject` is the hub's number of the drawdown; amounts are fen."""

    loan_no: str
    subject: str
    credit_no: str
    principal_fen: int
    annual_rate: Decimal
    months: int
    method: RepaymentMethod
    transfer: Transfer = Transfer.PENDING
    disbursed_at: datetime | None = None
    disbursed_on: date = date.min
    reason: str = ""
    outstanding_fen: int = 0
    received_principal_fen: int = 0
    received_interest_fen: int = 0
    received_penalty_fen: int = 0
    compensated_fen: int = 0
    recovered_fen: int = 0
    refunded_fen: int = 0
    bought_fen: int = 0
    waived_fen: int = 0
    asked_for: bool = False
    """Whether we have asked for a repayment; from then on the borrower pays nothing by itself."""

    def terms(self) -> Iterator[Term]:
        """Yield the plan's terms."""
        return plan(self.principal_fen, self.annual_rate, self.months, self.method, self.disbursed_on)


@dataclass(frozen=True, slots=True)
class Decided:
    """The lender has decided on an application."""

    at: datetime
    case: Case


@dataclass(frozen=True, slots=True)
class Transferred:
    """The lender has paid out a loan, or failed to."""

    at: datetime
    loan: Loan


@dataclass(frozen=True, slots=True)
class Paid:
    """The borrower has paid. `period` is None when all that remained was settled."""

    at: datetime
    day: date
    loan: Loan
    serial: str
    how: RepaymentKind
    period: int | None
    principal_fen: int
    interest_fen: int
    penalty_fen: int = 0


@dataclass(frozen=True, slots=True)
class Compensated:
    """The guarantor has paid in the borrower's stead."""

    at: datetime
    day: date
    loan: Loan
    serial: str
    period: int
    principal_fen: int
    interest_fen: int
    penalty_fen: int = 0


@dataclass(frozen=True, slots=True)
class BoughtBack:
    """The guarantor or the platform has bought the whole claim."""

    at: datetime
    day: date
    loan: Loan
    serial: str
    principal_fen: int
    interest_fen: int
    penalty_fen: int = 0


@dataclass(frozen=True, slots=True)
class Waived:
    """The lender has forgiven a part of one term's interest or penalty. No money moved."""

    at: datetime
    day: date
    loan: Loan
    serial: str
    period: int
    principal_fen: int
    interest_fen: int
    penalty_fen: int


@dataclass(frozen=True, slots=True)
class Refunded:
    """Money went back: a repayment's, or the whole disbursement's."""

    at: datetime
    day: date
    loan: Loan
    serial: str
    what: RefundKind
    original_serial: str | None
    principal_fen: int
    interest_fen: int = 0


@dataclass(slots=True)
class Asked:
    """A repayment we asked the lender to take: it falls due a little later, or fails with a reason."""

    paid: Paid
    outcome: Transfer = Transfer.PENDING
    reason: str = ""


Movement = Paid | Compensated | BoughtBack | Refunded | Waived
Event = Decided | Transferred | Movement


@dataclass(slots=True)
class Books:
    """The lender's loans and applications by number."""

    cases: dict[str, Case] = field(default_factory=dict)
    by_credit_no: dict[str, Case] = field(default_factory=dict)
    loans: dict[str, Loan] = field(default_factory=dict)
    by_draw_no: dict[str, Loan] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    asked_by_serial: dict[str, Asked] = field(default_factory=dict)

    def post(self, event: Event) -> None:
        """Write an event into the books."""
        match event:
            case Paid(how=RepaymentKind.AFTER_COMPENSATION, loan=loan):
                # The guarantor already made the lender whole: this money is passed on to it.
                loan.recovered_fen += event.principal_fen + event.interest_fen
            case Paid(loan=loan):
                loan.outstanding_fen -= event.principal_fen
                loan.received_principal_fen += event.principal_fen
                loan.received_interest_fen += event.interest_fen
                loan.received_penalty_fen += event.penalty_fen
            case Compensated(loan=loan):
                loan.outstanding_fen -= event.principal_fen
                loan.compensated_fen += event.principal_fen + event.interest_fen
            case BoughtBack(loan=loan):
                loan.outstanding_fen -= event.principal_fen
                loan.bought_fen += event.principal_fen + event.interest_fen + event.penalty_fen
            case Waived(loan=loan):
                loan.outstanding_fen -= event.principal_fen
                loan.waived_fen += event.principal_fen + event.interest_fen + event.penalty_fen
            case Refunded(what=RefundKind.DISBURSEMENT, loan=loan):
                loan.outstanding_fen = 0
                loan.refunded_fen += event.principal_fen
            case Refunded(loan=loan):
                loan.outstanding_fen += event.principal_fen
                loan.received_principal_fen -= event.principal_fen
                loan.received_interest_fen -= event.interest_fen
                loan.refunded_fen += event.principal_fen + event.interest_fen
            case Decided() | Transferred():
                pass
