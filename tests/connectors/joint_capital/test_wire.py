"""Samples of the joint lender's messages, in our words."""

from __future__ import annotations

import pytest

from connectors.joint_capital.connector import JointCapitalConnector
from connectors.port import Unreadable
from tests.connectors.samples import lines, sample

SAMPLES = {
    ("drawdown_disbursed.json", "drawdown"): [
        "event_id=drawdown/draw_0001/disbursed occurred_at=2026-01-05T02:03:00Z extra={'capitalMode': "
        "'2'} subject=draw_0001 outcome=disbursed loan_no=XL2026010500001 amount_fen=1000001 "
        "disbursed_on=2026-01-05 capital=[{'party': 'CFC', 'rate': '0.70', 'leads': True}, {'party': "
        "'BANK', 'rate': '0.30', 'leads': False}]",
        "event_id=plan/XL2026010500001/1 loan_no=XL2026010500001",
    ],
    ("limit.json", "query_limit"): [
        "event_id=limit/XC0001/frozen/2000000/0 credit_no=XC0001 state=frozen total_fen=2000000 "
        "available_fen=0 valid_until=2026-02-04",
    ],
}


@pytest.mark.parametrize(("name", "kind"), SAMPLES)
def test_a_sample_in_our_words(name: str, kind: str) -> None:
    words = {**JointCapitalConnector.notices, **JointCapitalConnector.answers}[kind]
    assert lines(words.read(sample("joint_capital", name)).told()) == SAMPLES[name, kind]


def test_shares_that_are_not_the_whole_are_unreadable() -> None:
    payload = sample("joint_capital", "drawdown_disbursed.json").replace(b'"30.00"', b'"29.00"')
    with pytest.raises(Unreadable):
        JointCapitalConnector.notices["drawdown"].read(payload).told()
