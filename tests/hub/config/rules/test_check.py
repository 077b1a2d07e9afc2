"""A rule program that cannot be meant is refused, and only such a one: against every case there is."""

from __future__ import annotations

import json
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rules import RuleProgram
from hub.config.rules import ROUTING, Flaw, Vocabulary, check
from hub.config.rules.vocabulary import Region, Whole, Word
from hub.domain.rules import matching
from tests.hub.config.rules.programs import PAYMENTS, euclid, restated
from tests.shared import shared_json

VECTORS = shared_json("vectors/routing/rule_programs.json")
KIND = {
    "ConflictingAssertions": Flaw.CONFLICTING_ASSERTIONS,
    "ExhaustiveNegation": Flaw.EXHAUSTIVE_NEGATION,
    "NegatedAssertion": Flaw.NEGATED_ASSERTION,
    "GraphAnalysis": Flaw.UNSUPPORTED,
}


def flaws(program: RuleProgram, vocabulary: Vocabulary = ROUTING) -> list[tuple[str, Flaw]]:
    return [(f.rule, f.flaw) for f in check(program, vocabulary, {"a", "b"})]


def rules(*tests: object, to: tuple[str, ...] = ("a",)) -> RuleProgram:
    listed = [
        {"name": f"rule_{at}", "when": test, "then": "only", "to": list(to)}
        for at, test in enumerate(tests, start=1)
    ]
    return RuleProgram.model_validate_json(json.dumps({"rules": listed}))


def on(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    "case", VECTORS["static_analysis_must_reject"]["cases"], ids=lambda case: str(case["name"])
)
def test_published_programs_are_refused_for_their_reason(case: dict[str, str]) -> None:
    vocabulary = PAYMENTS
    if "knowledge" in case:
        (need, word), (of, value) = (part.strip().split("=") for part in case["knowledge"].split("->>"))
        vocabulary = Vocabulary(PAYMENTS.fields, {(of, value): frozenset({(need, word)})})
    program = restated(case) if case["name"] == "exhaustive_negation" else euclid(case["program"])
    found = check(program, vocabulary, {"stripe", "adyen"})
    assert KIND[case["error"]] in {f.flaw for f in found}
    if "key" in case:
        assert case["key"] in {f.field for f in found if f.flaw is KIND[case["error"]]}


@pytest.mark.parametrize("case", VECTORS["euclid_dsl_programs"]["cases"], ids=lambda case: str(case["rule"]))
def test_published_programs_choose_their_rule(case: dict[str, object]) -> None:
    program = euclid(str(case["program"]))
    facts = dict(case["input"])  # type: ignore[call-overload]
    facts |= facts.pop("metadata", {})
    facts[facts["payment_method"]] = facts["payment_method_type"]
    assert check(program, PAYMENTS, {"stripe", "adyen"}) == ()
    rule = matching(program, facts, PAYMENTS)
    assert rule is not None
    assert rule.name == case["rule"]


@pytest.mark.parametrize("program", VECTORS["json_rule_programs"]["programs"])
def test_published_json_programs_choose_their_rule(program: dict[str, object]) -> None:
    read = restated(program["program"])  # type: ignore[arg-type]
    for case in program["cases"]:  # type: ignore[attr-defined]
        facts = {name: value["value"] for name, value in case["params"].items()}
        rule = matching(read, facts, PAYMENTS)
        assert (rule is not None) == (case["rule"] is not None)


@pytest.mark.parametrize(
    ("test", "flaw"),
    [
        (on("amount_fen", "ge", 1), Flaw.ALWAYS_TRUE),
        ({"any": [on("age", "lt", 40), on("age", "ge", 40)]}, Flaw.ALWAYS_TRUE),
        ({"any": [on("method", "ne", "equal_principal"), on("method", "eq", "equal_principal")]},
         Flaw.ALWAYS_TRUE),
        (on("age", "gt", 80), Flaw.NEVER_TRUE),
        ({"all": [on("age", "gt", 40), on("age", "lt", 41)]}, Flaw.NEVER_TRUE),
        ({"all": [on("annual_rate", "gt", "0.18"), on("annual_rate", "le", "0.1800")]}, Flaw.NEVER_TRUE),
        ({"all": [on("region", "eq", "3205"), on("region", "ne", "32")]}, Flaw.NEGATED_ASSERTION),
        ({"all": [on("region", "eq", "32"), on("region", "eq", "1101")]}, Flaw.CONFLICTING_ASSERTIONS),
        ({"all": [on("product", "in", ["x", "y"]), on("product", "not_in", ["y", "x", "z"])]},
         Flaw.NEGATED_ASSERTION),
        (on("method", "not_in", ["equal_instalment", "equal_principal", "interest_first"]),
         Flaw.EXHAUSTIVE_NEGATION),
        (on("colour", "eq", "red"), Flaw.UNKNOWN_FIELD),
        (on("product", "eq", ""), Flaw.EMPTY_VALUE),
        (on("product", "in", []), Flaw.EMPTY_VALUE),
        ({"all": []}, Flaw.EMPTY_VALUE),
        (on("age", "eq", "forty"), Flaw.WRONG_VALUE),
        (on("product", "lt", "x"), Flaw.WRONG_VALUE),
        (on("method", "eq", "balloon"), Flaw.WRONG_VALUE),
        (on("annual_rate", "lt", 1), Flaw.WRONG_VALUE),
        (on("region", "eq", "3"), Flaw.WRONG_VALUE),
    ],
)  # fmt: skip
def test_one_rule(test: object, flaw: Flaw) -> None:
    assert flaws(rules(test)) == [("rule_1", flaw)]


