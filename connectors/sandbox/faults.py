"""Fault switches: what a partner in the sandbox does wrong, how often, and when it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from connectors.port import Answer

MOST_SECONDS = 600.0
CONTROL = "_faults"
"""The path the switches lie under; no partner's id begins with a line."""


class Fault(StrEnum):
    """What can go wrong. The first lines are about answers, then callbacks, then files."""

    DELAY = "delay"  # answers after `seconds`
    SILENT_BEFORE = "silent_before"  # does not take the request, and never answers
    SILENT_AFTER = "silent_after"  # takes the request, and never answers
    GARBAGE = "garbage"  # takes the request, and answers with a gateway's page
    WRONG_SIGNATURE = "wrong_signature"  # takes the request, and its answer does not verify
    BROKEN = "broken"  # takes the request, and answers 500
    SLOW_DOWN = "slow_down"  # does not take the request: 429 with Retry-After of `seconds`
    LOST_CALLBACK = "lost_callback"  # a callback that is never sent
    CALLBACK_ONCE = "callback_once"  # a callback sent once, and never again whatever we answer
    DUPLICATE = "duplicate"  # a callback sent twice
    REORDER = "reorder"  # all that is due is sent in reverse
    FORGED_CALLBACK = "forged_callback"  # a callback damaged on its way, and sent again when refused
    RESTATED_FILE = "restated_file"  # a day's file without its last line, and the whole day the next time


@dataclass(frozen=True, slots=True)
class Switch:
    """How many more times, and for how many seconds where it says so."""

    times: int = 1
    seconds: float = 1.0


class Switches:
    """One partner's switches. Thread-safe; nothing is on to begin with."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on: dict[Fault, Switch] = {}

    def set(self, fault: Fault, switch: Switch) -> None:
        """Turn a fault on for so many times; 0 turns it off."""
        with self._lock:
            self._on.pop(fault, None)
            if switch.times > 0:
                self._on[fault] = switch

    def take(self, fault: Fault) -> Switch | None:
        """Return the switch and use it up once; None when it is off."""
        with self._lock:
            switch = self._on.get(fault)
            if switch is None:
                return None
            if switch.times > 1:
                self._on[fault] = replace(switch, times=switch.times - 1)
            else:
                del self._on[fault]
            return switch

    def clear(self) -> None:
        """Turn everything off."""
        with self._lock:
            self._on.clear()

    def shown(self) -> Mapping[str, Mapping[str, float]]:
        """Return what is on."""
        with self._lock:
            return {
                fault.value: {"times": switch.times, "seconds": switch.seconds}
                for fault, switch in self._on.items()
            }


def control(switches: Switches, method: str, body: bytes) -> Answer:
    """Answer a request to a partner's switches: GET shows them, PUT sets one, DELETE turns all off."""
    if method == "PUT":
        try:
            fault, switch = _wish(body)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return _json(400, {"error": f"give fault, times, seconds: {error}", "faults": list(Fault)})
        switches.set(fault, switch)
    elif method == "DELETE":
        switches.clear()
    elif method != "GET":
        return _json(405, {"error": "GET, PUT or DELETE"})
    return _json(200, switches.shown())


def damaged(body: bytes) -> bytes:
    """Return the body with one letter or digit in its middle changed: it still reads, but is not true."""
    for at in range(len(body) // 2, len(body)):
        if chr(body[at]).isalnum() and body[at] < 128:
            other = b"0" if body[at : at + 1] != b"0" else b"1"
            return body[:at] + other + body[at + 1 :]
    return body + b"0"


GATEWAY_PAGE = Answer(
    200, {"content-type": "text/html; charset=gbk"}, "<html><body>系统繁忙</body></html>".encode("gbk")
)
FAILURE = Answer(500, {"content-type": "text/html"}, b"<html><body>500</body></html>")


def too_fast(seconds: float) -> Answer:
    """Return the answer of a partner that was asked too often."""
    return Answer(429, {"retry-after": str(round(seconds))}, b"")


def _wish(body: bytes) -> tuple[Fault, Switch]:
    told = json.loads(body)
    times, seconds = told.get("times", 1), told.get("seconds", 1.0)
    if type(times) is not int or not 0 <= times <= 1_000_000:
        raise ValueError("times is a whole number up to a million")
    if isinstance(seconds, bool) or not 0 <= float(seconds) <= MOST_SECONDS:
        raise ValueError(f"seconds is a number up to {MOST_SECONDS:.0f}")
    return Fault(told["fault"]), Switch(times, float(seconds))


def _json(status: int, told: object) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(told, ensure_ascii=False).encode())
