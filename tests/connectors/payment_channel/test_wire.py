"""Samples of the channel's messages, in our words."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from connectors.payment_channel.connector import PaymentChannelConnector
from connectors.port import Partner
from signing.keystore import new_pair
from tests.connectors.samples import lines, sample

NOW = datetime(2026, 1, 6, tzinfo=UTC)
SAMPLES = {
    ("order_failed.json", "order"): [
        "event_id=order/deb_0001/failed occurred_at=2026-01-05T02:00:30Z subject=deb_0001 "
        "outcome=failed reason_code=BF00331 reason=卡号***************0128余额不足",
    ],
}


@pytest.mark.parametrize(("name", "kind"), SAMPLES)
def test_a_sample_in_our_words(name: str, kind: str) -> None:
    words = {**PaymentChannelConnector.notices, **PaymentChannelConnector.answers}[kind]
    assert lines(words.read(sample("payment_channel", name)).told()) == SAMPLES[name, kind]


def test_the_orders_of_a_day_in_our_words() -> None:
    name = "settle_20260105.csv"
    keys = new_pair("channel", now=NOW, random=Random(7).randbytes, shared_bytes=16)[0]
    connector = PaymentChannelConnector(Partner("channel", keys))
    told = connector.read_file(name, sample("payment_channel", name), now=NOW)
    assert lines(told) == [
        "event_id=order/deb_0002/done subject=deb_0002 outcome=done serial=CH0002 amount_fen=10001 "
        "done_on=2026-01-05",
        "event_id=order/deb_0003/failed subject=deb_0003 outcome=failed reason_code=BF00331 reason=余额不足",
        "event_id=order/pay_0001/returned subject=pay_0001 outcome=returned serial=CH0003 amount_fen=500098",
    ]
