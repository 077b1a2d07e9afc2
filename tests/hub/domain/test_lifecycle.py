"""The machines as a table of every state and event, and walks that end nowhere but where they may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.lifecycle import (
    APPLICATION,
    ATTEMPT,
    DEAD_ATTEMPT,
    DISPUTE,
    EARLY,
    FINAL_APPLICATION,
    LOAN,
    PAYMENT,
    STATEMENT,
    ApplicationState,
    AttemptState,
    DisputeState,
    Impossible,
    LoanState,
    Machine,
    NotYet,
    PaymentState,
    StatementState,
    _table,
)

MACHINES = (APPLICATION, ATTEMPT, LOAN, STATEMENT, DISPUTE, PAYMENT)
STATES = {
    "application": ApplicationState,
    "attempt": AttemptState,
    "loan": LoanState,
    "statement": StatementState,
    "dispute": DisputeState,
    "payment": PaymentState,
}
START = {
    "application": "submitted",
    "attempt": "written",
    "loan": "active",
    "statement": "draft",
    "dispute": "open",
    "payment": "instructed",
}

# Each row an event, each column a state: where it leads, "=" when it only confirms, "early", "-" impossible.
# "unsure" stands for draw_uncertain.
TABLES = {
    "application": """
    event              submitted reviewing approved drawing   repaying  settled   declined cancelled
    routed             reviewing -         -        -         -         -         -        -
    no_partner         declined  -         -        -         -         -         -        -
    approved           -         approved  -        -         -         -         -        -
    partner_declined   -         submitted -        -         -         -         -        -
    drawdown_requested -         -         drawing  -         -         -         -        -
    drawdown_failed    -         -         -        submitted -         -         -        -
    disbursed          -         -         -        repaying  -         -         -        -
    settled            -         -         -        -         settled   -         -        -
    reopened           -         -         -        -         -         repaying  -        -
    cancelled          -         -         -        -         cancelled cancelled -        -
    """,
    "attempt": """
    event       written   accepted uncertain approved drawing unsure  funded    declined failed cancelled
    accepted    accepted  =        accepted  =        =       drawing =         =        =      =
    uncertain   uncertain =        =         =        unsure  =       =         =        =      =
    approved    approved  approved approved  =        =       =       =         -        -      =
    declined    declined  declined declined  -        -       -       -         =        -      -
    failed      failed    -        failed    -        -       -       -         -        =      -
    draw        -         -        -         drawing  -       -       -         -        -      -
    disbursed   early     early    early     early    funded  funded  =         -        -      =
    draw_failed -         -        -         -        failed  failed  -         -        =      -
    cancelled   -         -        -         -        -       -       cancelled -        -      =
    """,
    "loan": """
    event       active      compensated bought_back settled   cancelled
    compensated compensated =           =           -         -
    bought_back bought_back bought_back =           -         -
    settled     settled     settled     settled     =         -
    reopened    =           =           =           active    -
    cancelled   cancelled   cancelled   -           cancelled =
    """,
    "statement": """
    event      draft    reviewed  confirmed approved paid       reconciled
    reviewed   reviewed -         -         -        -          -
    confirmed  -        confirmed -         -        -          -
    returned   -        draft     draft     -        -          -
    approved   -        -         approved  -        -          -
    paid       -        -         -         paid     -          -
    reconciled -        -         -         -        reconciled -
    """,
    "dispute": """
    event    open     agreed rejected
    agreed   agreed   -      -
    rejected rejected -      -
    """,
    "payment": """
    event      instructed paid       reconciled
    paid       paid       -          -
    reconciled -          reconciled -
    """,
}


def table(name: str) -> dict[tuple[str, str], str]:
    (_, *states), *lines = [
        line.split() for line in TABLES[name].replace("unsure", "draw_uncertain").strip().splitlines()
    ]
    return {
        (state, event): cell for event, *cells in lines for state, cell in zip(states, cells, strict=True)
    }


def step(machine: Machine, state: str, event: str) -> str:
    try:
        after = machine.step(state, event)
    except Impossible:
        return "-"
    except NotYet:
        return "early"
    return "=" if after == state else after


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_meets_every_event_as_the_table_says(machine: Machine) -> None:
    expected = table(machine.name)
    assert {key: step(machine, *key) for key in expected} == expected
    assert {state for state, _ in expected} == {str(state) for state in STATES[machine.name]}
    assert {event for _, event in expected} == {event for _, event in machine.edges}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_is_reached_from_the_first(machine: Machine) -> None:
    reached, todo = set[str](), [START[machine.name]]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += [
                after for (before, _), after in machine.edges.items() if before == state and after != EARLY
            ]
    assert reached == machine.states() == {str(state) for state in STATES[machine.name]}


def test_final_states_are_left_only_by_new_money() -> None:
    leaving = {(s, e) for (s, e), after in APPLICATION.edges.items() if s in FINAL_APPLICATION and after != s}
    assert leaving == {("settled", "reopened"), ("settled", "cancelled")}
    dead = {(s, e) for (s, e), after in ATTEMPT.edges.items() if s in DEAD_ATTEMPT and after != s}
    assert not dead


@given(st.sampled_from(MACHINES), st.lists(st.text(max_size=3) | st.integers(0, 200), max_size=40))
def test_no_walk_ends_outside_the_machine_or_in_another_error(
    machine: Machine, walk: list[str | int]
) -> None:
    events = sorted({event for _, event in machine.edges})
    state = START[machine.name]
    for choice in walk:
        event = events[choice % len(events)] if isinstance(choice, int) else choice
        try:
            state = machine.step(state, event)
        except (Impossible, NotYet):
            continue
        assert state in machine.states()


@given(st.sampled_from(MACHINES), st.lists(st.integers(0, 200), max_size=30))
def test_a_fact_told_twice_in_a_row_changes_nothing_the_second_time(
    machine: Machine, walk: list[int]
) -> None:
    """Told again at once it confirms, or it is refused; it never makes a second change of another kind."""
    events = sorted({event for _, event in machine.edges})
    state = START[machine.name]
    for choice in walk:
        event = events[choice % len(events)]
        once = step(machine, state, event)
        if once in ("-", "early", "="):
            continue
        assert step(machine, once, event) in ("=", "-")
        state = once


def test_what_is_impossible_says_where_it_was_and_what_was_told() -> None:
    with pytest.raises(Impossible, match="loan: 'reopened' cannot happen in state 'cancelled'") as caught:
        LOAN.step("cancelled", "reopened")
    assert (caught.value.machine, caught.value.state, caught.value.event) == ("loan", "cancelled", "reopened")


def test_an_event_that_leads_from_one_state_to_two_is_refused() -> None:
    with pytest.raises(ValueError, match="two"):
        _table("x", "a | e | b\na | e | c")
    with pytest.raises(ValueError, match="two"):
        _table("x", "a | e | b", confirms=[("e", "a")])
