"""Asks and facts are closed sets, each kind once, and those that must be complete are."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from connectors.port import LENDING, NEEDS, Capability
from contracts.messages import (
    ASK,
    TOLD,
    AnyAsk,
    AnyTold,
    ConfirmCode,
    OneTimeCode,
)
from contracts.sensitive import REVEAL


def kinds(union: object) -> list[str]:
    """Return the kinds in a discriminated union."""
    return [model.model_fields["kind"].default for model in get_args(get_args(union)[0])]


@pytest.mark.parametrize("union", [AnyAsk, AnyTold])
def test_every_kind_occurs_once(union: object) -> None:
    assert len(kinds(union)) == len(set(kinds(union)))


def test_every_ask_needs_a_capability() -> None:
    assert set(NEEDS) == set(kinds(AnyAsk))
    assert {c for needed in NEEDS.values() for c in needed} <= set(Capability)
    assert set(Capability) >= LENDING


@pytest.mark.parametrize("adapter", [ASK, TOLD])
def test_an_unknown_kind_is_refused(adapter: TypeAdapter[object]) -> None:
    with pytest.raises(ValidationError):
        adapter.validate_json('{"kind":"give_money","subject":"x","event_id":"x"}')


@pytest.mark.parametrize(
    "incomplete",
    [
        '{"kind":"change_limit","subject":"c1","credit_no":"x","change":"adjust"}',
        '{"kind":"change_limit","subject":"c1","credit_no":"x","change":"freeze","amount_fen":1}',
        '{"kind":"freeze_funds","subject":"f1","action":"release","account_no":"a","amount_fen":1}',
        '{"kind":"freeze_funds","subject":"f1","action":"freeze","account_no":"a","amount_fen":1,"original":"f0"}',
        '{"kind":"pay_out","subject":"p1","amount_fen":1,"purpose":"x"}',
        '{"kind":"pay_out","subject":"p1","amount_fen":1,"purpose":"x","payee":"张三"}',
        '{"kind":"pay_out","subject":"p1","amount_fen":1,"purpose":"x","payee":"张三","merchant":"m"}',
        '{"kind":"upload_document","subject":"a","document":"face","name":"f","location":"sftp://a b",'
        f'"sha256":"{"0" * 64}","size_bytes":1}}',
        '{"kind":"confirm_code","subject":"a","code":"12"}',
    ],
)
def test_an_incomplete_ask_is_refused(incomplete: str) -> None:
    with pytest.raises(ValidationError):
        ASK.validate_json(incomplete)


@pytest.mark.parametrize(
    "incomplete",
    [
        '{"kind":"agreement","event_id":"e","subject":"a","outcome":"signed"}',
        '{"kind":"account","event_id":"e","subject":"a","outcome":"open"}',
        '{"kind":"order","event_id":"e","subject":"a","outcome":"done","amount_fen":1}',
        '{"kind":"order","event_id":"e","subject":"a","outcome":"returned","serial":"s"}',
        '{"kind":"balance","event_id":"e","account_no":"a","total_fen":"1","available_fen":1}',
    ],
)
def test_an_incomplete_fact_is_refused(incomplete: str) -> None:
    with pytest.raises(ValidationError):
        TOLD.validate_json(incomplete)


def test_a_one_time_code_is_shown_to_its_partner_only() -> None:
    ask = ConfirmCode(subject="bind_1", code=OneTimeCode("123456"))
    assert "123456" not in ask.model_dump_json() + repr(ask)
    assert '"123456"' in ask.model_dump_json(context=REVEAL)


def test_days_and_amounts_survive_the_way_through_json() -> None:
    told = TOLD.validate_python(
        {
            "kind": "balance",
            "event_id": "balance/a/2026-01-05",
            "account_no": "a",
            "total_fen": 3,
            "available_fen": 2,
            "frozen_fen": 1,
            "day": date(2026, 1, 5),
        }
    )
    assert TOLD.validate_json(TOLD.dump_json(told)) == told
