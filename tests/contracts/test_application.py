"""What the platform submits is taken exactly or refused with the field that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.application import DrawdownWish, Submission
from contracts.sensitive import REVEAL
from tests.hub.people import applicant

GOOD: dict[str, Any] = {
    "platform_no": "A20260105-000123",
    "product": "cash_loan",
    "amount_fen": 1_200_000,
    "term_months": 12,
    "method": "equal_instalment",
    "annual_rate": "0.1800",
    "purpose": "consumption",
    "consents": ["personal_data"],
    "applicant": json.loads(applicant().model_dump_json(context=REVEAL)),
}


def submitted(**changes: object) -> Submission:
    return Submission.model_validate_json(json.dumps({**GOOD, **changes}))


def test_a_submission_is_taken_as_it_is_and_masks_its_applicant() -> None:
    taken = submitted()
    assert (
        json.loads(taken.model_dump_json(context=REVEAL))["applicant"]["mobile"]
        == GOOD["applicant"]["mobile"]
    )
    assert GOOD["applicant"]["mobile"] not in taken.model_dump_json() + repr(taken)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("platform_no", ""),
        ("platform_no", "编号"),
        ("platform_no", "a b"),
        ("platform_no", "x" * 65),
        ("platform_no", "a\n"),
        ("amount_fen", 0),
        ("amount_fen", -1),
        ("amount_fen", 20_000_000_01),
        ("amount_fen", 1.0),
        ("amount_fen", "1200000"),
        ("amount_fen", True),
        ("term_months", 0),
        ("term_months", "12"),
        ("term_months", 12.5),
        ("method", "balloon"),
        ("annual_rate", 0.18),
        ("annual_rate", "18%"),
        ("purpose", ""),
        ("consents", ["personal_data"] * 17),
        ("consents", "personal_data"),
        ("applicant", {}),
        ("applicant", None),
        ("unknown", 1),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        submitted(**{field: value})
    assert {fault["loc"][0] for fault in caught.value.errors()} == {field}


@pytest.mark.parametrize("field", sorted(GOOD))
def test_what_is_missing_is_named(field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Submission.model_validate_json(json.dumps({k: v for k, v in GOOD.items() if k != field}))
    assert [(fault["type"], fault["loc"]) for fault in caught.value.errors()] == [("missing", (field,))]


def test_the_bounds_of_an_amount_belong_to_it() -> None:
    for fen in (1, 20_000_000_00):
        assert submitted(amount_fen=fen).amount_fen == DrawdownWish(amount_fen=fen).amount_fen == fen
    for fen in (0, 20_000_000_01):
        with pytest.raises(ValidationError):
            DrawdownWish(amount_fen=fen)
