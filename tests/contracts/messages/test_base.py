"""Our own words take no guess, hold nothing a column cannot, and fail without telling what they saw."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.messages import ASK, TOLD, Applicant, ApplyForCredit, CreditTold, RepaymentTold, Unclear
from contracts.sensitive import REVEAL
from tests.hub.people import applicant

SECRET = "13800138000"
ADAPTERS = {"applicant": TypeAdapter(Applicant), "ask": ASK, "told": TOLD}
ASKED: dict[str, Any] = {
    "kind": "apply",
    "subject": "att_1",
    "product": "cash",
    "amount_fen": 1_200_000,
    "term_months": 12,
    "method": "equal_instalment",
    "annual_rate": "0.18",
    "purpose": "consumption",
    "applicant": json.loads(applicant().model_dump_json(context=REVEAL)),
}
REPAID: dict[str, Any] = {
    "kind": "repayment",
    "event_id": "e",
    "loan_no": "l",
    "serial": "s",
    "how": "normal",
    "period": 1,
    "paid_on": "2026-02-05",
    "principal_fen": 1,
    "interest_fen": 0,
}


def asked(**changes: object) -> object:
    return ASK.validate_python({**ASKED, **changes})


def test_a_message_comes_back_from_json_as_it_was() -> None:
    ask = asked()
    assert isinstance(ask, ApplyForCredit)
    assert ASK.validate_json(ASK.dump_json(ask, context=REVEAL)) == ask
    fact = TOLD.validate_json(json.dumps(REPAID))
    assert isinstance(fact, RepaymentTold)
    assert TOLD.validate_json(TOLD.dump_json(fact)) == fact


@pytest.mark.parametrize("field", ["amount_fen", "term_months"])
@pytest.mark.parametrize("value", ["12", 12.0, True, None, -1, [12], {"fen": 12}])
def test_an_amount_or_a_count_is_a_whole_number_and_nothing_else(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        asked(**{field: value})


@pytest.mark.parametrize("value", [0.18, "18", "-0.1", "1.1", "NaN", "Infinity", True, None, "0.12345678901"])
def test_a_rate_is_a_fraction_in_text_and_nothing_else(value: object) -> None:
    with pytest.raises(ValidationError):
        asked(annual_rate=value)


@pytest.mark.parametrize("value", ["", "x" * 129, "a\x00b", "a\nb", "a\x7f", "\ud800", 1, None])
def test_a_name_or_number_is_one_short_line(value: object) -> None:
    with pytest.raises(ValidationError):
        asked(subject=value)


@given(st.sampled_from(sorted(ASKED)), st.text(min_size=1, max_size=9))
def test_a_field_too_many_or_too_few_is_refused(field: str, other: str) -> None:
    with pytest.raises(ValidationError):
        ASK.validate_python({key: value for key, value in ASKED.items() if key != field})
    with pytest.raises(ValidationError):
        asked(**{f"{other}_": 1})


def test_a_message_does_not_change() -> None:
    ask = asked()
    with pytest.raises(ValidationError, match="frozen"):
        ask.amount_fen = 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ADAPTERS)
@given(data=st.data())
def test_an_error_names_the_place_and_never_what_was_found_there(name: str, data: st.DataObject) -> None:
    wrong: dict[str, Any] = {
        **(REPAID if name == "told" else ASKED["applicant"] if name == "applicant" else ASKED)
    }
    field = data.draw(st.sampled_from(sorted(set(wrong) - {"kind"})))
    wrong[field] = data.draw(st.sampled_from([SECRET, f"{SECRET}\x00", [SECRET], {"x": SECRET}]))
    wrong["another"] = SECRET
    adapter = ADAPTERS[name]
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(wrong)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    with pytest.raises(ValidationError) as caught:
        adapter.validate_json(json.dumps(wrong)[:-1])
    assert SECRET not in str(caught.value)


def test_what_a_partner_wrote_for_people_is_kept_readable_and_without_numbers_of_the_borrower() -> None:
    told = CreditTold.model_validate(
        {"event_id": "e", "subject": "s", "outcome": "declined", "reason": f"拒绝\x00\n客户 {SECRET} 逾期"}
    )
    assert told.reason == "拒绝  客户 138****8000 逾期"
    unclear = Unclear(event_id="e", code="\x00E1", message=SECRET)
    assert (unclear.code, unclear.message) == (" E1", "138****8000")
