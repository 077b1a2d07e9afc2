"""A day's movements as every dialect of phrases reads them: one row takes nothing from the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from connectors import registry
from connectors.conformance import contract
from connectors.conformance.rig import PARTNER, Talk
from connectors.phrasebook import Movements
from connectors.port import Partner
from connectors.simulation.books import Movement
from connectors.simulation.clerk import Clerk
from contracts.messages import PageTold, QueryMovements, RepaymentTold, Unclear


@pytest.mark.parametrize("dialect", ["cmb_sm", "x_ca_hmac", "digest_form"])
def test_a_movement_of_an_unknown_type_is_kept_and_the_others_are_told(
    dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row stays and says what nobody understands; the day is complete all the same."""
    rig = contract(dialect)()
    partner = rig.partner_with("ours")
    assert isinstance(partner, Clerk)
    honest = partner.movement_news

    def with_a_strange_row(told: Sequence[Movement]) -> Movements:
        news = honest(told)
        strange = (row.model_copy(update={"type": "ZZ"}) for row in news.rows[:1])
        return news.model_copy(update={"rows": (*strange, *news.rows[1:])})

    monkeypatch.setattr(partner, "movement_news", with_a_strange_row)
    talk = Talk(registry.build(dialect, Partner(PARTNER, rig.keys("ours")[0])), partner)
    for serial in (1, 2):
        talk.ask(talk.drawing(serial, amount_fen=1_000_080))
    talk.now += timedelta(days=45)
    partner.callbacks(now=talk.now)
    day = next(term.due_on for term in partner.books()[0].terms())
    strange, known, page = talk.ask(QueryMovements(subject=f"day_{day}", day=day))
    assert isinstance(strange, Unclear)
    assert "ZZ" in strange.code
    assert isinstance(known, RepaymentTold)
    assert isinstance(page, PageTold)
    assert page.skip is None
