"""Samples of the internet bank's documents, in our words."""

from __future__ import annotations

import pytest

from connectors.mybank_xml.connector import MybankXmlConnector
from tests.connectors.samples import lines, sample

SAMPLES = {
    ("drawdown_disbursed.xml", "drawdown"): [
        "event_id=drawdown/draw_0001/disbursed occurred_at=2026-01-05T15:59:59Z extra={'SiteUserId': "
        "'u_1'} subject=draw_0001 outcome=disbursed loan_no=WS2026010500001 amount_fen=300000 "
        "disbursed_on=2026-01-05",
        "event_id=plan/WS2026010500001/1 loan_no=WS2026010500001",
    ],
    ("trial.xml", "trial_repayment"): [
        "event_id=trial/WS2026010500001/2026-01-15 loan_no=WS2026010500001 on=2026-01-15 "
        "principal_fen=300000 interest_fen=708 fee_fen=0 penalty_fen=0",
    ],
}


@pytest.mark.parametrize(("name", "kind"), SAMPLES)
def test_a_sample_in_our_words(name: str, kind: str) -> None:
    words = {**MybankXmlConnector.notices, **MybankXmlConnector.answers}[kind]
    assert lines(words.read(sample("mybank_xml", name)).told()) == SAMPLES[name, kind]
