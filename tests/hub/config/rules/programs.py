"""Reads the published rule programs, written for payments in two dialects, into our own words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from contracts.rules import RuleProgram
from hub.config.rules import Vocabulary
from hub.config.rules.vocabulary import Whole, Word

METHODS = ("card", "wallet", "pay_later", "upi", "bank_transfer")
PAYMENTS = Vocabulary(
    {
        "payment_method": Word(frozenset(METHODS), optional=True),
        "capture_method": Word(frozenset({"automatic", "manual"}), optional=True),
        "amount": Whole(0, 10**9),
        "pay_later": Word(optional=True),
        "card_bin": Word(optional=True),
        "card_network": Word(optional=True),
        "currency": Word(optional=True),
        "metadata_key": Word(optional=True),
    }
)
_TOKEN = re.compile(r'"[^"]*"|[A-Za-z_0-9]+|<=|>=|/=|[{}&=<>]')
_OPS = {"=": "eq", "/=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def euclid(text: str) -> RuleProgram:
    """`name: ["a"] { field = value & ... { nested } ... }`: lines are alternatives, braces nest under."""
    rules = []
    for name, to, body in re.findall(r"(\w+): \[([^]]*)\]\s*(\{.*?\})\s*(?=\w+: \[|$)", text, re.DOTALL):
        tokens = [token for line in body.splitlines() for token in (*_TOKEN.findall(line), ";")]
        test, _ = _block(tokens, 1)
        listed = [one.strip(' "') for one in to.split(",")]
        rules.append({"name": name, "when": test, "then": "only", "to": listed})
    return RuleProgram.model_validate_json(json.dumps({"rules": rules}))


def _block(tokens: list[str], at: int) -> tuple[dict[str, object], int]:
    """Return the alternatives of a block that was opened before `at`, and the place after its end."""
    ways: list[dict[str, object]] = []
    parts: list[dict[str, object]] = []
    while True:
        token = tokens[at]
        if token in ("}", ";"):
            if parts:
                ways.append({"all": parts})
                parts = []
            at += 1
            if token == "}":
                return {"any": ways}, at
        elif token == "{":
            nested, at = _block(tokens, at + 1)
            parts.append(nested)
        elif token == "&":
            at += 1
        else:
            value = tokens[at + 2]
            read = int(value) if value.isdigit() else value.strip('"')
            parts.append({"field": token.strip('"'), "op": _OPS[tokens[at + 1]], "value": read})
            at += 3


def restated(program: Mapping[str, object]) -> RuleProgram:
    """The JSON dialect; or, of the case told only in words, every value ruled out over nested levels."""
    if program.get("name") == "exhaustive_negation":
        test: dict[str, object] = {"field": "amount", "op": "gt", "value": 0}
        for method in METHODS:
            ruled_out = {"field": "payment_method", "op": "ne", "value": method}
            test = {"all": [ruled_out, {"any": [test]}]}
        rules = [{"name": "rule_1", "when": test, "then": "only", "to": ["stripe"]}]
        return RuleProgram.model_validate_json(json.dumps({"rules": rules}))
    rules = []
    for rule in program["rules"]:  # type: ignore[attr-defined]
        ways = [_statement(statement) for statement in rule["statements"]]
        to = [one["gateway_name"] for one in rule["output"]["priority"]]
        name = rule["name"].lower().replace(" ", "_")
        rules.append({"name": name, "when": {"any": ways}, "then": "only", "to": to})
    return RuleProgram.model_validate_json(json.dumps({"rules": rules}))


def _statement(statement: dict[str, object]) -> dict[str, object]:
    words = {"equal": "eq", "not_equal": "ne", "greater_than": "gt", "less_than": "lt"}
    parts: list[dict[str, object]] = [
        {"field": c["lhs"], "op": words[c["comparison"]], "value": c["value"]["value"]}
        for c in statement["condition"]  # type: ignore[attr-defined]
    ]
    if nested := statement.get("nested"):
        parts.append({"any": [_statement(one) for one in nested]})  # type: ignore[attr-defined]
    return {"all": parts}
