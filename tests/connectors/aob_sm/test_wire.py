"""Samples of the city bank's notices, in our words."""

from __future__ import annotations

import pytest

from connectors.aob_sm.connector import AobSmConnector
from tests.connectors.samples import lines, sample

SAMPLES = {
    "credit_approved": [
        "event_id=credit/att_0001/approved occurred_at=2026-01-05T02:01:00Z extra={'riskLevel': 'A3'} "
        "subject=att_0001 outcome=approved credit_no=AC2026010500001 limit_fen=2000000 annual_rate=0.0850 "
        "valid_until=2026-02-04"
    ],
    "credit_declined": [
        "event_id=credit/att_0002/declined subject=att_0002 outcome=declined reason_code=R07 "
        "reason=综合评分不足 retry_after_days=30"
    ],
    "drawdown_disbursed": [
        "event_id=drawdown/draw_0001/disbursed occurred_at=2026-01-05T02:03:00Z subject=draw_0001 "
        "outcome=disbursed loan_no=AL2026010500001 amount_fen=300000 disbursed_on=2026-01-05",
        "event_id=plan/AL2026010500001/1 loan_no=AL2026010500001",
    ],
    "repayment": [
        "event_id=repayment/RP0001 occurred_at=2026-02-05T04:00:00Z loan_no=AL2026010500001 serial=RP0001 "
        "how=normal period=1 paid_on=2026-02-05 principal_fen=150000 interest_fen=2125 "
        "fee_fen=0 penalty_fen=0",
        "event_id=unclear/repayment/AL2026010500002/RP0002/99 subject=AL2026010500002 "
        "code=RP0002/99 message=",
        "event_id=refund/RF0001 occurred_at=2026-02-07T04:00:00Z loan_no=AL2026010500001 serial=RF0001 "
        "what=repayment original_serial=RP0001 paid_on=2026-02-07 principal_fen=150000 interest_fen=2125 "
        "fee_fen=0 penalty_fen=0",
        "event_id=compensation/CP0001 occurred_at=2026-02-20T04:00:00Z loan_no=AL2026010500003 "
        "serial=CP0001 period=2 paid_on=2026-02-20 principal_fen=10001 interest_fen=250 penalty_fen=13",
    ],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_in_our_words(name: str) -> None:
    words = AobSmConnector.notices[name.partition("_")[0]]
    assert lines(words.read(sample("aob_sm", f"{name}.json")).told()) == SAMPLES[name]
