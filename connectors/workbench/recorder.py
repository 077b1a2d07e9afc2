"""Records what a partner's sandbox says about an invented borrower, with personal data replaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, cast

from pydantic import BaseModel

from connectors.conformance.recording import Exchange, Recording, Stage, plain_ask
from connectors.conformance.rig import application, drawdown
from connectors.port import (
    Answer,
    Call,
    Capability,
    Connector,
    ConnectorFailure,
    Forged,
    Random,
    Uncertain,
    Unreadable,
    Verdict,
)
from connectors.workbench.checking import Remote
from connectors.workbench.faults import Unworkable
from connectors.workbench.line import Line
from connectors.workbench.masking import Masker
from contracts.messages import (
    AnyAsk,
    AnyTold,
    CreditTold,
    DrawdownTold,
    QueryCredit,
    QueryDrawdown,
    QueryPlan,
)
from contracts.sensitive import Sensitive
from signing.envelope import Opened, Unverified

_LONGEST = 4 << 20


class Opens(Protocol):
    """A connector that shows what stands inside a message, as every Translator does."""

    def opened(self, message: Answer | Call, *, now: datetime) -> Opened | Unverified: ...


class Recorder:
    """Keeps exchanges, masked as they arrive: what was really said is never written anywhere."""

    def __init__(self, dialect: str, clock: Callable[[], datetime]) -> None:
        self._dialect = dialect
        self._clock = clock
        self._stage = Stage(dialect)
        self._lock = threading.Lock()
        self._kept: list[Exchange] = []
        self.masker = Masker()

    def answer(
        self, connector: Connector, ask: AnyAsk, answer: Answer, failure: ConnectorFailure | None
    ) -> None:
        """Keep an answer. Raises Unworkable for a connector that does not show what it opens."""
        now = self._clock()
        for value in _personal(ask):
            self.masker.learn(value)
        try:
            payload, sealed = _opening(connector).opened(answer, now=now).payload, True
        except Uncertain:
            payload, sealed = answer.body, False
        self._keep(Exchange(what="answer", at=now, payload=_text(payload), sealed=sealed, ask=plain_ask(ask)))

    def callback(self, connector: Connector, kind: str, call: Call, message_id: str) -> None:
        """Keep a callback that is authentic. Raises Unworkable, Forged."""
        now = self._clock()
        payload = _opening(connector).opened(call, now=now).payload
        self._keep(
            Exchange(what="callback", at=now, payload=_text(payload), kind=kind, message_id=message_id)
        )

    def recording(self) -> Recording:
        """Return what was recorded, with what it is understood to mean."""
        with self._lock:
            return Recording(
                dialect=self._dialect,
                exchanges=tuple(self._stage.said_again(exchange) for exchange in self._kept),
            )

    def _keep(self, exchange: Exchange) -> None:
        with self._lock:
            self._kept.append(Exchange.model_validate_json(self.masker.masked(exchange.model_dump_json())))


def record(
    dialect: str,
    remote: Remote,
    *,
    clock: Callable[[], datetime],
    random: Random,
    listen: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Recording, int]:
    """Apply, ask until decided, draw, ask until paid, ask for the plan: as much as the dialect has.

    With `listen`, callbacks to that port of this machine are recorded too, wherever a tunnel brings them
    from. Returns the recording and how many personal values were replaced. Raises UnknownDialect,
    KeyUnavailable, Unreachable, Unworkable.
    """
    recorder = Recorder(dialect, clock)
    line = Line(
        dialect,
        remote,
        clock=clock,
        random=random,
        heard=lambda ask, answer, told, failure: recorder.answer(line.connector, ask, answer, failure),
    )
    patience = int(remote.wait / max(remote.spacing, 0.001)) + 1
    try:
        with _listening(line.connector, recorder, clock, random, listen):
            _converse(_Patient(line, sleep, remote.spacing, patience))
    finally:
        line.close()
    return recorder.recording(), recorder.masker.replaced()


class _Patient:
    """Asks, and asks again until there is news; whatever fails was recorded and ends the conversation."""

    def __init__(self, line: Line, sleep: Callable[[float], None], spacing: float, patience: int) -> None:
        self.has = line.connector.capabilities
        self._line, self._sleep = line, sleep
        self._spacing, self._patience = spacing, patience
        self._number = 0

    def once(self, ask: AnyAsk) -> tuple[AnyTold, ...]:
        """Ask once."""
        self._number += 1
        return self._line.ask(ask, f"R{self._number}")

    def until_final(self, ask: AnyAsk) -> AnyTold | None:
        """Ask until the answer is final; None when that takes too long."""
        for _ in range(self._patience):
            for fact in self.once(ask):
                if getattr(fact, "outcome", "") in ("approved", "declined", "disbursed", "failed"):
                    return fact
            self._sleep(self._spacing)
        return None


def _converse(partner: _Patient) -> None:
    try:
        asked = application(1)
        if not {Capability.APPLY, Capability.CREDIT_QUERY} <= partner.has:
            return
        partner.once(asked)
        decided = partner.until_final(QueryCredit(subject=asked.subject))
        if not isinstance(decided, CreditTold) or decided.credit_no is None:
            return
        if not {Capability.DRAWDOWN, Capability.DRAWDOWN_QUERY} <= partner.has:
            return
        drawn = drawdown(asked, decided.credit_no)
        partner.once(drawn)
        paid = partner.until_final(QueryDrawdown(subject=drawn.subject, credit_no=drawn.credit_no))
        if isinstance(paid, DrawdownTold) and paid.loan_no and Capability.PLAN_QUERY in partner.has:
            partner.once(QueryPlan(subject=drawn.subject, loan_no=paid.loan_no))
    except (Uncertain, Unreadable):
        # Such an answer is worth recording and was; it is no ground to go on.
        return


@contextmanager
def _listening(
    connector: Connector,
    recorder: Recorder,
    clock: Callable[[], datetime],
    random: Random,
    port: int | None,
) -> Iterator[None]:
    """Hear callbacks whose path ends in their kind, record the authentic ones and acknowledge them."""
    if port is None:
        yield
        return

    class Ear(BaseHTTPRequestHandler):
        """Hears one callback."""

        def do_POST(self) -> None:
            length = min(int(self.headers.get("content-length") or 0), _LONGEST)
            call = Call("POST", self.path, dict(self.headers.items()), self.rfile.read(length))
            kind = self.path.partition("?")[0].rpartition("/")[2]
            verdict, heard = Verdict.RECEIVED, None
            try:
                heard = connector.read_callback(kind, call, now=clock())
                recorder.callback(connector, kind, call, heard.message_id)
            except (Forged, Unreadable):
                verdict = Verdict.REFUSED
            answer = connector.acknowledge(kind, call, verdict, now=clock(), random=random, heard=heard)
            self.send_response(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: an address may hold a number."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Ear)
    thread = threading.Thread(target=server.serve_forever, name="recorder", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _opening(connector: Connector) -> Opens:
    if not hasattr(connector, "opened"):
        raise Unworkable(f"{connector.dialect} has no method `opened`: derive it from Translator to record")
    return cast("Opens", connector)


def _personal(ask: BaseModel) -> Iterator[Sensitive]:
    """Yield every personal value of an ask."""
    for _, value in ask:
        if isinstance(value, Sensitive):
            yield value
        elif isinstance(value, BaseModel):
            yield from _personal(value)


def _text(payload: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return payload.decode(encoding)
        except UnicodeDecodeError:
            continue
    return payload.decode("utf-8", errors="replace")
