"""Where a loan stands does not depend on the order its movements were told in, and no fen goes astray."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.standing import (
    Movement,
    NotAllLeft,
    NotCompensated,
    Overpaid,
    Standing,
    Term,
    TermState,
    opening_fen,
    standing,
)

DAY = date(2026, 2, 5)
AMOUNTS = st.integers(1, 1_000_000)
EXTRAS = st.integers(0, 10_000)


def plan_of(*principals: int, interest_fen: int = 10, fee_fen: int = 0) -> list[Term]:
    return [
        Term(period, DAY + timedelta(days=30 * period), principal, interest_fen, fee_fen)
        for period, principal in enumerate(principals, 1)
    ]


def repaid(
    serial: str, period: int | None, principal_fen: int, interest_fen: int = 0, **more: int
) -> Movement:
    return Movement("repayment", serial, period, principal_fen, interest_fen, how="normal", **more)


def refund(serial: str, of: Movement, **changes: int) -> Movement:
    return replace(of, kind="refund", serial=serial, original_serial=of.serial, how=None, **changes)


def states(found: Standing) -> str:
    return " ".join(term.state for term in found.terms)


@dataclass
class Story:
    """A plan, movements that can all be true, and chance to shuffle them."""

    plan: list[Term]
    movements: list[Movement]
    chance: Random


def extras_of(draw: st.DrawFn) -> dict[str, int]:
    return {"interest_fen": draw(EXTRAS), "penalty_fen": draw(EXTRAS)}


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Repayments, compensations, recoveries, refunds, waivers, and a buy-back of the rest; never too much."""
    plan = plan_of(*draw(st.lists(AMOUNTS, min_size=1, max_size=5)), interest_fen=7, fee_fen=3)
    left, compensated, movements = sum(t.principal_fen for t in plan), 0, list[Movement]()
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(["repayment", "open", "compensation", "recovery", "refund", "waiver"]))
        serial, period = f"{draw(st.integers(0, 99))}-{number}", draw(st.integers(1, len(plan)))
        extras = dict(
            zip(("interest_fen", "fee_fen", "penalty_fen"), draw(st.tuples(*[EXTRAS] * 3)), strict=True)
        )
        if kind in ("repayment", "open"):
            part = draw(st.integers(0, left))
            left -= part
            movements.append(repaid(serial, period if kind == "repayment" else None, part, **extras))
        elif kind == "compensation":
            part = draw(st.integers(0, left))
            left -= part
            compensated += part
            movements.append(Movement("compensation", serial, period, part, extras["interest_fen"]))
        elif kind == "waiver":
            of_term = draw(st.sampled_from([period, None]))
            movements.append(Movement("waiver", serial, of_term, 0, **extras))
        elif kind == "recovery":
            part = draw(st.integers(0, compensated))
            compensated -= part
            movements.append(replace(repaid(serial, period, part, **extras), how="after_compensation"))
        elif originals := [m for m in movements if m.kind == "repayment" and m.how == "normal"]:
            of = draw(st.sampled_from(originals))
            if any(m.original_serial == of.serial for m in movements):
                continue
            part = draw(st.integers(0, of.principal_fen))
            left += part
            movements.append(refund(serial, of, principal_fen=part, interest_fen=of.interest_fen // 2))
    if draw(st.booleans()):
        movements.append(Movement("buy_back", "B", None, left, **extras_of(draw)))
        if part := draw(st.integers(0, left)):
            movements.append(replace(repaid("after", None, part), how="after_compensation"))
    return Story(plan, movements, Random(draw(st.integers(0, 2**16))))


@given(stories())
def test_the_order_of_movements_never_matters(story: Story) -> None:
    expected = standing(story.plan, story.movements)
    for _ in range(5):
        shuffled = list(story.movements)
        story.chance.shuffle(shuffled)
        assert standing(story.plan, shuffled) == expected


@given(stories())
def test_what_is_out_and_what_came_back_make_up_the_principal(story: Story) -> None:
    found = standing(story.plan, story.movements)
    paid = sum(term.paid_principal_fen for term in found.terms)
    assert found.outstanding_fen + paid == sum(term.principal_fen for term in story.plan)
    assert found.outstanding_fen >= 0


@given(stories())
def test_every_fen_of_interest_fee_and_penalty_is_on_some_term(story: Story) -> None:
    found = standing(story.plan, story.movements)
    counted = [m for m in story.movements if m.how != "after_compensation"]
    for name in ("interest_fen", "fee_fen", "penalty_fen"):
        moved = sum(
            getattr(m, name) * (-1 if m.kind == "refund" else 1) for m in counted if m.kind != "waiver"
        )
        assert sum(getattr(term, f"paid_{name}") for term in found.terms) == moved
        forgiven = sum(getattr(m, name) for m in counted if m.kind == "waiver")
        assert sum(getattr(term, f"waived_{name}") for term in found.terms) == forgiven


@given(stories(), st.integers(1, 9))
def test_a_waiver_moves_no_money(story: Story, fen: int) -> None:
    before = standing(story.plan, story.movements)
    after = standing(story.plan, [*story.movements, Movement("waiver", "w", None, 0, interest_fen=fen)])
    for name in ("outstanding_fen", "recoverable_fen", "compensated", "bought_back"):
        assert getattr(after, name) == getattr(before, name)
    paid = [
        sum(t.paid_principal_fen + t.paid_interest_fen + t.paid_fee_fen + t.paid_penalty_fen for t in s.terms)
        for s in (before, after)
    ]
    assert paid[0] == paid[1]


@given(stories())
def test_after_a_buy_back_nothing_is_out_and_nothing_is_due(story: Story) -> None:
    found = standing(story.plan, story.movements)
    assert found.bought_back == any(m.kind == "buy_back" for m in story.movements)
    if found.bought_back:
        assert found.outstanding_fen == 0
        assert not {"due", "partial"} & set(states(found).split())


@given(stories(), st.integers(0, 100))
def test_a_refund_of_all_undoes_a_repayment_exactly(story: Story, part: int) -> None:
    story.movements = [m for m in story.movements if m.kind != "buy_back" and m.serial != "after"]
    before = standing(story.plan, story.movements)
    extra = repaid("last", 1, before.outstanding_fen * part // 100, 5, fee_fen=4, penalty_fen=3)
    undone = [refund("back", extra), extra]
    assert standing(story.plan, [*undone, *story.movements]) == before


@given(stories())
def test_a_cancellation_clears_everything(story: Story) -> None:
    found = standing(story.plan, [*story.movements, Movement("cancellation", "c", None, 1)])
    assert found == standing(story.plan, [Movement("cancellation", "c", None, 1)])
    assert (found.outstanding_fen, found.recoverable_fen) == (0, 0)
    assert set(states(found).split()) == {TermState.CANCELLED}


# (what moved, the states of two terms of 100 + 10 interest, what is out)
CASES = [
    ([], "due due", 200),
    ([repaid("a", 1, 100, 10)], "paid due", 100),
    ([repaid("a", 1, 100, 9)], "partial due", 100),
    ([repaid("a", 1, 40)], "partial due", 160),
    ([repaid("a", 1, 0, 0, penalty_fen=1)], "partial due", 200),
    ([repaid("a", 1, 40), repaid("b", 1, 60, 10)], "paid due", 100),
    ([repaid("a", None, 200, 10)], "paid settled", 0),  # early settlement saves the second interest
    ([repaid("a", 1, 100, 10), repaid("b", None, 100)], "paid settled", 0),
    ([repaid("a", None, 150, 10)], "paid partial", 50),
    ([repaid("a", 2, 100, 10)], "due paid", 100),
    ([Movement("compensation", "c", 1, 100, 10)], "compensated due", 100),
    ([Movement("compensation", "c", 1, 100, 10), repaid("a", None, 100, 10)], "compensated paid", 0),
    ([repaid("a", 1, 100, 10), refund("r", repaid("a", 1, 100, 10))], "due due", 200),
    ([Movement("waiver", "w", 1, 0, 10)], "due due", 200),
    ([Movement("waiver", "w", 1, 0, 10), repaid("a", 1, 100)], "paid due", 100),
    ([Movement("waiver", "w", 1, 0, 9), repaid("a", 1, 100)], "partial due", 100),
    ([Movement("waiver", "w", None, 0, 20), repaid("a", 1, 100), repaid("b", 2, 100)], "paid paid", 0),
    ([Movement("waiver", "w", None, 0, 10), repaid("a", 1, 100, 10), repaid("b", 2, 100)], "paid paid", 0),
    ([Movement("buy_back", "b", None, 200, 10)], "compensated compensated", 0),
    ([repaid("a", 1, 100, 10), Movement("buy_back", "b", None, 100, 10)], "paid compensated", 0),
    (
        [Movement("compensation", "c", 1, 100, 10), Movement("buy_back", "b", None, 100)],
        "compensated " * 2,
        0,
    ),
    ([repaid("a", 1, 100, 10), refund("r", repaid("a", 1, 60, 0))], "partial due", 160),
]


@pytest.mark.parametrize(("moved", "expected", "out"), CASES)
def test_terms_stand_where_the_money_put_them(moved: list[Movement], expected: str, out: int) -> None:
    found = standing(plan_of(100, 100), moved)
    assert (states(found), found.outstanding_fen) == (expected.strip(), out)


IMPOSSIBLE = [
    [repaid("a", 1, 201)],
    [repaid("a", None, 201)],
    [repaid("a", 1, 100), Movement("compensation", "c", 2, 101)],
    [repaid("a", 3, 1)],  # no such term
    [Movement("waiver", "w", 3, 0, 1)],
    [Movement("buy_back", "b", None, 201)],
    [Movement("buy_back", "b", None, 200), repaid("a", 1, 1)],  # what comes later is the buyer's
    [Movement("buy_back", "b", None, 150), Movement("buy_back", "c", None, 51)],
    [refund("r", repaid("unknown", 1, 1))],
    [repaid("a", 1, 100, 10), refund("r", repaid("a", 1, 101, 10))],
    [repaid("a", 1, 100, 10), refund("r", repaid("a", 1, 0, 11))],
    [repaid("a", 1, 9), refund("r", repaid("a", 1, 5)), refund("s", repaid("a", 1, 5))],
]


@pytest.mark.parametrize("moved", IMPOSSIBLE)
def test_what_cannot_all_be_true_is_refused(moved: list[Movement]) -> None:
    for order in (moved, moved[::-1]):
        with pytest.raises(Overpaid):
            standing(plan_of(100, 100), order)


def test_a_buy_back_of_less_than_is_left_waits_for_the_rest() -> None:
    bought = Movement("buy_back", "b", None, 100)
    for order in ([bought], [bought, refund("r", repaid("a", 1, 100)), repaid("a", 1, 100)]):
        with pytest.raises(NotAllLeft):
            standing(plan_of(100, 100), order)
    assert standing(plan_of(100, 100), [bought, repaid("a", 1, 100)]).recoverable_fen == 100


def test_a_recovery_needs_its_compensation_and_leaves_what_the_guarantor_still_lacks() -> None:
    recovery = replace(repaid("r", 1, 60), how="after_compensation")
    with pytest.raises(NotCompensated):
        standing(plan_of(100, 100), [recovery])
    found = standing(plan_of(100, 100), [recovery, Movement("compensation", "c", 1, 100)])
    assert (found.recoverable_fen, found.outstanding_fen, found.compensated) == (40, 100, True)
    taken_back = refund("b", recovery, principal_fen=10)
    assert (
        standing(plan_of(100), [recovery, taken_back, Movement("compensation", "c", 1, 100)]).recoverable_fen
        == 50
    )


def test_a_term_is_overdue_from_the_day_after_it_was_due_while_something_is_open() -> None:
    term = plan_of(100)[0]
    assert not term.overdue_on(term.due_on)
    assert term.overdue_on(term.due_on + timedelta(days=1))
    assert replace(term, state=TermState.PARTIAL).overdue_on(term.due_on + timedelta(days=1))
    for state in set(TermState) - {TermState.DUE, TermState.PARTIAL}:
        assert not replace(term, state=state).overdue_on(date(2030, 1, 1))


def test_interest_of_a_term_runs_on_the_principal_from_it_on() -> None:
    plan = plan_of(100, 70, 30)
    assert [opening_fen(plan, period) for period in (1, 2, 3, 4)] == [200, 100, 30, 0]
