"""A hub starts only where everybody who is to move money can be asked to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.port import Capability
from hub.wiring import NotReady, demand_able
from tests.hub.flows.world import PlainConnector, World

BOTH = {"disbursed_by": "pay", "collected_by": "pay"}


@pytest.mark.parametrize(
    ("holders", "partner", "missing", "field"),
    [
        (BOTH, "pay", Capability.PAYOUT, "disbursed_by"),
        (BOTH, "pay", Capability.DEBIT, "collected_by"),
        (BOTH, "alpha", Capability.REPAYMENT_REQUEST, "collected_by"),
        ({"custody": "safe"}, "safe", Capability.FUNDS_FREEZE, "custody"),
    ],
)
def test_what_a_dialect_cannot_do_is_said_before_money_moves(
    tmp_path: Path, holders: dict[str, str], partner: str, missing: Capability, field: str
) -> None:
    world = World(f"sqlite:///{tmp_path / 'hub.db'}", holders=holders)
    demand_able(world.context.catalogue, world.context.desks)
    less = PlainConnector(capabilities=frozenset(Capability) - {missing})
    desks = {**world.context.desks, partner: replace(world.context.desks[partner], connector=less)}
    with pytest.raises(NotReady, match=f"has {field}, and the dialect of {partner} has no {missing}"):
        demand_able(world.context.catalogue, desks)
    world.database.close()
