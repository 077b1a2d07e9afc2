"""Samples of the bank's answers, in our words."""

from __future__ import annotations

import pytest

from connectors.cmb_sm import wire
from connectors.port import Unreadable
from tests.connectors.samples import lines, sample

KINDS = {"credit": "query_credit", "drawdown": "query_drawdown", "movements": "query_movements"}
SAMPLES = {
    "credit_approved": [
        "event_id=credit/att_0001/approved occurred_at=2026-01-05T02:01:00Z subject=att_0001 "
        "outcome=approved credit_no=MC2026010500001 limit_fen=2000000 annual_rate=0.0850 "
        "valid_until=2026-02-04"
    ],
    "drawdown_disbursed": [
        "event_id=drawdown/draw_0001/disbursed occurred_at=2026-01-05T02:03:00Z subject=draw_0001 "
        "outcome=disbursed loan_no=ML2026010500001 amount_fen=300000 disbursed_on=2026-01-05",
        "event_id=plan/ML2026010500001/1 loan_no=ML2026010500001",
    ],
    # 退票: it was paid out, and that it came back is an event of its own.
    "drawdown_returned": [
        "event_id=drawdown/draw_0002/disbursed occurred_at=2026-01-05T02:03:00Z subject=draw_0002 "
        "outcome=disbursed loan_no=ML2026010500002 amount_fen=500000 disbursed_on=2026-01-05 "
        "reason=账号户名不符",
        "event_id=refund/RB0001 occurred_at=2026-01-08T04:00:00Z loan_no=ML2026010500002 serial=RB0001 "
        "what=disbursement paid_on=2026-01-08 principal_fen=500000 interest_fen=0 fee_fen=0 penalty_fen=0",
    ],
    "drawdown_rejected": [
        "event_id=drawdown/draw_0003/failed subject=draw_0003 outcome=failed reason=审批否决"
    ],
    "movements": [
        "event_id=repayment/RP0001 occurred_at=2026-02-05T04:00:00Z loan_no=ML2026010500001 serial=RP0001 "
        "how=normal period=1 paid_on=2026-02-05 principal_fen=150000 interest_fen=2125 "
        "fee_fen=0 penalty_fen=0",
        "event_id=compensation/ML2026010500003/2/20260205 occurred_at=2026-02-05T04:00:00Z "
        "loan_no=ML2026010500003 serial=ML2026010500003/2/20260205 period=2 paid_on=2026-02-05 "
        "principal_fen=10001 interest_fen=250 penalty_fen=13",
    ],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_in_our_words(name: str) -> None:
    words = wire.BOOK.answers[KINDS[name.partition("_")[0]]]
    assert lines(words.read(sample("cmb_sm", f"{name}.json")).told()) == SAMPLES[name]


def test_a_return_without_its_number_is_unreadable() -> None:
    payload = sample("cmb_sm", "drawdown_returned.json").replace(b'"rtnser": "RB0001",', b"")
    with pytest.raises(Unreadable, match="returned transfer"):
        wire.BOOK.answers["query_drawdown"].read(payload).told()


@pytest.mark.parametrize(
    ("head", "records", "result"),
    [
        ("SUC0000", b'[{"errcod":"SUC0000"}]', ("SUC0000", "")),
        ("SUC0000", b'[{"errcod":"SUC0000"},{"errcod":"DCX0102","errtxt":"no"}]', ("DCX0102", "no")),
        ("SUC0000", b"[{}]", ("", "")),
        ("SUC0000", b"[]", ("NORECORD", "")),
        ("SYS9998", b'[{"errcod":"SUC0000"}]', ("SYS9998", "busy")),
    ],
)
def test_the_head_says_only_that_it_was_taken(head: str, records: bytes, result: tuple[str, str]) -> None:
    payload = (
        b'{"head":{"funcode":"X","userid":"N","reqid":"1","resultcode":"%s","resultmsg":"busy"},'
        b'"body":{"records":%s}}' % (head.encode(), records)
    )
    assert wire.Outline.read(payload).result() == result
