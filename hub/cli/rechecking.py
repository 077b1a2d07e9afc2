"""`recheck`: reckons a month a second time, in sets, and compares with the books."""

from __future__ import annotations

from contracts.money import format_yuan
from hub.cli.acting import opened
from hub.flows.rechecking import recheck as reckon


def recheck(period: str) -> bool:
    """Print how a month's sharing compares with its second reckoning; returns whether they agree."""
    with opened() as context:
        found = reckon(context, period)
    for one in found.differences:
        booked, again = format_yuan(one.booked_fen), format_yuan(one.again_fen)
        what = f"{one.agreement} {one.clause} {one.party} {one.kind} {one.base}"
        print(f"{what}: booked {booked}, again {again}")
    print(
        f"{period}: {found.movements} movements, {found.lines} lines reckoned again,"
        f" {len(found.differences)} differences, {found.passed_over} movements passed over"
    )
    return not found.differences
