"""The simulation can find what it looks for: each planted fault is found within twenty seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.port import ConnectorFailure
from hub import worker
from hub.flows import facts, loans, requests
from hub.flows.context import Context
from hub.store import mailbox
from hub.store.mailbox import Job
from tests.faults.simulation.run import SHORT_WINDOWS, play, quiet

MOST_SEEDS = 20


def resend_under_a_new_number(patch: pytest.MonkeyPatch) -> None:
    """A retry is written anew instead of sending the kept bytes."""

    def send(context: Context, job: Job) -> None:
        with context.database.read() as tx:
            kept = mailbox.read(tx, job.ref)
        assert kept.facts is not None
        ask, desk = context.vault.ask(kept.facts, kept.id), context.desks[kept.partner]
        anew = requests.written(context, desk, ask, context.now())
        request = requests._unpack(context.vault.raw(anew.sealed, anew.id))
        requests.exchange(context, job, ask, desk, request, anew.number)

    patch.setitem(worker._HANDLERS, "send", send)


def reroute_while_unknown(patch: pytest.MonkeyPatch) -> None:
    """What is uncertain is taken for a failure."""

    def uncertain(context: Context, tx: Any, ask: Any, cause: Any, failure: ConnectorFailure) -> None:
        facts.refused(context, tx, requests_partner(tx, ask), ask, cause, failure)

    def requests_partner(tx: Any, ask: Any) -> str:
        column = "draw_no" if ask.kind == "drawdown" else "id"
        return str(facts.rows.attempt_by(tx, column, ask.subject).partner)

    patch.setattr(facts, "uncertain", uncertain)


def apply_a_movement_twice(patch: pytest.MonkeyPatch) -> None:
    """A disbursement that is told again opens a second loan."""
    patch.setattr(loans.rows, "loan_of_attempt", lambda tx, attempt_id: None)


def lose_what_was_acknowledged(patch: pytest.MonkeyPatch) -> None:
    """A callback is acknowledged and not queued."""
    patch.setattr(facts, "_APPLY", {**facts._APPLY, facts.DrawdownTold: lambda *given: None})


MUTATIONS = (
    resend_under_a_new_number,
    reroute_while_unknown,
    apply_a_movement_twice,
    lose_what_was_acknowledged,
)


@pytest.mark.parametrize("plant", MUTATIONS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(plant: Callable[[pytest.MonkeyPatch], None]) -> None:
    with pytest.MonkeyPatch.context() as patch, quiet():
        plant(patch)
        found = next(
            (seed for seed in range(MOST_SEEDS) if play(seed, windows=SHORT_WINDOWS).violation), None
        )
    assert found is not None, f"{plant.__name__} stays hidden for {MOST_SEEDS} seeds"
