"""How fast the dialects are: asks to signed bytes, callbacks to facts, and the share of cryptography in it.

The floor of each is the cryptography that this very message called for (signatures, ciphers, key wraps),
recorded once and called again with nothing around it. So `ratio` is the share of the time that it takes. The
goal is a half wherever a private key or SM2 is used. Where an RSA signature is merely verified there is no
goal: that takes 20 microseconds, less than reading any message.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import Action, Case, measure, one_object
from connectors import registry
from connectors.conformance import contract
from connectors.conformance.orders import simplest_order
from connectors.conformance.rig import PARTNER, Talk, application
from connectors.port import Capability, Partner
from contracts.messages import AnyAsk, QueryCredit
from signing import protection, signature, xmldsig

T = TypeVar("T")
HALF = 0.5
PRIMITIVES = (
    (protection, "encrypt"),
    (protection, "decrypt_blind"),
    (protection, "wrap_key"),
    (protection, "unwrap_blind"),
    (xmldsig, "_digest"),
)


@dataclass(frozen=True)
class Scene:
    """One dialect's two moments."""

    dialect: str
    write: Action
    read: Action
    read_name: str


def scene(dialect: str) -> Scene:
    """Return the moments of a dialect: its first ask, and the first thing it is told."""
    rig = contract(dialect)()
    connector = registry.build(dialect, Partner(PARTNER, rig.keys("ours")[0]))
    talk = Talk(connector, rig.partner_with("ours"))
    lends = Capability.APPLY in connector.capabilities
    ask: AnyAsk = application(1) if lends else simplest_order(talk, "o_1")
    talk.ask(ask, "R1")
    talk.now = talk.simulator.next_due() or talk.now
    write = partial(connector.write, ask, request_no="R1", now=talk.now, random=os.urandom)
    calls = talk.simulator.callbacks(now=talk.now)
    if calls:
        kind, call = calls[0]
        read: Action = partial(connector.read_callback, kind, call, now=talk.now)
        name = "callback"
    else:
        query = QueryCredit(subject=ask.subject)
        request = connector.write(query, request_no="Q1", now=talk.now, random=os.urandom)
        answer = talk.simulator.handle(request, now=talk.now)
        read, name = partial(connector.read_answer, query, answer, now=talk.now), "answer"
    return Scene(dialect, write, read, name)


def cases(only: str = "") -> Iterator[Case]:
    """Yield two cases for each dialect."""
    for dialect in registry.names():
        if only not in dialect:
            continue
        found = scene(dialect)
        yield _case(f"{dialect}: ask to bytes", found.write)
        yield _case(f"{dialect}: {found.read_name} to facts", found.read)


def _case(name: str, action: Action) -> Case:
    """Return the action against the cryptography it called for."""
    with recorded() as calls:
        action()

    def floor() -> object:
        for call in calls:
            call.again()
        return None

    goal = HALF if any(call.costs for call in calls) else None
    return Case(name, action, "its cryptography", floor if calls else None, goal)


@dataclass(frozen=True)
class Called:
    """A call of a cryptographic primitive; `costs` when it used a private key, or SM2 in any way."""

    again: Action
    costs: bool


@contextmanager
def recorded() -> Iterator[list[Called]]:
    """Let the signing package remember the cryptography it calls while this lasts."""
    calls: list[Called] = []
    engines = dict(signature._BY_VALUE)
    places = {name: (module, getattr(module, name)) for module, name in PRIMITIVES}
    try:
        for name, engine in engines.items():
            sm2 = name.startswith("sm2")
            sign = _remembering(engine.sign, calls, costs=sm2 or name.startswith("rsa"))
            signature._BY_VALUE[name] = signature.Engine(sign, _remembering(engine.check, calls, costs=sm2))
        for name, (module, function) in places.items():
            setattr(module, name, _remembering(function, calls, costs=name == "unwrap_blind"))
        yield calls
    finally:
        signature._BY_VALUE.update(engines)
        for name, (module, function) in places.items():
            setattr(module, name, function)


def _remembering(function: Callable[..., T], calls: list[Called], *, costs: bool) -> Callable[..., T]:
    def remembered(*args: object, **named: object) -> T:
        calls.append(Called(partial(function, *args, **named), costs))
        return function(*args, **named)

    return remembered


def main() -> int:
    """Measure every dialect; with --json print one object. Ends with 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=1.0, help="processor time per case (default 1)")
    parser.add_argument("--rounds", type=int, default=5, help="turns between ours and the floor (default 5)")
    parser.add_argument("--only", default="", help="only dialects whose name contains this")
    options = parser.parse_args()
    figures = [measure(case, options.seconds, options.rounds) for case in cases(options.only)]
    met = all(figure.met is not False for figure in figures)
    if options.json:
        print(json.dumps(one_object("connectors", figures)))
    else:
        print(*[figure.line() for figure in figures], sep="\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
