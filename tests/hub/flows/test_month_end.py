"""A month's end is reckoned from what was booked in the month, once, in the transaction that closes it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from contracts.agreement import Agreement, Base
from contracts.messages import CompensationTold, RefundKind, RefundTold
from hub.domain.sharing import LineKind, ShareLine
from hub.flows import closing
from hub.store.tables import T
from tests.hub.flows.terms import agreement
from tests.hub.flows.world import World

BETWEEN = {"payer": "alpha", "receiver": "platform"}
MONTHLY: list[dict[str, Any]] = [
    {
        "kind": "volume_tiers",
        "id": "volume",
        **BETWEEN,
        "measure": "disbursed",
        "mode": "whole",
        "tiers": [{"from_fen": 0, "rate": "0.01"}],
    },
    {"kind": "per_application", "id": "leads", **BETWEEN, "price_fen": 3_000},
    {"kind": "daily_balance", "id": "service", **BETWEEN, "rate": "0.036", "day_count": 360},
    {
        "kind": "quality_tiers",
        "id": "quality",
        **BETWEEN,
        "tiers": [{"at_most": "0.02", "fraction": "0.10"}, {"fraction": "0.05"}],
    },
    {"kind": "tax", "id": "vat", **BETWEEN, "of": ["volume"], "rate": "0.06", "inclusive": True},
    {"kind": "first_loss", "id": "loss", "payer": "platform", "receiver": "guard", "fraction": "0.05"},
    {"kind": "reserve_review", "id": "review", "of": "reserve"},
]
RESERVE = {
    "kind": "risk_reserve",
    "id": "reserve",
    "payer": "platform",
    "holder": "vault",
    "fraction": "0.02",
}


def agree(world: World) -> None:
    """Let alpha's deal have monthly clauses and a reserve."""
    plain = agreement("alpha").model_dump(mode="json")
    vault = {"id": "vault", "role": "reserve", "name_zh": "准备金", "name_en": "Vault"}
    deal = agreement(
        "alpha",
        parties=[*plain["parties"], vault],
        clauses=[*plain["clauses"], RESERVE],
        monthly=MONTHLY,
    )
    world.context.agreements[deal.id, 1] = deal  # type: ignore[index]


def close(world: World, month: str, after: datetime) -> dict[tuple[str, str], ShareLine]:
    """Close a month and return the lines of its end, by clause and party."""
    world.time = after
    closing.close(world.context, month, who="ann")
    bodies = [
        row.body
        for row in world.rows(T.share_line, T.share_line.c.month == month)
        if row.event_kind == "month_end"
    ]
    lines = [ShareLine.from_json(body) for body in bodies]
    world.books()  # sum to zero
    return {(line.clause, line.party): line for line in lines}


def test_the_lines_of_a_months_end(world: World) -> None:
    agree(world)
    loans = [world.loan(world.routed(number)) for number in (1, 2)]
    january = close(world, "2026-01", datetime(2026, 2, 1, tzinfo=UTC))
    assert {key: line.amount_fen for key, line in january.items()} == {
        ("volume", "platform"): 24_000,
        ("leads", "platform"): 6_000,
        ("service", "platform"): 2_400_000 * 27 * 36 // 360_000,  # from the 5th to the 31st
        ("vat", "platform"): 24_000 - 22_642,
    }
    volume = january["volume", "platform"]
    assert (volume.loan_id, volume.on, volume.base) == ("alpha_deal@1", date(2026, 1, 31), Base.DISBURSED)
    first = world.repayment(loans[0], "R1", 1)
    world.tell("alpha", "repayment", first)
    february = close(world, "2026-02", datetime(2026, 3, 1, tzinfo=UTC))
    interest = first.interest_fen
    assert february["quality", "platform"].base_fen == interest
    assert february["quality", "platform"].amount_fen == round(interest / 10)
    assert ("volume", "platform") not in february
    # The reserve is 2 % of what is still out: what was repaid frees its part.
    assert february["reserve", "platform"].kind is LineKind.RESERVE_DRAWN
    freed = 48_000 - round((2_400_000 - first.principal_fen) * 0.02)
    assert february["reserve", "platform"].amount_fen == freed


def test_a_compensation_draws_on_the_reserve_of_all_loans_and_its_loss_is_borne(world: World) -> None:
    agree(world)
    loans = [world.loan(world.routed(number)) for number in (1, 2)]
    term = world.repayment(loans[0], "x", 1)
    paid = CompensationTold(
        event_id="c",
        loan_no=loans[0].loan_no,
        serial="C1",
        period=1,
        paid_on=date(2026, 2, 20),
        principal_fen=term.principal_fen,
        interest_fen=term.interest_fen,
    )
    world.tell("alpha", "compensation", paid)
    drawn = [row for row in world.rows(T.share_line) if row.kind == LineKind.RESERVE_DRAWN]
    # One loan placed 24,000 fen; the reserve of both holds 48,000 and pays from all of it.
    assert [row.amount_fen for row in drawn] == [min(48_000, term.principal_fen + term.interest_fen)]
    close(world, "2026-01", datetime(2026, 3, 1, tzinfo=UTC))
    february = close(world, "2026-02", datetime(2026, 3, 1, tzinfo=UTC))
    loss = february["loss", "guard"]
    assert loss.serial == "2026-02:2026-01"
    assert loss.amount_fen == min(term.principal_fen + term.interest_fen, 120_000)
    march = close(world, "2026-03", datetime(2026, 4, 1, tzinfo=UTC))
    assert ("loss", "guard") not in march


def test_a_disbursement_returned_after_the_close_takes_back_its_part(world: World) -> None:
    agree(world)
    loans = [world.loan(world.routed(number)) for number in (1, 2)]
    january = close(world, "2026-01", datetime(2026, 2, 1, tzinfo=UTC))
    back = RefundTold(
        event_id="b",
        loan_no=loans[0].loan_no,
        serial="B1",
        what=RefundKind.DISBURSEMENT,
        paid_on=date(2026, 2, 3),
        principal_fen=1_200_000,
    )
    world.tell("alpha", "refund", back)
    february = close(world, "2026-02", datetime(2026, 3, 1, tzinfo=UTC))
    mirror = february["volume", "platform"]
    assert (mirror.amount_fen, mirror.mirrors) == (-12_000, january["volume", "platform"].ref)
    march = close(world, "2026-03", datetime(2026, 4, 1, tzinfo=UTC))
    assert ("volume", "platform") not in march


def test_versions_reckon_apart_or_together_as_agreed(world: World) -> None:
    agree(world)
    world.loan(world.routed(1))
    first = world.context.agreements["alpha_deal", 1].model_dump(mode="json")
    changes = (
        {"effective_to": "2026-01-10"},
        {"version": 2, "effective_from": "2026-01-11", "across_versions": True},
    )
    for version, change in enumerate(changes, 1):
        world.context.agreements["alpha_deal", version] = Agreement.model_validate({**first, **change})  # type: ignore[index]
    january = close(world, "2026-01", datetime(2026, 2, 1, tzinfo=UTC))
    assert january["volume", "platform"].agreement == "alpha_deal@2"
    assert january["volume", "platform"].base_fen == 1_200_000
