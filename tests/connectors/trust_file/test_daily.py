"""Samples of the trust's callbacks and daily files, in our words."""

from __future__ import annotations

import pytest

from connectors import daily
from connectors.port import Unreadable
from connectors.trust_file import wire
from contracts.messages import PlanTold
from tests.connectors.samples import lines, sample

FILES = {
    "20260105_01_loan.txt": [
        "event_id=drawdown/draw_0001/disbursed subject=draw_0001 outcome=disbursed loan_no=XD2026010500001 "
        "amount_fen=300000 disbursed_on=2026-01-05",
        "event_id=drawdown/draw_0002/failed subject=draw_0002 outcome=failed amount_fen=500000 reason_code=7 "
        "reason=收款账户异常",
    ],
    "20260105_02_plan.txt": ["event_id=plan/XD2026010500001/1 loan_no=XD2026010500001"],
    "20260205_03_repay.txt": [
        "event_id=repayment/HK0001 loan_no=XD2026010500001 serial=HK0001 how=normal period=1 "
        "paid_on=2026-02-05 principal_fen=98025 interest_fen=6000 fee_fen=0 penalty_fen=0",
        "event_id=repayment/HK0002 loan_no=XD2026010500002 serial=HK0002 how=early paid_on=2026-02-05 "
        "principal_fen=800000 interest_fen=1888 fee_fen=0 penalty_fen=0",
        "event_id=unclear/file/XD2026010500003/HK0003/8 subject=XD2026010500003 code=HK0003/8 message=",
    ],
    "20260207_05_refund.txt": [
        "event_id=refund/TK0001 loan_no=XD2026010500001 serial=TK0001 what=repayment original_serial=HK0001 "
        "paid_on=2026-02-07 principal_fen=98025 interest_fen=6000 fee_fen=0 penalty_fen=0",
        "event_id=refund/TK0002 loan_no=XD2026010500005 serial=TK0002 what=disbursement paid_on=2026-02-07 "
        "principal_fen=500000 interest_fen=0 fee_fen=0 penalty_fen=0",
    ],
    "20260220_04_compensation.txt": [
        "event_id=compensation/DC0001 loan_no=XD2026010500004 serial=DC0001 period=1 paid_on=2026-02-20 "
        "principal_fen=98025 interest_fen=6000 penalty_fen=190"
    ],
    "20260208_03_repay.txt": [],
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_in_our_words(name: str) -> None:
    assert lines(daily.read(wire.LAYOUTS, name, sample("trust_file", name))) == FILES[name]


def test_the_terms_of_a_plan_belong_together() -> None:
    (fact,) = daily.read(wire.LAYOUTS, "20260105_02_plan.txt", sample("trust_file", "20260105_02_plan.txt"))
    assert isinstance(fact, PlanTold)
    assert [(term.period, term.principal_fen) for term in fact.terms] == [(1, 98025), (2, 99986), (3, 101989)]


def test_rates_are_percentages_and_amounts_yuan_in_the_interface() -> None:
    (fact,) = wire.Credit.read(sample("trust_file", "credit_approved.json")).told()
    assert lines((fact,)) == [
        "event_id=credit/att_0001/approved occurred_at=2026-01-05T02:05:00Z "
        "extra={'trustPlan': 'XT-2026-07'} "
        "subject=att_0001 outcome=approved credit_no=XT2026010500001 limit_fen=2000000 annual_rate=0.24 "
        "valid_until=2026-02-04"
    ]


@pytest.mark.parametrize(
    ("name", "was", "becomes", "why"),
    [
        ("20260206_03_repay.txt", b"", b"", "the day in the header"),
        ("20260205_9_repay.txt", b"", b"", "no layout"),
        ("20260205_03_repay.txt.bak", b"", b"", "no layout"),
        ("20260205_03_repay.txt", b"20260205|3|", b"20260205|2|", "the file announces 2 lines"),
        ("20260205_03_repay.txt", b"|98025|", b"|98026|", "the file's total"),
        ("20260205_03_repay.txt", b"|98025|", b"|980.25|", "line 2, column principal_fen"),
        ("20260205_03_repay.txt", b"|98025|", b"||", "line 2, column principal_fen"),
        ("20260205_03_repay.txt", b"HK0001|", b"HK|0001|", "line 2: 9 columns"),
        ("20260205_03_repay.txt", b"|1|20260205|98025", b"|0|20260205|98025", "row 1: period"),
    ],
)
def test_a_file_that_makes_no_sense_is_unreadable(name: str, was: bytes, becomes: bytes, why: str) -> None:
    content = sample("trust_file", "20260205_03_repay.txt").replace(was, becomes)
    with pytest.raises(Unreadable) as caught:
        daily.read(wire.LAYOUTS, name, content)
    assert caught.value.reason.startswith(why)
