"""The chain of an application's events: each carries the hash of the one before, so that no edit goes unseen.

A chain shows any row that was edited, removed, added or moved. Whoever can rewrite a whole chain can hide an
edit in it; the head over all chains, noted outside the database, shows that too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

COVERED: Final = (
    "application_id",
    "position",
    "machine",
    "subject",
    "what",
    "before",
    "after",
    "who",
    "source",
    "detail",
    "at",
)
"""The columns of an event that its link covers."""
START: Final = ""
"""What stands before the first event."""


def link(previous: str, event: Mapping[str, object]) -> str:
    """Return the SHA-256 of the previous link and an event, in hexadecimal."""
    covered = [previous, *(_plain(event[name]) for name in COVERED)]
    text = json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a chain: where, and what."""

    application_id: str
    position: int
    what: str

    def __str__(self) -> str:
        return f"{self.application_id} event {self.position}: {self.what}"


def faults(
    application_id: str, events: Iterable[Mapping[str, object]], states: Mapping[str, str]
) -> Iterator[Fault]:
    """Yield what is wrong with the events of one application, given in order of position.

    `states` are the present states by subject: of the application, its attempts and its loan.
    """
    previous, expected = START, 1
    known: dict[str, object] = {}
    for event in events:
        position = event["position"]
        if not isinstance(position, int):
            raise TypeError("the position of an event is a whole number")
        if position != expected:
            yield Fault(application_id, expected, f"is missing; the next one is event {position}")
            expected = position
        elif event["link"] != link(previous, event):
            yield Fault(application_id, position, "does not fit the one before it: a row was edited or moved")
        subject = str(event["subject"])
        if subject in known and known[subject] != event["before"]:
            yield Fault(application_id, position, f"begins at '{event['before']}', not at '{known[subject]}'")
        known[subject] = event["after"]
        previous, expected = str(event["link"]), expected + 1
    for subject, state in states.items():
        if subject in known and known[subject] != state:
            yield Fault(
                application_id, expected, f"is missing: {subject} is '{state}', not '{known[subject]}'"
            )


@dataclass
class Head:
    """The hash over the last link of every chain: one figure to note outside the database."""

    chains: int = 0
    events: int = 0

    def __post_init__(self) -> None:
        self._digest = sha256()

    def add(self, application_id: str, position: int, last: str) -> None:
        """Add a chain; chains come in order of application."""
        self._digest.update(f"{application_id}:{position}:{last}\n".encode())
        self.chains += 1
        self.events += position

    def hex(self) -> str:
        """The head so far."""
        return self._digest.hexdigest()
