"""Movements of money that is held: each leaves an entry that balances, and undoes what it is to undo."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.ledger import trial_balance
from hub.domain.orders import MOST_PAYOUTS, Step, entry, tries_again

WAYS = [
    (Step.PROVIDED, Step.PAID_OUT),
    (Step.PROVIDED, Step.PAID_OUT, Step.PAYOUT_RETURNED, Step.PAID_OUT),
    (Step.PROVIDED, Step.WITHDRAWN),
    (Step.PROVIDED, Step.PAID_OUT, Step.COLLECTED, Step.CREDITED),
    (Step.PROVIDED, Step.PAID_OUT, Step.PAYOUT_RETURNED, Step.WITHDRAWN),
]


@pytest.mark.parametrize("way", WAYS)
@given(amount_fen=st.integers(1, 10**12))
def test_what_is_provided_is_gone_when_it_has_reached_its_end(way: tuple[Step, ...], amount_fen: int) -> None:
    on = date(2026, 1, 5)
    made = [
        entry(step, amount_fen, holder="pay", funder="bank", loan_id="l", serial="s", on=on) for step in way
    ]
    balance = trial_balance(posting for one in made for posting in one.postings)
    assert balance.debit_fen == amount_fen * len(way)
    assert {row.balance_fen for row in balance.rows} == {0}
    assert {row.party for row in balance.rows if row.account.code == "custody"} == {"pay"}


def test_a_person_decides_after_the_last_try() -> None:
    assert [tries_again(tries) is None for tries in range(1, MOST_PAYOUTS + 1)] == [False, False, True]
