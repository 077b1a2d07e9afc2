"""Samples of the consumer-finance company's notices, in our words."""

from __future__ import annotations

import pytest

from connectors.envelope_json import wire
from connectors.envelope_json.connector import EnvelopeJsonConnector
from connectors.port import Unreadable
from tests.connectors.samples import lines, sample

SAMPLES = {
    "credit_approved": [
        "event_id=credit/att_0001/approved occurred_at=2026-01-05T02:01:00Z extra={'riskLevel': 'A3'} "
        "subject=att_0001 outcome=approved credit_no=CR2026010500001 limit_fen=2000000 annual_rate=0.0850 "
        "valid_until=2026-02-04"
    ],
    "credit_declined": [
        "event_id=credit/att_0002/declined occurred_at=2026-01-05T02:01:30Z subject=att_0002 "
        "outcome=declined "
        "reason_code=RC09 reason=综合评分不足 retry_after_days=90"
    ],
    "drawdown_disbursed": [
        "event_id=drawdown/draw_0001/disbursed occurred_at=2026-01-05T02:03:00Z extra={'capitalMode': '2'} "
        "subject=draw_0001 outcome=disbursed loan_no=LN2026010500001 amount_fen=300000 "
        "disbursed_on=2026-01-05"
    ],
    "plan": ["event_id=plan/LN2026010500001/1 loan_no=LN2026010500001"],
    "repayment": [
        "event_id=repayment/RP0001 occurred_at=2026-02-05T04:00:00Z loan_no=LN2026010500001 serial=RP0001 "
        "how=normal period=1 paid_on=2026-02-05 principal_fen=99669 interest_fen=1500 "
        "fee_fen=0 penalty_fen=0",
        "event_id=repayment/RP0002 loan_no=LN2026010500002 serial=RP0002 how=early paid_on=2026-02-15 "
        "principal_fen=800000 interest_fen=1888 fee_fen=8000 penalty_fen=0",
        "event_id=unclear/repayment/LN2026010500003/RP0003/99 subject=LN2026010500003 "
        "code=RP0003/99 message=",
    ],
    "compensation": [
        "event_id=compensation/CP0001 loan_no=LN2026010500004 serial=CP0001 period=1 paid_on=2026-02-20 "
        "principal_fen=99669 interest_fen=1500 penalty_fen=190"
    ],
    "refund": [
        "event_id=refund/RF0001 loan_no=LN2026010500001 serial=RF0001 what=repayment original_serial=RP0001 "
        "paid_on=2026-02-07 principal_fen=99669 interest_fen=1500 fee_fen=0 penalty_fen=0",
        "event_id=refund/RF0002 loan_no=LN2026010500005 serial=RF0002 what=disbursement paid_on=2026-01-08 "
        "principal_fen=500000 interest_fen=0 fee_fen=0 penalty_fen=0",
    ],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_in_our_words(name: str) -> None:
    words = EnvelopeJsonConnector.notices[name.partition("_")[0]]
    assert lines(words.read(sample("envelope_json", f"{name}.json")).told()) == SAMPLES[name]


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        (b"2000000", b"2000000.0", "creditAmt"),
        (b"2000000", b'"2000000"', "creditAmt"),
        (b"2000000", b"-1", "creditAmt"),
        (b"2000000", b"true", "creditAmt"),
        (b'"20260204"', b'"2026-02-04"', "expireDate"),
        (b"1767578460000", b"1767578460", "approveTime"),  # seconds for milliseconds: the year 1970
        (b"1767578460000", b'"2026-01-05T02:01:00Z"', "approveTime"),
    ],
)
def test_what_makes_no_sense_is_unreadable(was: bytes, becomes: bytes, field: str) -> None:
    payload = sample("envelope_json", "credit_approved.json").replace(was, becomes)
    with pytest.raises(Unreadable) as caught:
        wire.Credit.read(payload)
    assert caught.value.reason.startswith(field)
