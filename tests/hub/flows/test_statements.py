"""A life of an application compiles no statement that the life before it has compiled."""

from __future__ import annotations

from contracts.messages import RefundKind, RefundTold
from hub.store.tables import T
from tests.hub.flows.world import World
from tests.hub.statements import heard


def life(world: World, number: int) -> None:
    """Submitted, approved, drawn, paid out, twice repaid, and one of it refunded."""
    application_id = world.routed(number)
    loan = world.loan(application_id)
    for period in (1, 2):
        world.tell("alpha", "repayment", world.repayment(loan, f"R{number}-{period}", period))
    refund = RefundTold(
        event_id=f"b{number}",
        loan_no=loan.loan_no,
        serial=f"B{number}",
        what=RefundKind.REPAYMENT,
        original_serial=f"R{number}-2",
        paid_on=loan.disbursed_on,
        principal_fen=1,
    )
    world.tell("alpha", "refund", refund)


def test_the_second_life_compiles_nothing_anew(world: World) -> None:
    world.connector.capabilities = frozenset()  # no queries beside
    life(world, 1)
    with heard() as statements:
        life(world, 2)
    assert not world.parked()
    assert len(world.rows(T.loan)) == 2
    fresh = [words for words, _, cache in statements if cache != "CACHE_HIT" and "SAVEPOINT" not in words]
    assert fresh == []
