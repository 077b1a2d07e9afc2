"""Only what a second person has activated routes; the rules in use are the newest that are active."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from contracts.rules import RuleProgram
from hub.config.load import Configuration
from hub.domain.activation import Kind, Step, Version
from hub.flows import activating
from hub.flows.errors import NotKnown, WrongState
from hub.store.audit import audit
from hub.store.tables import T
from hub.wiring import _apply
from tests.hub.flows.world import World

ANN, BOB = "operator:ann", "operator:bob"
ONLY_BETA = {"name": "only_beta", "when": {"field": "term_months", "op": "ge", "value": 12}, "then": "only"}
RULES = RuleProgram.model_validate({"rules": [{**ONLY_BETA, "to": ["beta"]}]}, strict=False)
ALL = [Version(kind, f"{n}", 1) for n in ("alpha", "beta") for kind in (Kind.PROGRAMME, Kind.AGREEMENT)]


def changing(world: World, found: Configuration) -> None:
    """Let the hub start with a configuration, in service."""
    context = replace(world.context, catalogue=found, two_persons=True)
    with world.database.write() as tx:
        _apply(tx, found, world.time)
    world.context = context
    world.worker._context = context


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    changing(made, made.context.catalogue)
    yield made
    made.database.close()


def versions(world: World) -> list[Version]:
    found = world.context.catalogue
    return [Version.of(one) for one in (*found.programmes, *found.agreements)]


def both(world: World, *some: Version) -> None:
    for version in some:
        activating.take(world.context, version, Step.DRAFT, who=ANN, why="the signed paper")
        activating.take(world.context, version, Step.ACTIVATE, who=BOB, why="compared")


def chosen(world: World, number: int) -> tuple[str | None, dict[str, list[str]]]:
    """Submit, route, and return who was chosen and why not the others."""
    made = world.submit(number).body["id"]
    world.worker.drain()
    (row,) = [row for row in world.rows(T.routing_decision) if row.application_id == made]
    return row.chosen, {r["programme"]: [w["code"] for w in r["reasons"]] for r in row.body["refusals"]}


def test_a_draft_is_passed_over_until_a_second_person_activates_it(world: World) -> None:
    cheap, dear = versions(world)[:2]
    both(world, dear, *(v for v in versions(world) if v.kind is Kind.AGREEMENT))
    activating.take(world.context, cheap, Step.DRAFT, who=ANN, why="new price")
    assert chosen(world, 1) == (dear.name, {cheap.name: ["terms_not_active"]})
    activating.take(world.context, cheap, Step.ACTIVATE, who=BOB, why="compared")
    assert chosen(world, 2)[0] == cheap.name


def test_an_agreement_is_activated_too(world: World) -> None:
    both(world, *(v for v in versions(world) if v.kind is Kind.PROGRAMME))
    name, why = chosen(world, 1)
    assert (name, {code for codes in why.values() for code in codes}) == (None, {"terms_not_active"})


def test_the_drafter_does_not_activate_and_nobody_else_does_it_twice(world: World) -> None:
    version = versions(world)[0]
    for who, code in ((ANN, "not_drafted"),):
        with pytest.raises(WrongState) as refused:
            activating.take(world.context, version, Step.ACTIVATE, who=who, why="now")
        assert refused.value.code == code
    activating.take(world.context, version, Step.DRAFT, who=ANN, why="new price")
    with pytest.raises(WrongState) as refused:
        activating.take(world.context, version, Step.ACTIVATE, who="operator: ANN ", why="now")
    assert refused.value.code == "second_person"
    for _ in range(2):
        activating.take(world.context, version, Step.ACTIVATE, who=BOB, why="compared")
    with pytest.raises(WrongState, match="operator:bob has done this already"):
        activating.take(world.context, version, Step.ACTIVATE, who="operator:cid", why="me too")
    with pytest.raises(NotKnown):
        activating.take(world.context, Version(Kind.PROGRAMME, "nobody", 1), Step.DRAFT, who=ANN, why="x")


def test_every_step_is_an_event_in_the_chain(world: World) -> None:
    version = versions(world)[0]
    both(world, version)
    events = [row for row in world.rows(T.event) if row.application_id == activating.CHAIN]
    assert [(e.subject, e.what, e.before, e.after, e.who) for e in events] == [
        (str(version), "draft", None, "draft", ANN),
        (str(version), "activate", "draft", "active", BOB),
    ]
    assert all(len(e.detail["sha256"]) == 64 for e in events)
    assert audit(world.database)[0] == []


def test_the_rules_in_use_are_the_newest_active(world: World) -> None:
    both(world, *versions(world))
    assert chosen(world, 1)[0] == versions(world)[0].name
    changing(world, replace(world.context.catalogue, rules=RULES))
    rules = Version(Kind.RULES, "house", 1)
    assert chosen(world, 2)[0] == versions(world)[0].name
    both(world, rules)
    assert chosen(world, 3) == (versions(world)[1].name, {versions(world)[0].name: ["rule_excludes"]})
    # Taking the rules away is a change like any other: the draft does not count yet.
    changing(world, replace(world.context.catalogue, rules=RuleProgram(rules=())))
    assert chosen(world, 4)[0] == versions(world)[1].name
    both(world, Version(Kind.RULES, "house", 2))
    assert chosen(world, 5)[0] == versions(world)[0].name


def test_flawed_rules_are_not_activated_by_anybody(world: World) -> None:
    flawed = RuleProgram.model_validate({"rules": [{**ONLY_BETA, "to": ["nobody"]}]}, strict=False)
    changing(world, replace(world.context.catalogue, rules=flawed))
    with pytest.raises(WrongState, match="unknown_target"):
        both(world, Version(Kind.RULES, "house", 1))


def test_what_is_not_configured_any_more_is_not_activated(world: World) -> None:
    gone, *_ = versions(world)
    found = world.context.catalogue
    changing(world, replace(found, programmes=found.programmes[1:]))
    with pytest.raises(WrongState) as refused:
        both(world, gone)
    assert refused.value.code == "terms_not_configured"
    (row,) = [row for row in activating.listed(world.context) if row["terms"] == str(gone)]
    assert (row["state"], row["configured"]) == ("kept", False)


def test_a_sandbox_uses_what_is_configured(world: World) -> None:
    world.context = replace(world.context, two_persons=False)
    world.worker._context = world.context
    assert chosen(world, 1)[0] == versions(world)[0].name