def test_a_rule_covered_by_several_together_is_shadowed() -> None:
    young, old = on("age", "lt", 40), on("age", "gt", 30)
    assert flaws(rules(young, old, on("region", "eq", "32"))) == [("rule_3", Flaw.SHADOWED)]
    assert flaws(rules(young, {"all": [old, on("region", "eq", "3205")]}, on("region", "eq", "32"))) == []
    assert flaws(rules(on("region", "eq", "32"), on("region", "in", ["3201", "320506"]))) == [
        ("rule_2", Flaw.SHADOWED)
    ]


def test_who_is_not_configured_or_not_named() -> None:
    assert flaws(rules(on("age", "lt", 40), to=("c",))) == [("rule_1", Flaw.UNKNOWN_TARGET)]
    assert flaws(rules(on("age", "lt", 40), to=())) == [("rule_1", Flaw.EMPTY_VALUE)]


def test_what_is_too_large_to_decide_is_refused() -> None:
    wide = {"all": [{"any": [on("age", "eq", 20 + 2 * i + j) for j in (0, 1)]} for i in range(13)]}
    assert (("rule_1", Flaw.TOO_COMPLEX)) in flaws(rules(wide))


# Against every case of a small world

SMALL = Vocabulary(
    {
        "n": Whole(0, 4),
        "m": Whole(0, 2, optional=True),
        "w": Word(frozenset({"x", "y", "z"})),
        "o": Word(frozenset({"x", "y"}), optional=True),
        "r": Region(),
    }
)
WORLD = [
    {"n": n, "m": m, "w": w, "o": o, "r": "320506"}
    for n, m, w, o in product(range(5), (0, 1, 2, None), "xyz", ("x", "y", None))
]
leaves = st.one_of(
    st.builds(on, st.just("n"), st.sampled_from(["lt", "le", "gt", "ge", "eq", "ne"]), st.integers(-1, 5)),
    st.builds(on, st.just("m"), st.sampled_from(["lt", "ge", "eq", "ne"]), st.integers(0, 2)),
    st.builds(on, st.just("w"), st.sampled_from(["eq", "ne"]), st.sampled_from("xyz")),
    st.builds(
        on, st.just("o"), st.sampled_from(["in", "not_in"]), st.lists(st.sampled_from("xy"), min_size=1)
    ),
)
trees = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(lambda many: {"all": many}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda many: {"any": many}, st.lists(parts, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


@given(st.lists(trees, min_size=1, max_size=4))
def test_the_verdict_is_what_every_case_there_is_says(tests: list[object]) -> None:
    """Never, always and shadowed, against brute force: the check may neither miss one nor invent one."""
    program = rules(*tests)
    found = set(flaws(program, SMALL))
    taken: set[int] = set()
    for rule in program.rules:
        alone = RuleProgram(rules=(rule,))
        holds = {at for at, facts in enumerate(WORLD) if matching(alone, facts, SMALL) is not None}
        assert ((rule.name, Flaw.ALWAYS_TRUE) in found) == (len(holds) == len(WORLD))
        assert ((rule.name, Flaw.SHADOWED) in found) == bool(holds and taken and holds <= taken)
        impossible = {
            Flaw.NEVER_TRUE,
            Flaw.CONFLICTING_ASSERTIONS,
            Flaw.NEGATED_ASSERTION,
            Flaw.EXHAUSTIVE_NEGATION,
        }
        if not holds:
            assert {flaw for name, flaw in found if name == rule.name} & impossible
        taken |= holds
