"""Two persons: who drafts does not activate, whatever order they come in and however they write a name."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.activation import Kind, Signed, Step, Version, newest, objection

NAMES = st.sampled_from(["operator:ann", "operator: Ann", "operator:bob", "OPERATOR:BOB", "operator:cid"])


@given(st.lists(st.tuples(st.sampled_from(Step), NAMES), max_size=8))
def test_what_is_active_was_drafted_before_by_another(moves: list[tuple[Step, str]]) -> None:
    taken: dict[Step, Signed] = {}
    for step, who in moves:
        if objection(step, who, "because", taken) is None:
            taken.setdefault(step, Signed(who, "because"))
    if Step.ACTIVATE in taken:
        draft, active = (taken[s].who.replace(" ", "").lower() for s in (Step.DRAFT, Step.ACTIVATE))
        assert draft != active
    drafts = [who for step, who in moves if step is Step.DRAFT]
    assert not drafts or taken[Step.DRAFT].who == drafts[0]


def test_a_step_is_taken_once_and_repeated_freely() -> None:
    taken = {Step.DRAFT: Signed("operator:ann", "new price")}
    assert objection(Step.DRAFT, "operator:ann", "new price", taken) is None
    other = objection(Step.DRAFT, "operator:bob", "new price", taken)
    assert other is not None
    assert (other.code, "operator:ann" in other.zh) == ("draft_taken", True)


def test_nothing_is_activated_that_nobody_drafted() -> None:
    against = objection(Step.ACTIVATE, "operator:bob", "fine", {})
    assert against is not None
    assert against.code == "not_drafted"


@pytest.mark.parametrize(("kind", "name", "number"), [*itertools.product(Kind, ["a", "b:c@d"], [1, 12])])
def test_a_version_is_read_as_it_is_written(kind: Kind, name: str, number: int) -> None:
    version = Version(kind, name, number)
    assert Version.read(str(version)) == version


@pytest.mark.parametrize(
    "text", ["", "programme", "programme:a", "loan:a@1", "programme:@1", "programme:a@x"]
)
def test_what_names_no_version_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="names no terms"):
        Version.read(text)


def test_the_newest_is_by_number_and_kind() -> None:
    some = [
        Version(Kind.RULES, "house", 2),
        Version(Kind.RULES, "house", 10),
        Version(Kind.PROGRAMME, "a", 11),
    ]
    assert newest(some, Kind.RULES) == some[1]
    assert newest(some, Kind.AGREEMENT) is None
