"""`recheck`: reckons a month a second time, in sets, and compares with the books."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from contracts.money import format_yuan
from hub import logs
from hub.flows.rechecking import recheck as reckon
from hub.settings import Settings
from hub.wiring import assemble


def recheck(period: str) -> bool:
    """Print how a month's sharing compares with its second reckoning; returns whether they agree."""
    settings = Settings()
    logs.set_up(settings.log_level)
    context = assemble(settings, clock=lambda: datetime.now(UTC), random=os.urandom, wake=lambda _queue: None)
    try:
        found = reckon(context, period)
    finally:
        context.database.close()
    for one in found.differences:
        booked, again = format_yuan(one.booked_fen), format_yuan(one.again_fen)
        what = f"{one.agreement} {one.clause} {one.party} {one.kind} {one.base}"
        print(f"{what}: booked {booked}, again {again}")
    print(
        f"{period}: {found.movements} movements, {found.lines} lines reckoned again,"
        f" {len(found.differences)} differences, {found.passed_over} movements passed over"
    )
    return not found.differences
