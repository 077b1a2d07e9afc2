"""What a partner said, as a file: what was inside each exchange and what we understood, made harmless."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue, TypeAdapter

from connectors import registry
from connectors.conformance.rig import PARTNER, Rig, seeded
from connectors.conformance.spelling import contract
from connectors.port import Answer, ConnectorFailure, Forged, Partner
from connectors.simulation.desk import Desk, Notice
from contracts.messages import AnyAsk, AnyTold
from contracts.sensitive import REVEAL

_ASK: TypeAdapter[AnyAsk] = TypeAdapter(AnyAsk)


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Exchange(_Kept):
    """One thing said. Of an answer `ask` is our question; of a callback `kind` and `message_id` name it.

    `payload` is what stood inside the sealed message. With `sealed` False it is the bare body instead, of an
    answer that did not verify. `told` is what we understood, or `failure` the name of what was raised.
    """

    what: Literal["answer", "callback"]
    at: AwareDatetime
    payload: str
    sealed: bool = True
    ask: dict[str, JsonValue] | None = None
    kind: str = ""
    message_id: str = ""
    told: tuple[dict[str, JsonValue], ...] = ()
    failure: str | None = None


class Recording(_Kept):
    """The exchanges with one partner, in the order in which they happened."""

    dialect: str
    exchanges: tuple[Exchange, ...]


class Stage:
    """The dialect's two sides with the kit's own keys, on which a recording is said again."""

    def __init__(self, dialect: str) -> None:
        """Raises UnknownDialect."""
        self._rig: Rig = contract(dialect)()
        self._connector = registry.build(dialect, Partner(PARTNER, self._rig.keys("ours")[0]))
        self._desk: Desk = self._rig.partner_with("ours")

    def said_again(self, exchange: Exchange) -> Exchange:
        """Return the exchange with what we understand of it now."""
        told: tuple[AnyTold, ...] = ()
        failure = None
        try:
            told = self._understood(exchange)
        except (ConnectorFailure, Forged) as error:
            failure = type(error).__name__
        return exchange.model_copy(update={"told": plain(told), "failure": failure})

    def _understood(self, exchange: Exchange) -> tuple[AnyTold, ...]:
        payload, at = exchange.payload.encode(), exchange.at
        if exchange.what == "callback":
            fields = self._rig.notice_fields
            call = self._desk.tell(Notice(exchange.kind, payload, exchange.message_id, fields), now=at)
            return tuple(self._connector.read_callback(exchange.kind, call, now=at).facts)
        if exchange.sealed:
            random = seeded("replay")
            request = self._connector.write(ask_of(exchange), request_no="R1", now=at, random=random)
            answer = self._desk.say(payload, path=request.path, request_no="R1", now=at, request=request)
        else:
            answer = Answer(200, {"content-type": "text/plain"}, payload)
        return self._connector.read_answer(ask_of(exchange), answer, now=at)


def ask_of(exchange: Exchange) -> AnyAsk:
    """Return our question of an answer. Raises ValueError."""
    return _ASK.validate_python(exchange.ask, strict=False)


def plain_ask(ask: AnyAsk) -> dict[str, JsonValue]:
    """Return our question as JSON with its values in plain: to be masked before it goes anywhere."""
    found: dict[str, JsonValue] = _ASK.dump_python(ask, mode="json", exclude_none=True, context=dict(REVEAL))
    return found


def plain(told: tuple[AnyTold, ...]) -> tuple[dict[str, JsonValue], ...]:
    """Return facts as JSON."""
    return tuple(fact.model_dump(mode="json", exclude_none=True) for fact in told)
