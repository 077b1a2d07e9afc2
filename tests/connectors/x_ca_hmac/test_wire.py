"""Samples of the platform's answers and callbacks, in our words."""

from __future__ import annotations

import json

import pytest

from connectors.codes import Meaning
from connectors.conformance.rig import application
from connectors.port import Unreadable
from connectors.words import Telling
from connectors.x_ca_hmac import wire
from tests.connectors.samples import lines, sample

WORDS: dict[str, type[Telling]] = {
    "credit_notice": wire.CreditSign,
    "credit_approved": wire.BOOK.answers["query_credit"],
    "drawdown_notice": wire.Loan,
    "movements": wire.BOOK.answers["query_movements"],
    "movements_none": wire.BOOK.answers["query_movements"],
}
SAMPLES = {
    # Nobody signed it: the limit and the rate in it are not even looked at.
    "credit_notice": ["event_id=hint/credit/att_0001 subject=att_0001 about=credit"],
    "credit_approved": [
        "event_id=credit/att_0001/approved occurred_at=2026-01-05T02:01:00Z "
        "extra={'finalTenureAppr': '12'} subject=att_0001 outcome=approved credit_no=XC2026010500001 "
        "limit_fen=2000000 annual_rate=0.0850 valid_until=2026-02-04"
    ],
    "drawdown_notice": [
        "event_id=drawdown/draw_0001/disbursed occurred_at=2026-01-05T02:03:00Z "
        "extra={'mtCurCd': 'CNY', 'trxnNo': '000007'} subject=draw_0001 outcome=disbursed "
        "loan_no=XL2026010500001 amount_fen=300000 disbursed_on=2026-01-05",
        "event_id=plan/XL2026010500001/1 loan_no=XL2026010500001",
    ],
    # Two transactions of one day and one number: the contract tells them apart, the day from its original.
    "movements": [
        "event_id=repayment/XL2026010500001/20260207/000001 loan_no=XL2026010500001 "
        "serial=XL2026010500001/20260207/000001 how=overdue period=1 paid_on=2026-02-07 "
        "principal_fen=150000 interest_fen=2125 fee_fen=0 penalty_fen=71",
        "event_id=refund/XL2026010500002/20260207/000001 loan_no=XL2026010500002 "
        "serial=XL2026010500002/20260207/000001 what=repayment "
        "original_serial=XL2026010500002/20260205/000001 paid_on=2026-02-07 principal_fen=150000 "
        "interest_fen=2125 fee_fen=0 penalty_fen=0",
    ],
    "movements_none": [],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_in_our_words(name: str) -> None:
    assert lines(WORDS[name].read(sample("x_ca_hmac", f"{name}.json")).told()) == SAMPLES[name]


@pytest.mark.parametrize("limit", ['"20000.001"', "20000.00", '"10000000.00"', '"-1.00"', '"1e4"'])
def test_an_amount_of_another_size_or_kind_is_unreadable(limit: str) -> None:
    payload = sample("x_ca_hmac", "credit_approved.json").replace(b'"20000.00"', limit.encode())
    with pytest.raises(Unreadable, match="finalLimit"):
        WORDS["credit_approved"].read(payload)


def test_what_the_platform_would_round_is_not_sent() -> None:
    ask = application(1)
    written = json.loads(wire.Apply.of(ask, {}).to_bytes())
    assert (written["appLimit"], written["intRate"]) == ("10000.01", "0.0850")
    for change in ({"amount_fen": 10**9}, {"annual_rate": ask.annual_rate / 3}):
        with pytest.raises(Unreadable):
            wire.Apply.of(ask.model_copy(update=change), {})


def test_a_plan_that_fills_its_page_may_have_been_cut() -> None:
    notice = json.loads(sample("x_ca_hmac", "drawdown_notice.json"))
    notice["rpySchedule"] = [{**notice["rpySchedule"][0], "termNo": str(n)} for n in range(1, 51)]
    told = wire.Loan.read(json.dumps(notice).encode()).told()
    assert [fact.kind for fact in told] == ["drawdown"]


def test_an_application_that_is_open_there_is_refused_for_now() -> None:
    line = wire.CODES["submit"].line("40902")
    assert (line.means, line.retry_after_days) == (Meaning.DECLINED, 1)
    assert line.reason == "already open at this partner"
