"""A small world for the flows: two invented partners that say what they are told to, and time by hand."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, select

from connectors.port import (
    Answer,
    Call,
    Capability,
    Forged,
    Heard,
    Random,
    Request,
    Unreadable,
    Verdict,
)
from contracts.application import DrawdownWish, Submission
from contracts.messages import (
    TOLD,
    AnyAsk,
    AnyTold,
    CreditOutcome,
    CreditTold,
    DrawdownOutcome,
    DrawdownTold,
    RepaymentKind,
    RepaymentTold,
)
from contracts.sensitive import REVEAL
from hub.config.load import Configuration
from hub.flows import inbound, outbound
from hub.flows.context import Context, Desk
from hub.flows.idempotency import Reply
from hub.store.migrate import migrate
from hub.store.sealed import Vault
from hub.store.session import Database
from hub.store.tables import T
from hub.worker import Signal, Worker
from signing.fields import FieldSealer
from signing.keystore import new_field_ring
from tests.hub.flows.terms import PRODUCT, agreement, partner, programme
from tests.hub.people import applicant

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
Reaction = Callable[[Request], Answer]


def say(*facts: AnyTold, status: int = 200) -> Answer:
    """An answer that tells facts."""
    return Answer(status, {}, json.dumps([f.model_dump(mode="json") for f in facts]).encode())


@dataclass
class PlainConnector:
    """A dialect that says our own words in JSON; a header stands for the signature."""

    dialect: str = "plain"
    capabilities: frozenset[Capability] = frozenset(Capability)
    file_marker: str = ".ok"

    def write(self, ask: AnyAsk, *, request_no: str, now: datetime, random: Random) -> Request:
        body = ask.model_dump_json(context=REVEAL).encode()
        return Request("POST", f"/{ask.kind}", {"x-no": request_no, "x-salt": random(4).hex()}, body)

    def read_answer(self, ask: AnyAsk, answer: Answer, *, now: datetime) -> tuple[AnyTold, ...]:
        if answer.body == b"rubbish":
            raise Unreadable("rubbish")
        return tuple(TOLD.validate_python(f, strict=False) for f in json.loads(answer.body))

    def read_callback(self, kind: str, call: Call, *, now: datetime) -> Heard:
        if call.headers.get("x-sig") != "good":
            raise Forged("the signature is wrong")
        if call.body == b"rubbish":
            raise Unreadable("rubbish")
        parts = json.loads(call.body)
        return Heard(parts["id"], [TOLD.validate_python(f) for f in parts["facts"]], parts.get("nonce"))

    def acknowledge(
        self,
        kind: str,
        call: Call,
        verdict: Verdict,
        *,
        now: datetime,
        random: Random,
        heard: Heard | None = None,
    ) -> Answer:
        return Answer(200, {}, verdict.value.encode())

    def read_file(self, name: str, content: bytes, *, now: datetime) -> tuple[AnyTold, ...]:
        if content == b"rubbish":
            raise Unreadable("rubbish")
        return tuple(TOLD.validate_json(line) for line in content.splitlines())


@dataclass
class Wire:
    """The road to a partner: reacts as told, in turn, then with "received, no news"; keeps all it carried."""

    reactions: list[Reaction] = field(default_factory=list)
    sent: list[Request] = field(default_factory=list)

    def send(self, request: Request) -> Answer:
        self.sent.append(request)
        return self.reactions.pop(0)(request) if self.reactions else say()

    def then(self, *outcomes: Answer | Exception) -> None:
        """What the next requests meet."""
        for outcome in outcomes:
            self.reactions.append(lambda request, outcome=outcome: _react(outcome))


def _react(outcome: Answer | Exception) -> Answer:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


class World:
    """The hub with two partners: `alpha` is the cheaper, `beta` the dearer.

    `holders` says who moves the money, as a programme does: the channel `pay`, the depository `safe`.
    """

    def __init__(
        self, url: str, *, daily_fen: int = 100_000_000, holders: Mapping[str, str] | None = None
    ) -> None:
        self.time = START
        self.database = Database(url)
        migrate(self.database)
        kinds = {"alpha": "bank", "beta": "bank"}
        if holders:
            kinds |= {"pay": "payment_institution", "safe": "custodian"}
        self.partners = {name: partner(name, kind) for name, kind in kinds.items()}
        self.wires = {name: Wire() for name in kinds}
        self.connector = PlainConnector()
        self.signal = Signal()
        rand = random.Random(7).randbytes
        programmes = tuple(
            programme(name, rate, daily_fen, holders or {})
            for name, rate in (("alpha", "0.0500"), ("beta", "0.0700"))
        )
        agreements = (agreement("alpha"), agreement("beta"))
        self.context = Context(
            database=self.database,
            catalogue=Configuration(
                products={"cash": PRODUCT},
                partners=self.partners,
                agreements=agreements,
                programmes=programmes,
            ),
            agreements={(a.id, a.version): a for a in agreements},
            desks={n: Desk(p, self.connector, self.wires[n]) for n, p in self.partners.items()},
            vault=Vault(FieldSealer(new_field_ring("t", now=START, random=rand), {}, now=START, random=rand)),
            clock=lambda: self.time,
            random=rand,
            wake=self.signal.wake,
            two_persons=False,
        )
        self.worker = Worker(self.context, owner="test", signal=self.signal)
        self._told = 0

    def pass_time(self, **kwargs: float) -> None:
        """Let time go by, then do what it made due."""
        self.time += timedelta(**kwargs)
        self.worker.drain()

    def submit(self, number: int = 1, *, key: str | None = None, **changes: Any) -> Reply:
        """Submit an application; see `submission`."""
        submission = self.submission(number, **changes)
        key = key or f"key-{number}"
        return outbound.submit(self.context, submission, owner="shop", key=key, sha256=f"{changes}")

    def submission(self, number: int = 1, **changes: Any) -> Submission:
        """An application of 12,000.00 yuan over 12 months at 18%."""
        fields: dict[str, Any] = {
            "platform_no": f"P{number}",
            "product": "cash",
            "amount_fen": 1_200_000,
            "term_months": 12,
            "method": "equal_instalment",
            "annual_rate": Decimal("0.18"),
            "purpose": "consumption",
            "consents": ("personal_data",),
            "applicant": applicant(number),
        }
        return Submission.model_validate({**fields, **changes})

    def routed(self, number: int = 1, **changes: Any) -> str:
        """Submit and send to the cheapest partner; returns the application's id."""
        application_id = str(self.submit(number, **changes).body["id"])
        self.worker.drain()
        return application_id

    def call(self, name: str, kind: str, message_id: str, *facts: AnyTold, nonce: str | None = None) -> str:
        """A callback of a partner; returns the verdict we answered."""
        body = json.dumps(
            {"id": message_id, "nonce": nonce, "facts": [f.model_dump(mode="json") for f in facts]}
        ).encode()
        return self.raw_call(name, kind, body)

    def raw_call(self, name: str, kind: str, body: bytes, signature: str = "good") -> str:
        """A callback of any bytes."""
        call = Call("POST", f"/{kind}", {"x-sig": signature}, body)
        return inbound.receive(self.context, name, kind, call).body.decode()

    def approve(self, application_id: str, **changes: Any) -> CreditTold:
        """What the partner tells when it approves."""
        attempt = self.attempt(application_id)
        fields: dict[str, Any] = {
            "event_id": f"credit-{attempt.id}",
            "subject": attempt.id,
            "outcome": CreditOutcome.APPROVED,
            "credit_no": f"C{attempt.seq}",
            "limit_fen": attempt.amount_fen,
        }
        return CreditTold(**{**fields, **changes})

    def decline(self, application_id: str) -> CreditTold:
        """What the partner tells when it declines."""
        attempt = self.attempt(application_id)
        return CreditTold(
            event_id=f"credit-{attempt.id}",
            subject=attempt.id,
            outcome=CreditOutcome.DECLINED,
            reason_code="R1",
            reason="score",
        )

    def drawn(self, application_id: str, amount_fen: int = 1_200_000) -> str:
        """Bring an application to where the partner has the drawdown; returns the drawdown's number."""
        attempt = self.attempt(application_id)
        self.call(attempt.partner, "credit", f"m-{attempt.id}", self.approve(application_id))
        self.worker.drain()
        outbound.request_drawdown(
            self.context,
            application_id,
            DrawdownWish(amount_fen=amount_fen),
            owner="shop",
            key=f"draw-{application_id}",
            sha256="x",
        )
        self.worker.drain()
        return str(self.attempt(application_id).draw_no)

    def disbursed(self, application_id: str, **changes: Any) -> DrawdownTold:
        """What the partner tells when it has paid."""
        attempt = self.attempt(application_id)
        fields: dict[str, Any] = {
            "event_id": f"draw-{attempt.draw_no}",
            "subject": attempt.draw_no,
            "outcome": DrawdownOutcome.DISBURSED,
            "loan_no": f"L-{attempt.draw_no}",
            "amount_fen": attempt.drawn_fen,
            "disbursed_on": date(2026, 1, 5),
        }
        return DrawdownTold(**{**fields, **changes})

    def loan(self, application_id: str) -> Any:
        """Bring an application to a disbursed loan; returns its row."""
        self.drawn(application_id)
        attempt = self.attempt(application_id)
        self.call(attempt.partner, "drawdown", f"d-{attempt.id}", self.disbursed(application_id))
        self.worker.drain()
        return self.row(T.loan, T.loan.c.application_id == application_id)

    def tell(self, name: str, kind: str, *facts: AnyTold) -> None:
        """A callback with a message number of its own, applied at once."""
        self._told += 1
        assert self.call(name, kind, f"told-{self._told}", *facts) == "received"
        self.worker.drain()

    def repayment(self, loan: Any, serial: str, period: int | None, **changes: Any) -> RepaymentTold:
        """What the partner tells of a term paid as planned."""
        p = T.plan_term.c
        term = self.row(T.plan_term, p.loan_id == loan.id, p.period == (period or 1))
        fields: dict[str, Any] = {
            "event_id": f"repay-{serial}",
            "loan_no": loan.loan_no,
            "serial": serial,
            "how": RepaymentKind.NORMAL,
            "period": period,
            "paid_on": term.due_on,
            "principal_fen": term.principal_fen,
            "interest_fen": term.interest_fen,
        }
        return RepaymentTold(**{**fields, **changes})

    # Reading

    def rows(self, table: Any, *where: Any) -> Sequence[Row[Any]]:
        with self.database.read() as tx:
            return tx.execute(select(table).where(*where)).all()

    def row(self, table: Any, *where: Any) -> Any:
        rows = self.rows(table, *where)
        assert len(rows) == 1, f"{len(rows)} rows where one was expected"
        return rows[0]

    def application(self, application_id: str) -> Any:
        return self.row(T.application, T.application.c.id == application_id)

    def attempt(self, application_id: str) -> Any:
        """The newest attempt."""
        attempts = self.rows(T.attempt, T.attempt.c.application_id == application_id)
        return max(attempts, key=lambda a: a.seq)

    def parked(self) -> list[str]:
        return [row.reason for row in self.rows(T.matter, T.matter.c.kind == "parked")]

    def books(self) -> dict[tuple[str, str], int]:
        """Balances by account and party; the sum of all must be zero."""
        j = T.journal_posting.c
        with self.database.read() as tx:
            rows = tx.execute(select(j.account, j.party, func.sum(j.amount_fen)).group_by(j.account, j.party))
            found = {(account, name): int(fen) for account, name, fen in rows}
        assert sum(found.values()) == 0
        return {key: fen for key, fen in found.items() if fen}
