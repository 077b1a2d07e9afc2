"""A line to a partner's real sandbox: asks under numbers of this run, each exchange shown to a listener."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from connectors import registry
from connectors.port import Answer, Connector, ConnectorFailure, Partner, Random
from connectors.transport import Transport
from connectors.workbench.checking import Remote
from contracts.messages import AnyAsk, AnyTold
from signing.keystore import load_partner_keys

Heard = Callable[[AnyAsk, Answer, tuple[AnyTold, ...], ConnectorFailure | None], None]
T = TypeVar("T")


class Line:
    """One connector and its transport. `heard` is shown every exchange, understood or not."""

    def __init__(
        self,
        dialect: str,
        remote: Remote,
        *,
        clock: Callable[[], datetime],
        random: Random,
        heard: Heard | None = None,
    ) -> None:
        """Raises UnknownDialect, KeyUnavailable, or ValueError for an address that is none."""
        keys = load_partner_keys(Path(remote.keys))
        self.connector: Connector = registry.build(dialect, Partner(remote.partner, keys, remote.settings))
        self.transport = Transport(remote.url, networks=("0.0.0.0/0", "::/0"))
        self.clock = clock
        self.random = random
        # Another run on the same sandbox must not meet the numbers of this one.
        self.mark = random(4).hex()
        self._heard = heard

    def ask(self, ask: AnyAsk, number: str) -> tuple[AnyTold, ...]:
        """Ask under this run's numbers and return what is told, under the numbers of the question."""
        sent, answer = self._sent(ask, number)
        told: tuple[AnyTold, ...] = ()
        failure: ConnectorFailure | None = None
        try:
            told = self.connector.read_answer(sent, answer, now=self.clock())
        except ConnectorFailure as error:
            failure = error
        if self._heard is not None:
            self._heard(sent, answer, told, failure)
        if failure is not None:
            raise failure
        return tuple(self._unmarked(fact) for fact in told)

    def lose(self, ask: AnyAsk, number: str) -> None:
        """Ask under this run's numbers and throw the answer away."""
        self._sent(ask, number)

    def _sent(self, ask: AnyAsk, number: str) -> tuple[AnyAsk, Answer]:
        sent = self._marked(ask)
        request = self.connector.write(
            sent, request_no=f"{self.mark}{number}", now=self.clock(), random=self.random
        )
        return sent, self.transport.send(request)

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def _marked(self, ask: AnyAsk) -> AnyAsk:
        subject = getattr(ask, "subject", None)
        return ask if subject is None else ask.model_copy(update={"subject": f"{subject}_{self.mark}"})

    def _unmarked(self, fact: AnyTold) -> AnyTold:
        subject = getattr(fact, "subject", None)
        if subject is None:
            return fact
        return fact.model_copy(update={"subject": subject.removesuffix(f"_{self.mark}")})
