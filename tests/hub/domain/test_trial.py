"""An agreement tried on invented loans keeps every fen, and says where it does not."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.agreement import Agreement
from hub.domain import trial
from hub.domain.chart import stacked
from tests.hub.domain.sharing.agreements import SPREAD, agreements
from tests.hub.domain.sharing.test_wording import WHOLE

START = date(2026, 1, 5)


@settings(max_examples=15)
@given(agreements(), st.integers(0, 999))
def test_any_sound_agreement_keeps_every_fen(terms: Agreement, seed: int) -> None:
    assert trial.run(terms, 5, Random(seed), START).faults == []


def test_the_same_seed_gives_the_same_lives() -> None:
    one, same, other = (trial.run(WHOLE, 40, Random(seed), START) for seed in (1, 1, 2))
    assert one == same != other
    assert one.faults == []
    assert set(one.earned) >= {"bank", "platform"}
    assert one.events > 200


def test_a_fen_that_goes_astray_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trial.share
    monkeypatch.setattr(trial, "share", lambda *args: whole(*args)[:-1] or whole(*args))
    assert any("were given" in fault for fault in trial.run(SPREAD, 3, Random(1), START).faults)


def test_the_chart_names_every_month_and_party() -> None:
    made: Any = trial.run(SPREAD, 5, Random(1), START)
    drawn = stacked("<b>", made.months, ["bank", "platform"])
    assert drawn.startswith("<svg")
    assert "&lt;b&gt;" in drawn
    for month in made.months:
        assert f"{month} platform" in drawn
