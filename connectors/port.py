"""The port every partner's connector fills: pure translation between bytes and our words.

A connector does not store, decide, dial, look at a clock or make up randomness. The four failures say what to
do next:

    ConnectorFailure
    ├── Rejected      the partner refused for good: do not send again
    ├── Unreachable   nothing arrived: send the same bytes again
    ├── Uncertain     it may have arrived: ask before anything else
    └── Unreadable    keep the bytes and ask a person
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from contracts.messages import AnyAsk, AnyTold
from signing.keys import PartnerKeys

Random = Callable[[int], bytes]
"""Returns that many unpredictable bytes; a seeded one makes a run repeatable."""


class Capability(StrEnum):
    """What a dialect has. The conformance kit tests each one a connector names."""

    # Credit
    ACCESS_CHECK = "access_check"
    CARD_BINDING = "card_binding"
    DOCUMENT_UPLOAD = "document_upload"
    APPLY = "apply"
    CREDIT_QUERY = "credit_query"
    CREDIT_CALLBACK = "credit_callback"
    CREDIT_HINT = "credit_hint"  # a callback that proves nothing and only makes us ask
    LIMIT_QUERY = "limit_query"
    LIMIT_CHANGE = "limit_change"
    LIMIT_CALLBACK = "limit_callback"
    # Loan
    DRAWDOWN = "drawdown"
    DRAWDOWN_QUERY = "drawdown_query"
    DRAWDOWN_CALLBACK = "drawdown_callback"
    DRAWDOWN_HINT = "drawdown_hint"
    PLAN_QUERY = "plan_query"
    PLAN_CALLBACK = "plan_callback"
    REPAYMENT_TRIAL = "repayment_trial"
    REPAYMENT_REQUEST = "repayment_request"
    REPAYMENT_QUERY = "repayment_query"
    REPAYMENT_CALLBACK = "repayment_callback"
    COMPENSATION_CALLBACK = "compensation_callback"
    REFUND_CALLBACK = "refund_callback"
    BUY_BACK = "buy_back"  # a claim bought back is told, by callback, question or file
    WAIVER = "waiver"  # what the borrower need not pay any more is told
    MOVEMENT_QUERY = "movement_query"  # what moved on a day, asked for after it has ended
    TAKE_OVER = "take_over"
    CERTIFICATE = "certificate"
    # Accounts and orders
    ACCOUNT_OPENING = "account_opening"
    FUNDS_FREEZE = "funds_freeze"
    TRANSFER = "transfer"
    BALANCE_QUERY = "balance_query"
    DEBIT_AGREEMENT = "debit_agreement"
    DEBIT = "debit"
    PAYOUT = "payout"
    PAYMENT_REFUND = "payment_refund"
    ORDER_QUERY = "order_query"
    ORDER_CALLBACK = "order_callback"
    # Files
    DAILY_FILE = "daily_file"
    # Secrecy
    SEALED_REQUESTS = "sealed_requests"  # whoever sees a request sees no personal value, even without TLS


LENDING = frozenset(
    {
        Capability.APPLY,
        Capability.CREDIT_QUERY,
        Capability.CREDIT_CALLBACK,
        Capability.DRAWDOWN,
        Capability.DRAWDOWN_QUERY,
        Capability.DRAWDOWN_CALLBACK,
        Capability.PLAN_QUERY,
        Capability.PLAN_CALLBACK,
        Capability.REPAYMENT_CALLBACK,
        Capability.COMPENSATION_CALLBACK,
        Capability.REFUND_CALLBACK,
        Capability.DAILY_FILE,
        Capability.SEALED_REQUESTS,
    }
)
"""What the life of a loan is made of, told in secrecy; a lender has most of it and says what it lacks."""

NEEDS: Mapping[str, tuple[Capability, ...]] = {
    "check_access": (Capability.ACCESS_CHECK,),
    "bind_card": (Capability.CARD_BINDING,),
    "confirm_code": (Capability.CARD_BINDING, Capability.DEBIT_AGREEMENT),
    "upload_document": (Capability.DOCUMENT_UPLOAD,),
    "apply": (Capability.APPLY,),
    "query_credit": (Capability.CREDIT_QUERY,),
    "query_limit": (Capability.LIMIT_QUERY,),
    "change_limit": (Capability.LIMIT_CHANGE,),
    "drawdown": (Capability.DRAWDOWN,),
    "query_drawdown": (Capability.DRAWDOWN_QUERY,),
    "query_plan": (Capability.PLAN_QUERY,),
    "query_movements": (Capability.MOVEMENT_QUERY,),
    "trial_repayment": (Capability.REPAYMENT_TRIAL,),
    "repay": (Capability.REPAYMENT_REQUEST,),
    "query_repayment": (Capability.REPAYMENT_QUERY,),
    "take_over": (Capability.TAKE_OVER,),
    "certificate": (Capability.CERTIFICATE,),
    "open_account": (Capability.ACCOUNT_OPENING,),
    "freeze_funds": (Capability.FUNDS_FREEZE,),
    "transfer_funds": (Capability.TRANSFER,),
    "query_balance": (Capability.BALANCE_QUERY,),
    "sign_debit": (Capability.DEBIT_AGREEMENT,),
    "debit": (Capability.DEBIT,),
    "pay_out": (Capability.PAYOUT,),
    "refund_order": (Capability.PAYMENT_REFUND,),
    "query_order": (Capability.ORDER_QUERY,),
}
"""What a dialect must have, one of them at least, to be asked a thing of that kind."""

QUESTIONS = frozenset(kind for kind in NEEDS if kind.startswith("query_")) | {
    "check_access",
    "trial_repayment",
    "certificate",
}
"""Kinds of asks that change nothing at the partner and may be asked again."""


class ConnectorFailure(Exception):
    """Base of the four failures. `code` and `reason` are the partner's, free of personal data."""

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason if code is None else f"{code}: {reason}")
        self.reason = reason
        self.code = code


