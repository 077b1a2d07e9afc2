"""Where dialects are found: ours in a table, others by the entry point group `loanhub.connectors`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from connectors.port import Connector, Partner

GROUP = "loanhub.connectors"
"""An entry point of this group has the dialect's name and leads to what builds a Connector from a Partner."""

BUILT_IN: Mapping[str, str] = {
    "envelope_json": "connectors.envelope_json.connector:EnvelopeJsonConnector",
    "sorted_form": "connectors.sorted_form.connector:SortedFormConnector",
    "trust_file": "connectors.trust_file.connector:TrustFileConnector",
}

Builder = Callable[[Partner], Connector]


class UnknownDialect(Exception):
    """No connector of that name is built in or installed; the message names those that are."""


def build(dialect: str, partner: Partner) -> Connector:
    """Return the connector of a dialect for a partner.

    Raises UnknownDialect, or ValueError when the partner's settings or keys do not fit the dialect.
    """
    return _builder(dialect)(partner)


def dialects() -> tuple[str, ...]:
    """Return the names of all dialects, in order."""
    return tuple(sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))}))


@cache
def _builder(dialect: str) -> Builder:
    # Ours first: an installed package cannot put itself in the place of a built-in dialect.
    path = BUILT_IN.get(dialect)
    if path is not None:
        module, _, name = path.partition(":")
        return cast("Builder", getattr(import_module(module), name))
    for point in entry_points(group=GROUP, name=dialect):
        return cast("Builder", point.load())
    raise UnknownDialect(f"no connector {dialect!r}; there are: {', '.join(dialects())}")
