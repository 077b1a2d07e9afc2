"""Samples of the platform's documents, in our words."""

from __future__ import annotations

import pytest

from connectors.ant_xml.connector import AntXmlConnector
from connectors.port import Unreadable
from tests.connectors.samples import lines, sample

SAMPLES = {
    ("credit_approved.xml", "credit"): [
        "event_id=credit/att_0001/approved occurred_at=2026-01-05T02:01:00Z extra={'lmtType': "
        "'ADMIT'} subject=att_0001 outcome=approved credit_no=JB2026010500001 limit_fen=2000000 "
        "annual_rate=0.0850 valid_until=2026-02-04",
    ],
    ("credit_declined.xml", "credit"): [
        "event_id=credit/att_0002/declined subject=att_0002 outcome=declined reason_code=R017 "
        "reason=综合评分不足 & 多头 retry_after_days=30",
    ],
    ("repayment.xml", "repayment"): [
        "event_id=repayment/HK0001 occurred_at=2026-02-05T04:00:00Z loan_no=JL0001 serial=HK0001 "
        "how=normal period=1 paid_on=2026-02-05 principal_fen=99669 interest_fen=1500 fee_fen=0 "
        "penalty_fen=0",
        "event_id=unclear/repayment/JL0002/HK0002/WRITEOFF subject=JL0002 code=HK0002/WRITEOFF message=",
    ],
}


@pytest.mark.parametrize(("name", "kind"), SAMPLES)
def test_a_sample_in_our_words(name: str, kind: str) -> None:
    words = {**AntXmlConnector.notices, **AntXmlConnector.answers}[kind]
    assert lines(words.read(sample("ant_xml", name)).told()) == SAMPLES[name, kind]


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"2000000", b"20000.00"),
        (b"2000000", b"-1"),
        (b"20260204", b"2026-02-04"),
        (b"<applyStatus>S</applyStatus>", b""),
        (b"<applyStatus>S</applyStatus>", b"<applyStatus>F</applyStatus><applyStatus>S</applyStatus>"),
        (b"</body>", b"</body><body><applyNo>att_9</applyNo></body>"),
        (b"att_0001", b"<!-- -->att_0001"),
    ],
)
def test_what_makes_no_sense_is_unreadable(was: bytes, becomes: bytes) -> None:
    payload = sample("ant_xml", "credit_approved.xml").replace(was, becomes, 1)
    with pytest.raises(Unreadable):
        AntXmlConnector.notices["credit"].read(payload).told()
