"""Two persons, silence that ends on its day, and claims that become lines between the same two parties."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.agreement import Base
from hub.domain.ledger import post_correction
from hub.domain.settlement import close
from hub.domain.settling import NotAllowed, change, correction, permit, silence_days, silent
from hub.domain.sharing import EventKind, LineKind, ShareLine, revenue, tally
from tests.hub.flows.terms import agreement

DAY = date(2026, 2, 5)
FEN = st.integers(-(10**9), 10**9)


def line(amount_fen: int = 6_000, party: str = "alpha", counterparty: str = "platform") -> ShareLine:
    return ShareLine(
        ref="loan_1:received:R1:1",
        agreement="alpha_deal@1",
        loan_id="loan_1",
        event=EventKind.RECEIVED,
        serial="R1",
        on=DAY,
        period=1,
        kind=LineKind.SHARE,
        clause="cost",
        party=party,
        counterparty=counterparty,
        base=Base.INTEREST,
        base_fen=18_000,
        amount_fen=amount_fen,
    )


def test_the_one_who_reviewed_does_not_approve() -> None:
    with pytest.raises(NotAllowed, match="ann reviewed it"):
        permit("approved", who="ann", reviewed_by="ann", disputes=0)
    permit("approved", who="bob", reviewed_by="ann", disputes=0)
    permit("confirmed", who="ann", reviewed_by="ann", disputes=0)


@pytest.mark.parametrize("event", ["confirmed", "approved"])
def test_nobody_confirms_or_approves_what_is_in_dispute(event: str) -> None:
    with pytest.raises(NotAllowed, match="2 disputes"):
        permit(event, who="bob", reviewed_by="ann", disputes=2)
    permit("returned", who="bob", reviewed_by="ann", disputes=2)


def test_silence_agrees_only_where_every_agreement_says_so_and_by_the_longest() -> None:
    never, ten, five = (agreement("alpha", silence_agrees_after_days=days) for days in (None, 10, 5))
    assert silence_days([ten, five]) == 10
    assert silence_days([ten, never]) is None
    assert silence_days([]) is None


@given(st.integers(1, 365), st.integers(0, 800))
def test_the_last_day_to_answer_still_counts(days: int, later: int) -> None:
    assert silent(DAY, days, DAY + timedelta(later)) == (later > days)
    assert not silent(DAY, None, DAY + timedelta(later))


@given(FEN.filter(bool), FEN, FEN, st.booleans())
def test_a_claim_that_is_granted_is_what_the_statement_then_says(
    amount: int, claimed: int, before: int, ours: bool
) -> None:
    """Read by either party: what the line owed, what was corrected, and the change come to the claim."""
    original = line(amount)
    reader, sign = ("alpha", 1) if ours else ("platform", -1)
    if claimed == sign * (amount + before):
        with pytest.raises(NotAllowed, match="says what is claimed"):
            change(original, reader, claimed, before)
        return
    wanted = change(original, reader, claimed, before)
    assert sign * (original.owed_fen + before + wanted) == claimed


def test_a_line_that_leaves_nothing_owed_cannot_be_disputed() -> None:
    for kept in (line(party="platform"), line(0)):
        with pytest.raises(NotAllowed, match="leaves nothing owed"):
            change(kept, "platform", 1, 0)


@given(FEN.filter(bool))
def test_a_correction_is_between_the_same_two_and_counts_in_no_measure(fen: int) -> None:
    original = line()
    made = correction(original, fen, serial="dis_1", on=date(2026, 3, 4))
    assert (made.mirrors, made.kind, made.base) == (original.ref, LineKind.CORRECTION, Base.GIVEN)
    assert (made.party, made.counterparty, made.agreement) == ("alpha", "platform", "alpha_deal@1")
    assert made.ref != original.ref
    assert ShareLine.from_json(made.to_json()) == made
    assert sum(posting.amount_fen for posting in post_correction(made).postings) == 0
    assert revenue([made]) == {"alpha": fen, "platform": -fen}
    empty = tally([], DAY)
    counted = tally([made], DAY)
    assert (counted.measured, counted.given, counted.given_back) == (empty.measured, {}, {})
    settled = close("2026-03", [made])
    assert {p.party: p.net_fen for p in settled.positions} == {"alpha": fen, "platform": -fen}
