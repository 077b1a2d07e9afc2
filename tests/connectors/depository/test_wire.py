"""Samples of the depository's messages, in our words."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from connectors.depository.connector import DepositoryConnector
from connectors.port import Partner
from signing.keystore import new_pair
from tests.connectors.samples import lines, sample

NOW = datetime(2026, 1, 6, tzinfo=UTC)
SAMPLES = {
    ("order_done.json", "order"): [
        "event_id=order/ord_0001/done occurred_at=2026-01-05T02:00:30Z extra={'feeAmt': '0.00'} "
        "subject=ord_0001 outcome=done serial=BK0001 amount_fen=100001 done_on=2026-01-05",
    ],
    ("order_returned.json", "order"): [
        "event_id=order/ord_0001/returned occurred_at=2026-01-06T02:00:30Z subject=ord_0001 "
        "outcome=returned serial=BK0001 amount_fen=100001",
    ],
}


@pytest.mark.parametrize(("name", "kind"), SAMPLES)
def test_a_sample_in_our_words(name: str, kind: str) -> None:
    words = {**DepositoryConnector.notices, **DepositoryConnector.answers}[kind]
    assert lines(words.read(sample("depository", name)).told()) == SAMPLES[name, kind]


def test_the_balances_of_a_day_in_our_words() -> None:
    name = "balance_20260105.txt"
    keys = new_pair("depository", now=NOW, random=Random(7).randbytes, shared_bytes=16)[0]
    connector = DepositoryConnector(Partner("depository", keys))
    told = connector.read_file(name, sample("depository", name), now=NOW)
    assert lines(told) == [
        "event_id=balance/6200001/2026-01-05 account_no=6200001 total_fen=100001 "
        "available_fen=90001 frozen_fen=10000 day=2026-01-05",
        "event_id=balance/6200002/2026-01-05 account_no=6200002 total_fen=50000 "
        "available_fen=50000 frozen_fen=0 day=2026-01-05",
    ]
