"""The kit pointed at a partner's real sandbox: what can be asked there is asked, the rest is not tested."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from connectors.conformance.rig import Talk
from connectors.conformance.spelling import ConnectorContract, contract
from connectors.port import Answer, Connector, Request
from connectors.workbench.checking import Remote
from connectors.workbench.line import Line
from contracts.messages import AnyAsk, AnyTold, ApplyForCredit, RequestDrawdown

_FINAL = frozenset({"approved", "declined", "disbursed", "failed"})
_UNFIT: Mapping[str, str] = {
    "test_movements_agree_with_the_partners_books": "two hundred loans would trouble a real sandbox",
    "test_apply_is_written_from_its_arguments": "it needs no partner, and the run with the simulator asks it",
    "test_buy_back_is_told_once": "a real borrower's life takes its time",
    "test_waiver_is_told_once": "a real borrower's life takes its time",
    "test_certificate": "a real borrower's life takes its time",
    "test_apply_is_declined": "what a real partner declines is its own affair",
}


class Elsewhere:
    """Stands where the simulator stands. A real partner answers, and cannot be told what to say."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def handle(self, request: Request, *, now: datetime) -> Answer:
        """Send the request there."""
        return self._line.transport.send(request)

    def __getattr__(self, name: str) -> NoReturn:
        pytest.skip(f"not tested: a real partner cannot be asked for `{name}`")


class FarTalk(Talk):
    """A conversation with a real partner: time is the world's, and news are asked for."""

    def __init__(self, line: Line, remote: Remote) -> None:
        super().__init__(line.connector, Elsewhere(line))  # type: ignore[arg-type]  # as much of a Desk as there is
        self._line, self._remote = line, remote
        self._open: dict[str, AnyAsk] = {}

    @property
    def now(self) -> datetime:
        """The time it is."""
        return self._line.clock()

    @now.setter
    def now(self, _: datetime) -> None:
        """Time cannot be moved here."""

    def ask(self, ask: AnyAsk, request_no: str | None = None) -> tuple[AnyTold, ...]:
        """Ask there and return what the answer tells."""
        self._expect(ask)
        return self._line.ask(ask, request_no or self.number())

    def lose(self, ask: AnyAsk, request_no: str) -> None:
        """Ask there and look away."""
        self._expect(ask)
        self._line.lose(ask, request_no)

    def _expect(self, ask: AnyAsk) -> None:
        self._remember(ask)
        question = self._questions.get(getattr(ask, "subject", ""))
        if question is not None and isinstance(ask, ApplyForCredit | RequestDrawdown):
            self._open[question.kind + ask.subject] = question

    def later(self, days: int = 500) -> Iterator[AnyTold]:
        """Ask about what was submitted until it is decided; not tested when that takes too long."""
        end = time.monotonic() + self._remote.wait
        while self._open:
            for name, question in list(self._open.items()):
                told = self.ask(question)
                if any(str(getattr(fact, "outcome", "")) in _FINAL for fact in told):
                    del self._open[name]
                    yield from told
            if self._open and time.monotonic() > end:
                pytest.skip(f"not tested: no decision within {self._remote.wait:.0f} s")
            if self._open:
                time.sleep(self._remote.spacing)


def remote_contract(dialect: str, remote: Mapping[str, object]) -> type[ConnectorContract]:
    """Return the contract of a dialect, asked of a real partner. `remote` are the fields of a Remote.

    Raises UnknownDialect.
    """
    aim = Remote(**{**remote, "keys": Path(str(remote["keys"]))})  # type: ignore[arg-type]  # checked by its sender

    class Far(contract(dialect)):  # type: ignore[misc]  # a class made at run time
        @pytest.fixture(autouse=True)
        def _fit(self, request: pytest.FixtureRequest) -> None:
            reason = _UNFIT.get(getattr(request.node, "originalname", ""))
            if reason is not None:
                pytest.skip(f"not tested: {reason}")

        @pytest.fixture
        def line(self) -> Iterator[Line]:
            line = Line(dialect, aim, clock=lambda: datetime.now(UTC), random=os.urandom)
            yield line
            line.close()

        @pytest.fixture
        def connector(self, line: Line) -> Connector:
            return line.connector

        @pytest.fixture
        def simulator(self, line: Line) -> Elsewhere:
            return Elsewhere(line)

        @pytest.fixture
        def stranger(self) -> NoReturn:
            pytest.skip("not tested: a real partner has no second self with other keys")

        @pytest.fixture
        def talk(self, line: Line) -> FarTalk:
            return FarTalk(line, aim)

    return Far
