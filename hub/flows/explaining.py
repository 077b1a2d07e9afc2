"""Why a line of a statement is what it is, from what was written when it was made."""

from __future__ import annotations

from hub.domain.explanation import Explanation, explain
from hub.domain.sharing import ShareLine
from hub.flows.context import Context
from hub.flows.errors import NotKnown
from hub.store import rows


def explanation(context: Context, ref: str) -> Explanation:
    """Explain a line by its reference, as statements show it. Raises NotKnown."""
    with context.database.read() as tx:
        bodies = rows.shares(tx, ref.partition(":")[0])
    lines = [ShareLine.from_json(body) for body in bodies]
    by_ref = {line.ref: line for line in lines}
    line = by_ref.get(ref)
    if line is None:
        raise NotKnown("line_unknown", "没有这一行", "no statement has such a line")
    name, _, version = line.agreement.rpartition("@")
    siblings = [other for other in lines if (other.event, other.serial) == (line.event, line.serial)]
    original = None if line.mirrors is None else by_ref.get(line.mirrors)
    return explain(context.agreements[name, int(version)], line, siblings, original)
