"""The figures of a run: one object of plain values, which the report shows and `--json` writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.demo.checks import Check, pending
from hub.demo.funding import Funding
from hub.demo.process import Usage
from hub.demo.reads import Reads
from hub.demo.story import Mark, Told
from hub.domain.lifecycle import ApplicationState
from hub.domain.sharing.line import REVENUE, LineKind

Figures = dict[str, Any]
THOUSAND: Final = 1000
_BASES: Final = ("interest", "fee", "penalty", "disbursed")


@dataclass(frozen=True, slots=True)
class Effort:
    """What the run took: seconds from first application to last statement, and what the processes used."""

    seconds: float
    reading_seconds: float
    hub: Usage | None
    demo: Usage | None


def funnel(reads: Reads) -> dict[str, int]:
    """Return how many applications got how far, then where they stand."""
    states = Counter(row["state"] for row in reads.applications)
    refused = sum(1 for row in reads.applications if row["state"] == "declined" and _refused_at_door(row))
    asked = sum(row["applications"] for row in reads.partners)
    return {
        "submitted": len(reads.applications),
        "admitted": len(reads.applications) - refused,
        "requests to partners": asked,
        "approvals": sum(row["approvals"] for row in reads.partners),
        "disbursed": len(reads.loans),
        **{f"now {state.value}": states[state] for state in ApplicationState if states[state]},
    }


def _refused_at_door(row: Mapping[str, Any]) -> bool:
    return bool(row["reasons"]) and all(reason["code"] != "no_partner" for reason in row["reasons"])


def revenue(reads: Reads) -> list[dict[str, Any]]:
    """Return what each party earned in all months less what it paid upfront, by its base, in fen."""
    earned: dict[str, Counter[str]] = {}
    for month in reads.settlements:
        for total in month["totals"]:
            party, payer = (earned.setdefault(total[name], Counter()) for name in ("party", "counterparty"))
            if total["kind"] in REVENUE:
                party[total["base"]] += total["amount_fen"]
            # A share on disbursement comes out of the payer's own pocket, not out of what a borrower paid.
            if total["kind"] == LineKind.UPFRONT:
                payer[total["base"]] -= total["amount_fen"]
    return [
        {
            "party": party,
            **{f"{base}_fen": sums[base] for base in _BASES},
            "total_fen": sums.total(),
        }
        for party, sums in sorted(earned.items())
        if sums
    ]


def thousands(days: Sequence[Mark]) -> list[float]:
    """Return the seconds each full thousand of applications took from submission to disbursement."""
    seconds, before = [], 0.0
    total = days[-1].done if days else 0
    for goal in range(THOUSAND, total + 1, THOUSAND):
        at = _reached(days, goal)
        seconds.append(round(at - before, 2))
        before = at
    return seconds


def _reached(days: Sequence[Mark], goal: int) -> float:
    """When a number of applications was done; within a day, in proportion."""
    done, seconds = 0, 0.0
    for mark in days:
        if mark.done >= goal:
            return seconds + (mark.seconds - seconds) * (goal - done) / (mark.done - done)
        done, seconds = mark.done, mark.seconds
    return seconds


def gather(
    reads: Reads,
    told: Told,
    funding: Funding,
    checks: Sequence[Check],
    effort: Effort,
    facts: Mapping[str, Any],
) -> Figures:
    """Return the whole object. Seconds and megabytes are floats, amounts fen, rates text."""
    count = len(reads.applications)
    return {
        **facts,
        "applications": count,
        "funnel": funnel(reads),
        "pending": dict(pending(reads, told.undrawn)),
        "partners": _partners(reads, funding),
        "funding_cost": {"routed": funding.routed, "first": funding.first, "random": funding.random},
        "revenue": revenue(reads),
        "trial_balance": reads.trial_balance,
        "statements": [{name: row[name] for name in _STATEMENT} for row in reads.statements],
        "pace": {
            "seconds": round(effort.seconds, 2),
            "per_thousand_seconds": round(effort.seconds * THOUSAND / count, 2) if count else None,
            "each_thousand_seconds": thousands(told.days),
            "months_seconds": {name: round(seconds, 2) for name, seconds in told.months},
            "reading_seconds": round(effort.reading_seconds, 2),
        },
        "machine": _machine(effort),
        "checks": [{"name": c.name, "passed": c.passed, "found": list(c.found)} for c in checks],
        "passed": all(check.passed for check in checks),
    }


_STATEMENT: Final = ("id", "month", "party", "lines", "total_fen", "sha256")


def _partners(reads: Reads, funding: Funding) -> list[dict[str, Any]]:
    return [{**row, "funding_cost": funding.by_partner.get(row["partner"])} for row in reads.partners]


def _machine(effort: Effort) -> dict[str, Any]:
    used = {"hub": effort.hub, "demo": effort.demo}
    known: Collection[Usage] = [usage for usage in used.values() if usage is not None]
    return {
        **{
            name: None
            if usage is None
            else {"cpu_seconds": round(usage.cpu_seconds, 2), "peak_mb": round(usage.peak_mb, 1)}
            for name, usage in used.items()
        },
        "cpu_seconds": round(sum(usage.cpu_seconds for usage in known), 2),
        "peak_mb": round(sum(usage.peak_mb for usage in known), 1),
    }
