"""Samples of the gateway's answers and notifications, in our words."""

from __future__ import annotations

import pytest

from connectors.digest_form import wire
from connectors.port import Unreadable
from connectors.words import Telling
from tests.connectors.samples import lines, sample

WORDS: dict[str, type[Telling]] = {
    "credit_approved": wire.Credit,
    "credit_declined": wire.Credit,
    "credit_notice": wire.CreditNotice,
    "drawdown_disbursed": wire.Loan,
    "movements": wire.Rows,
}
SAMPLES = {
    "credit_approved": [
        "event_id=credit/att_0001/approved occurred_at=2026-01-05T02:01:00Z subject=att_0001 "
        "outcome=approved credit_no=UC2026010500001 limit_fen=1500000 annual_rate=0.0850 "
        "valid_until=2026-02-04"
    ],
    "credit_declined": [
        "event_id=credit/att_0002/declined subject=att_0002 outcome=declined reason_code=R07 "
        "reason=综合评分不足 retry_after_days=30"
    ],
    # The notification says that it is approved, and for how much; it is only worth a question.
    "credit_notice": ["event_id=hint/credit/att_0001 subject=att_0001 about=credit"],
    "drawdown_disbursed": [
        "event_id=drawdown/draw_0001/disbursed occurred_at=2026-01-05T02:03:00Z subject=draw_0001 "
        "outcome=disbursed loan_no=UL2026010500001 amount_fen=300000 disbursed_on=2026-01-05",
        "event_id=plan/UL2026010500001/1 loan_no=UL2026010500001",
    ],
    "movements": [
        "event_id=repayment/Q0001 occurred_at=2026-02-05T04:00:00Z loan_no=UL2026010500001 serial=Q0001 "
        "how=normal period=1 paid_on=2026-02-05 principal_fen=150000 interest_fen=2125 "
        "fee_fen=0 penalty_fen=0",
        "event_id=refund/Q0002 occurred_at=2026-02-05T05:00:00Z loan_no=UL2026010500002 serial=Q0002 "
        "what=disbursement paid_on=2026-02-05 principal_fen=500000 interest_fen=0 fee_fen=0 penalty_fen=0",
    ],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_in_our_words(name: str) -> None:
    assert lines(WORDS[name].read(sample("digest_form", f"{name}.json")).told()) == SAMPLES[name]


def test_a_list_that_is_no_list_is_unreadable() -> None:
    payload = sample("digest_form", "movements.json").replace(b'"[{', b'"{{')
    with pytest.raises(Unreadable, match="batchInfo"):
        wire.Rows.read(payload)