class Rejected(ConnectorFailure):
    """The partner refused the request for good; sending it again changes nothing."""


class Unreachable(ConnectorFailure):
    """The request certainly did not arrive; send the same bytes again, after `retry_after` seconds if any."""

    def __init__(self, reason: str, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after


class Uncertain(ConnectorFailure):
    """The request may have arrived; query before anything else, never send blindly again."""


class Unreadable(ConnectorFailure):
    """The bytes are authentic or expected but make no sense; keep them and ask a person."""


class Forged(Exception):
    """A message that is not proven to come from the partner. Nothing it says is believed."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it travels; the bytes are fixed for ever once written."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, theirs to our request or ours to their callback.

    `request` is the one of ours it came back on: some signatures of answers cover a part of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    request: Request | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A partner's callback as it arrived: `body` is the exact bytes, `path` includes any query string."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """A verified callback: the facts in it, and the identity under which it is applied once.

    `message_id` is the partner's identity of the message; a retry carries the same one. `nonce` is unique per
    delivery where the dialect has one, and None where it has none.
    """

    message_id: str
    facts: Sequence[AnyTold]
    nonce: str | None = None


class Verdict(StrEnum):
    """What we answer to a callback."""

    RECEIVED = "received"  # stored; the partner need not send it again
    REFUSED = "refused"  # not authentic or not readable; sending it again will not help
    BUSY = "busy"  # not stored; the partner should send it again


@dataclass(frozen=True, slots=True)
class Partner:
    """What a connector is built from: who the partner is, its settings and its keys."""

    id: str
    keys: PartnerKeys
    settings: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """One partner's dialect. Implementations are stateless and safe to share between threads."""

    dialect: str
    # What the dialect has; whatever is absent here is never asked of it.
    capabilities: frozenset[Capability]
    # The marker that says a daily file is complete: ".ok" after its name, "*.ok" in place of its ending, or
    # empty where there are no files, or none of them has a marker.
    file_marker: str

    # Our words to the partner's signed and sealed bytes. The same request_no always names the same request.
    def write(self, ask: AnyAsk, *, request_no: str, now: datetime, random: Random) -> Request: ...

    # The partner's answer to `ask`, verified and opened, in our words. No facts means "received, no news".
    # Raises one of the four failures; an answer that does not verify is Uncertain, for it proves nothing.
    def read_answer(self, ask: AnyAsk, answer: Answer, *, now: datetime) -> tuple[AnyTold, ...]: ...

    # A callback of the given kind, verified and opened. Raises Forged or Unreadable.
    def read_callback(self, kind: str, call: Call, *, now: datetime) -> Heard: ...

    # Our answer to a callback, in the partner's own words, signed where the dialect signs. `heard` is what
    # `read_callback` returned of this very call, unless that was a mere hint; without it, whatever the answer
    # names is verified anew.
    def acknowledge(
        self,
        kind: str,
        call: Call,
        verdict: Verdict,
        *,
        now: datetime,
        random: Random,
        heard: Heard | None = None,
    ) -> Answer: ...

    # A daily file, complete (its marker was seen). Raises Forged or Unreadable; an empty day is no facts.
    def read_file(self, name: str, content: bytes, *, now: datetime) -> tuple[AnyTold, ...]: ...


class SimulatedLoan(Protocol):
    """One line of a simulator's own books, compared with ours at the end of a run."""

    loan_no: str
    subject: str
    principal_fen: int
    outstanding_fen: int


class Simulator(Protocol):
    """The partner's side, played from memory for the sandbox, the demo and the tests."""

    dialect: str

    # Answer a request as the partner would; the effects stay in the simulator's books.
    def handle(self, request: Request, *, now: datetime) -> Answer: ...

    # The callbacks due by `now`, each once, as (kind, call); the sandbox posts them to the hub.
    def callbacks(self, *, now: datetime) -> list[tuple[str, Call]]: ...

    # Believes our acknowledgement of that call or not. True when the partner would stop sending; otherwise
    # the same message comes again, signed anew, with the next `callbacks`.
    def accepts(self, kind: str, call: Call, answer: Answer, *, now: datetime) -> bool: ...

    # The daily files due by `now`, each once, as (name, content), markers included and last.
    def files(self, *, now: datetime) -> list[tuple[str, bytes]]: ...

    # When the next callback or file falls due; None when none ever will. The sandbox lets time jump there.
    def next_due(self) -> datetime | None: ...

    # The partner's own books.
    def books(self) -> Sequence[SimulatedLoan]: ...
