"""Where a partner's callback enters in plain values, so that the web needs no word of the connectors."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.port import Answer, Call
from hub.flows import inbound
from hub.flows.context import Context


def callback(
    context: Context,
    partner: str,
    kind: str,
    *,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    """Take a callback as it arrived; see `inbound.receive`. `path` includes any query string."""
    return inbound.receive(context, partner, kind, Call(method, path, headers, body))
