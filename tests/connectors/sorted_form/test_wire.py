"""Samples of the bank's notifications, in our words."""

from __future__ import annotations

import pytest

from connectors.port import Unreadable
from connectors.sorted_form import wire
from connectors.sorted_form.connector import SortedFormConnector
from tests.connectors.samples import lines, sample

SAMPLES = {
    "credit_approved": [
        "event_id=credit/att_0001/approved occurred_at=2026-01-05T02:01:00Z "
        "extra={'branch_no': '0302', 'channel': 'OPENAPI'} subject=att_0001 outcome=approved "
        "credit_no=SX202601050000001 limit_fen=2000000 annual_rate=0.0850 valid_until=2026-02-04"
    ],
    "credit_declined": [
        "event_id=credit/att_0002/declined occurred_at=2026-01-05T02:01:30Z subject=att_0002 "
        "outcome=declined "
        "reason_code=R017 reason=综合评分不足 retry_after_days=30"
    ],
    "drawdown_disbursed": [
        "event_id=drawdown/draw_0001/disbursed occurred_at=2026-01-05T15:59:59Z "
        "extra={'contract_no': 'HT0001'} subject=draw_0001 outcome=disbursed loan_no=JJ202601050000001 "
        "amount_fen=300000 disbursed_on=2026-01-05",
        "event_id=plan/JJ202601050000001/1 loan_no=JJ202601050000001",
    ],
    "drawdown_failed": [
        "event_id=drawdown/draw_0002/failed occurred_at=2026-01-05T02:03:00Z subject=draw_0002 "
        "outcome=failed "
        "reason_code=E_ACCT reason=收款账户异常"
    ],
    "repayment": [
        "event_id=repayment/HK0001 occurred_at=2026-02-05T04:00:00Z loan_no=JJ202601050000001 serial=HK0001 "
        "how=normal period=1 paid_on=2026-02-05 principal_fen=99669 interest_fen=1500 "
        "fee_fen=0 penalty_fen=0",
        "event_id=repayment/HK0002 occurred_at=2026-02-14T16:00:01Z loan_no=JJ202601050000002 serial=HK0002 "
        "how=early paid_on=2026-02-15 principal_fen=800000 interest_fen=1888 fee_fen=8000 penalty_fen=0",
        "event_id=unclear/repayment/JJ202601050000003/HK0003/88 subject=JJ202601050000003 "
        "code=HK0003/88 message=",
    ],
    "compensation": [
        "event_id=compensation/DC0001 occurred_at=2026-02-20T04:00:00Z "
        "loan_no=JJ202601050000004 serial=DC0001 "
        "period=1 paid_on=2026-02-20 principal_fen=99669 interest_fen=1500 penalty_fen=190"
    ],
    "refund": [
        "event_id=refund/TK0001 occurred_at=2026-02-07T04:00:00Z loan_no=JJ202601050000001 serial=TK0001 "
        "what=repayment original_serial=HK0001 paid_on=2026-02-07 principal_fen=99669 interest_fen=1500 "
        "fee_fen=0 penalty_fen=0",
        "event_id=refund/TK0002 occurred_at=2026-01-08T04:00:00Z loan_no=JJ202601050000005 serial=TK0002 "
        "what=disbursement paid_on=2026-01-08 principal_fen=500000 interest_fen=0 fee_fen=0 penalty_fen=0",
    ],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_in_our_words(name: str) -> None:
    words = SortedFormConnector.notices[name.partition("_")[0]]
    assert lines(words.read(sample("sorted_form", f"{name}.json")).told()) == SAMPLES[name]


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        (b'"20000.00"', b"20000.00", "credit_limit"),  # a bare number has been a float on its way
        (b'"20000.00"', b'"20,000.00"', "credit_limit"),
        (b'"20000.00"', b'"20000.005"', "credit_limit"),
        (b'"20000.00"', b'"-20000.00"', "limit_fen"),
        (b'"0.0850"', b'"8.5%"', "year_rate"),
        (b'"2026-02-04"', b'"2026-02-30"', "valid_date"),
        (b'"2026-01-05 10:01:00"', b'"2026-01-05T10:01:00"', "decide_time"),
        (b'"SX202601050000001"', b"null", "message"),  # an approval without a number
        (b'"apply_status"', b'"applystatus"', "apply_status"),
    ],
)
def test_what_makes_no_sense_is_unreadable_and_not_repeated(was: bytes, becomes: bytes, field: str) -> None:
    payload = sample("sorted_form", "credit_approved.json").replace(was, becomes)
    with pytest.raises(Unreadable) as caught:
        wire.Credit.read(payload).told()
    assert caught.value.reason.startswith(field)
    assert becomes.decode().strip('"') not in caught.value.reason


@pytest.mark.parametrize("status", ["02", "", "3", "SUCCESS", "99"])
def test_an_unknown_status_is_neither_yes_nor_no(status: str) -> None:
    payload = sample("sorted_form", "credit_approved.json").replace(b'"03"', f'"{status}"'.encode())
    (fact,) = wire.Credit.read(payload).told()
    assert fact.kind == "unclear"
