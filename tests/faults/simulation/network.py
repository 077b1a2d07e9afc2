"""The roads between the hub and its partners, with all that may happen on them, on simulated time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from connectors.exchange.names import Marker
from connectors.port import Answer, Call, Request, Uncertain, Unreachable
from hub.flows.requests import _pack
from tests.faults.simulation.premises import NOT_FINAL_BEFORE, TIMEOUT_SECONDS, Seat, spelling

if TYPE_CHECKING:
    from tests.faults.simulation.town import Town

UNHEARD = Answer(0, {}, b"")
PAGE = Answer(200, {"content-type": "text/html"}, b"<html><body>504 Gateway Time-out</body></html>")
LATEST_SECONDS = NOT_FINAL_BEFORE.total_seconds() * 0.97
"""The longest a request is under way: the partner's own delay for "no such order" allows for hardly more."""
PATIENT = dict.fromkeys(("plan", "repayment", "compensation", "refund"), 1_000_000)
"""Tries for what some partners tell by notice alone; of all else they tell eight times, as usual."""


@dataclass
class Files:
    """Where one partner's daily files arrive."""

    marker: Marker
    placed: dict[str, bytes] = field(default_factory=dict)

    def complete(self) -> list[str]:
        """The files whose marker is there."""
        return self.marker.complete(self.placed)

    def read(self, name: str) -> bytes:
        """A file's bytes."""
        return self.placed[name]

    def take(self, name: str) -> None:
        """Let go of a file."""
        self.placed.pop(name, None)
        self.placed.pop(self.marker.of(name), None)


class Road:
    """Dials one partner; raises what the transport raises."""

    def __init__(self, town: Town, seat: Seat) -> None:
        self.town, self.seat = town, seat
        self.carrying = ""
        """The hash of the request being handled just now."""

    def send(self, request: Request) -> Answer:
        """Carry a request there and an answer back, or not."""
        town, strikes = self.town, self.town.weather.strikes
        town.note(f"-> {self.seat.name} {request.path}")
        town.loop.pause(town.random.random() * 0.05)
        outage = town.weather.outage(self.seat.name, town.loop.now)
        if outage is not None:
            town.weather.seen["outage"] += 1
        if (outage is not None and not outage.hangs) or strikes("connection refused"):
            raise Unreachable("no connection")
        if strikes("told to slow down"):
            raise Unreachable("too many requests", code="429", retry_after=town.random.choice((1.0, 90.0)))
        if outage is not None or strikes("request lost"):
            self._give_up("no answer")
        if strikes("request late"):
            late = town.random.random() * LATEST_SECONDS
            town.loop.after(late, lambda: self._late(request))
            self._give_up("no answer in time")
        answer = self.arrive(request)
        if strikes("request twice"):
            town.loop.after(town.random.random() * LATEST_SECONDS, lambda: self._late(request))
        return self._return(request, answer)

    def _give_up(self, why: str) -> None:
        self.town.loop.pause(TIMEOUT_SECONDS)
        raise Uncertain(why)

    def _return(self, request: Request, answer: Answer) -> Answer:
        town, strikes = self.town, self.town.weather.strikes
        town.loop.pause(town.random.random() * 0.05)
        if strikes("answer lost"):
            self._give_up("the answer was lost")
        if strikes("answer late"):
            town.loop.pause(town.random.random() * TIMEOUT_SECONDS)
        if strikes("error page"):
            raise Uncertain("the partner failed while handling the request", code="502")
        if strikes("garbage"):
            return PAGE
        if strikes("half a body"):
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        if strikes("broken byte"):
            return replace(answer, body=damaged(answer.body, town.random.random()))
        if strikes("unknown code"):
            strange = spelling(self.seat.dialect).strange_answer
            number = "strange"
            return self.seat.desk.say(strange, path=request.path, request_no=number, now=town.loop.now)
        return answer

    def _late(self, request: Request) -> None:
        self.town.note(f"-> {self.seat.name} arrives late")
        self.arrive(request)

    def arrive(self, request: Request) -> Answer:
        """Let the partner have it."""
        self.carrying = sha256(_pack(request)).hexdigest()
        answer = self.seat.desk.handle(request, now=self.town.loop.now)
        self.carrying = ""
        self.town.pump_when_due(self.seat)
        return answer


class Post:
    """Carries callbacks and files from the partners to the hub."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self._tries: dict[str, int] = {}

    def pump(self, seat: Seat) -> None:
        """Send out what a partner has to tell."""
        town = self.town
        for kind, call in seat.desk.callbacks(now=town.loop.now):
            self._send(seat, kind, call)
        if town.weather.strikes("file restated") and hasattr(seat.desk, "restate"):
            seat.desk.restate()
        for name, content in seat.desk.files(now=town.loop.now):
            town.note(f"<- {seat.name} file {name}")
            town.files[seat.name].placed[name] = content
            town.dirty = True

    def _send(self, seat: Seat, kind: str, call: Call) -> None:
        town, strikes, random = self.town, self.town.weather.strikes, self.town.random
        asked_about = kind in ("credit", "drawdown")
        if asked_about and strikes("callback never"):
            town.note(f"<- {seat.name} {kind} never arrives, never again")
            return
        delay = random.random() * (7200 if strikes("callback late") else 0.2)
        if strikes("callback lost"):
            town.loop.after(30, lambda: self._settle(seat, kind, call, UNHEARD))
            return
        arriving = call
        if strikes("callback broken"):
            arriving = replace(call, body=damaged(call.body, random.random()))
        town.loop.after(
            delay, lambda: self._hand_over(seat, kind, arriving, lambda a: self._settle(seat, kind, call, a))
        )
        if strikes("callback twice"):
            town.loop.after(random.random() * 400, lambda: self._hand_over(seat, kind, call, lambda a: None))

    def _hand_over(self, seat: Seat, kind: str, call: Call, then: Callable[[Answer], None]) -> None:
        town = self.town
        hub = town.any_hub()
        town.note(f"<- {seat.name} {kind} {hub.process.name if hub else 'nobody there'}")
        if hub is None:
            town.loop.after(1, lambda: then(UNHEARD))
            return
        heard: list[Answer] = []

        def ended() -> None:
            lost = not heard or town.weather.strikes("acknowledgement lost")
            answer = UNHEARD if lost else heard[0]
            town.loop.after(30 if lost else 0.02, lambda: then(answer))

        town.loop.spawn(hub.process, lambda: heard.append(hub.receive(seat.name, kind, call)), ended)

    def _settle(self, seat: Seat, kind: str, call: Call, answer: Answer) -> None:
        town = self.town
        if seat.desk.accepts(kind, call, answer, now=town.loop.now):
            return
        key = f"{seat.name}:{kind}"
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        town.loop.after(5.0 * 2 ** min(tries, 9) * town.random.random() + 1, lambda: self.pump(seat))


def damaged(body: bytes, where: float) -> bytes:
    """The same bytes with one bit of one byte turned over."""
    if not body:
        return b"?"
    at = int(where * len(body))
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
