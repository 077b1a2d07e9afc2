"""A day's movements as every dialect of phrases reads them: one row takes nothing from the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors import registry
from connectors.channel import OurSide
from connectors.conformance import contract
from connectors.conformance.rig import PARTNER, Talk, application, seeded
from connectors.phrasebook import Movements
from connectors.port import Answer, Call, Forged, Heard, Partner, Verdict
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


@pytest.mark.parametrize("dialect", ["sorted_form", "envelope_json"])
def test_an_acknowledgement_names_what_was_heard_or_verifies_it(
    dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was verified is not verified again; without it, nothing unverified is acknowledged."""
    rig = contract(dialect)()
    connector = registry.build(dialect, Partner(PARTNER, rig.keys("ours")[0]))
    talk = Talk(connector, rig.partner_with("ours"))
    talk.ask(application(1))
    talk.now = talk.simulator.next_due() or talk.now
    ((kind, call),) = talk.simulator.callbacks(now=talk.now)
    heard = talk.connector.read_callback(kind, call, now=talk.now)

    def acknowledged(call: Call, heard: Heard | None = None) -> Answer:
        random = seeded("acknowledgement")
        return talk.connector.acknowledge(
            kind, call, Verdict.RECEIVED, now=talk.now, random=random, heard=heard
        )

    assert acknowledged(call).status == 200
    forged = replace(call, body=call.body[:-9] + b"AAAAAAAAA")
    with pytest.raises(Forged):
        talk.connector.read_callback(kind, forged, now=talk.now)
    assert acknowledged(forged).status == 400
    monkeypatch.setattr(OurSide, "read_call", None)
    assert talk.simulator.accepts(kind, call, acknowledged(call, heard), now=talk.now)
