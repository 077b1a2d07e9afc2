"""Bodies that two readers could understand differently are refused, with the field and without an echo."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from contracts.application import Submission
from hub.web import handlers, strict_json
from hub.web.answers import answer
from hub.web.operations import NewTime
from hub.web.problems import Refused
from hub.web.strict_json import MAX_BYTES, MAX_DEPTH, parse, understood
from tests.hub.web.client import Caller, Said
from tests.hub.web.conftest import Hub
from tests.hub.web.test_frontend import APPLICATIONS, stored, submission, submitted
from tests.shared import shared_json


def refused(raw: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        parse(raw)
    return caught.value


def attempted(raw: bytes) -> object:
    try:
        return parse(raw)
    except Refused as caught:
        return caught


@pytest.mark.parametrize(
    ("raw", "code", "field"),
    [
        (b'{"a":1,"a":2}', "key_repeated", "a"),
        (b'{"a":1,"\\u0061":2}', "key_repeated", "a"),
        (b'{"x":[{"b":{"c":1,"d":2,"c":3}}]}', "key_repeated", "x.0.b.c"),
        (b'{"a":1.5}', "number_not_integer", "a"),
        (b'{"a":1e3}', "number_not_integer", "a"),
        (b'{"a":1.0}', "number_not_integer", "a"),
        (b'{"a":NaN}', "number_not_integer", "a"),
        (b'{"a":Infinity}', "number_not_integer", "a"),
        (b'{"a":-Infinity}', "number_not_integer", "a"),
        (b'{"a":-0.0}', "number_not_integer", "a"),
        (b'{"a":-0}', "number_not_integer", "a"),
        (b'{"a":1e999999}', "number_not_integer", "a"),
        (b'{"a":' + b"9" * 10_000 + b"}", "number_too_long", "a"),
        (b'{"a":[0,-' + b"9" * 30 + b"]}", "number_too_long", "a.1"),
        (b'{"a":"\\ud800"}', "text_unwanted", "a"),
        (b'{"a":"\\udc00\\ud800"}', "text_unwanted", "a"),
        (b'{"\\ud800":1}', "text_unwanted", "*"),
        (b'{"a":"L1\\u0000"}', "text_unwanted", "a"),
        (b'{"a":"L1\\u202e"}', "text_unwanted", "a"),
        (b'{"a":"one\\r\\ntwo"}', "text_unwanted", "a"),
        ('{"a":"L1\u2066"}'.encode(), "text_unwanted", "a"),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), "too_deep", ".".join(["0"] * (MAX_DEPTH + 1))),
        (b"[" * 30_000 + b"]" * 30_000, "too_deep", "(body)"),
        (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "too_deep", "(body)"),
        (b"", "body_empty", "(body)"),
        (b" \r\n\t", "body_empty", "(body)"),
        (b'\xef\xbb\xbf{"a":1}', "body_bom", "(body)"),
        (b'{"a":"\xff"}', "body_not_utf8", "(body)"),
        (b'{"a":"\xed\xa0\x80"}', "body_not_utf8", "(body)"),
        ('{"a":1}'.encode("utf-16"), "body_not_utf8", "(body)"),
        ('{"a":1}'.encode("utf-16-le"), "body_not_json", "(body)"),
        (b'{"a":1,}', "body_not_json", "(body)"),
        (b"{'a':1}", "body_not_json", "(body)"),
        (b'{"a":1}{"b":2}', "body_not_json", "(body)"),
        (b'{"a":"raw\nline"}', "body_not_json", "(body)"),
        (b'{"a":01}', "body_not_json", "(body)"),
        (b'{"a":+1}', "body_not_json", "(body)"),
        (b'{"a":0x10}', "body_not_json", "(body)"),
        (b'{"a":/* */1}', "body_not_json", "(body)"),
        ('{"a":\u0661}'.encode(), "body_not_json", "(body)"),
        (b'\xc2\xa0{"a":1}', "body_not_json", "(body)"),
    ],
)  # fmt: skip
def test_what_is_ambiguous_is_refused_where_it_stands(raw: bytes, code: str, field: str) -> None:
    found = refused(raw)
    assert (found.status, found.code) == (400, code)
    assert [fault.field for fault in found.faults] == [field]


def test_every_fault_is_named_up_to_a_bound() -> None:
    found = refused(json.dumps({f"k{number}": 0.5 for number in range(100)}).encode())
    assert [fault.field for fault in found.faults] == [f"k{number}" for number in range(20)]


@pytest.mark.parametrize(
    "name", ["110101199003074518", "13800138000", "card6222021234567890", "张三", "a b", "<script>", "x" * 65]
)
def test_names_that_may_be_personal_are_not_repeated(name: str) -> None:
    raw = json.dumps({name: 0.5}, ensure_ascii=False).encode()
    assert [fault.field for fault in refused(raw).faults] == ["*"]
    with pytest.raises(Refused) as caught:
        understood(json.dumps({name: 1}).encode(), NewTime)
    assert {fault.field for fault in caught.value.faults} == {"now", "*"}


PLAIN = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Cn")), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4),
    max_leaves=20,
)


@given(value=VALUES, indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_plain_json_is_read_as_it_is(value: object, indent: int | None, ascii_only: bool) -> None:
    assert parse(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()) == value


@given(raw=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "ignore")))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    found = attempted(raw)
    if isinstance(found, Refused):
        assert found.status == 400
        assert found.faults
    else:
        assert json.loads(raw) == found


@given(value=VALUES)
def test_any_value_is_a_submission_or_names_its_faults(value: object) -> None:
    with pytest.raises(Refused) as caught:
        understood(json.dumps(value).encode(), Submission)
    assert caught.value.status in (400, 422)
    assert caught.value.faults


def test_the_hash_is_over_what_is_said() -> None:
    one = understood(json.dumps(submission()).encode(), Submission)
    pretty = json.dumps(submission(), indent=1, sort_keys=True, ensure_ascii=False)
    two = understood(pretty.encode(), Submission)
    other = understood(json.dumps(submission(amount_fen=1_300_000)).encode(), Submission)
    assert one.sha256 == two.sha256 != other.sha256


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("amount_fen", "1200000", "int_type"),
        ("amount_fen", True, "int_type"),
        ("amount_fen", None, "int_type"),
        ("amount_fen", 0, "greater_than_equal"),
        ("amount_fen", 10**17, "less_than_equal"),
        ("annual_rate", "1,8", "decimal_text"),
        ("annual_rate", "0x1", "decimal_text"),
        ("annual_rate", "\u0660.18", "decimal_text"),
        ("annual_rate", "1.8", "rate_range"),
        ("annual_rate", "-0.1", "rate_range"),
        ("method", "balloon", "enum"),
        ("term_months", "12", "int_type"),
        ("platform_no", "L 1", "string_pattern_mismatch"),
        ("platform_no", "\uff2c1", "string_pattern_mismatch"),
        ("platform_no", 1, "string_type"),
        ("consents", "personal_data", "tuple_type"),
        ("applicant", [], "model_type"),
        ("applicant.name", 7, "personal_type"),
        ("applicant.name", "=HYPERLINK(\"http://x\",\"y\")", "personal_value"),
        ("applicant.id_number", "110101199003072990", "personal_value"),
        ("applicant.mobile", "12345678901", "personal_value"),
        ("applicant.bank_card", "6222021234567890129", "personal_value"),
        ("applicant.region", "999", "string_pattern_mismatch"),
        ("applicant.monthly_income_fen", -1, "greater_than_equal"),
        ("applicant.nickname", "x", "extra_forbidden"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named_and_its_value_is_not(
    hub: Hub, frontend: Caller, path: str, value: object, code: str
) -> None:
    body: dict[str, Any] = submission()
    *parents, last = path.split(".")
    inner = body
    for parent in parents:
        inner = inner[parent]
    inner[last] = value
    said = frontend.post(APPLICATIONS, body, Idempotency_Key="k")
    assert (said.status, said.code, said.fields) == (422, "invalid_fields", {path})
    assert [fault["code"] for fault in said.json()["errors"]] == [code]
    assert all(
        fault["zh"] and fault["en"] and "{pattern}" not in fault["zh"] for fault in said.json()["errors"]
    )
    if isinstance(value, str) and len(value) > 3:
        assert value not in said.body.decode()
    assert stored(hub) == 0


@pytest.mark.parametrize("value", ["2016-12-31T23:59:60Z", "2025-01-01 00:00:00", "2025-01-01", -1, 0, "now"])
def test_a_time_is_a_real_one_with_its_zone(operator: Caller, value: object) -> None:
    said = operator.put("/v1/sandbox/clock", {"now": value})
    assert (said.status, said.fields) == (422, {"now"})


class TestTheWire:
    @pytest.mark.parametrize(
        "kind",
        ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk"],
    )
    def test_only_json_in_utf8(self, frontend: Caller, kind: str) -> None:
        said = frontend.post(APPLICATIONS, submission(), Idempotency_Key="k", Content_Type=kind)
        assert (said.status, said.code) == (415, "content_type")

    def test_no_compression(self, frontend: Caller) -> None:
        said = frontend.post(APPLICATIONS, submission(), Idempotency_Key="k", Content_Encoding="gzip")
        assert said.status == 415

    @pytest.mark.parametrize("declared", [True, False])
    def test_a_body_has_a_bound(self, frontend: Caller, declared: bool) -> None:
        raw = b'{"a":"' + b"x" * MAX_BYTES + b'"}'
        length = {} if declared else {"Content_Length": "10"}
        said = frontend.post(APPLICATIONS, raw, Idempotency_Key="k", **length)
        assert (said.status, said.code) == (413, "body_too_large")

    @pytest.mark.parametrize("length", ["9" * 5000, "\u0661", "-1", "many"])
    def test_a_senseless_length_breaks_nothing(self, frontend: Caller, length: str) -> None:
        header = length.encode().decode("latin-1")
        said = frontend.post(APPLICATIONS, submission(), Idempotency_Key="k", Content_Length=header)
        assert said.status in (201, 413)

    def test_a_body_that_never_ends_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(strict_json, "BODY_SECONDS", 0.0)
        said = Caller(_waiting()).post("/", {"now": "x"})
        assert (said.status, said.code) == (408, "body_too_slow")


def _waiting() -> FastAPI:
    app = FastAPI()
    handlers.install(app)

    @app.post("/")
    async def wait(request: Request) -> Response:
        async def never() -> Any:
            await asyncio.Event().wait()

        slow = Request(request.scope, never)
        return answer((await strict_json.read_json(slow, NewTime)).sha256)

    return app


# The shared hostile bodies against every door that takes JSON.


def hostile() -> list[tuple[str, bytes]]:
    cases = shared_json("vectors/hostile/json_semantics.json")["cases"]
    return [(case["name"], case["body"].encode()) for case in cases]


def snapshot(hub: Hub) -> dict[str, int]:
    tables = ("application", "event", "message", "work", "idempotency", "matter", "attempt", "nonce")
    return {table: stored(hub, table) for table in tables}


def assert_refused(name: str, said: Said) -> None:
    assert 400 <= said.status < 500, (name, said.status, said.body[:200])
    problem = said.json()
    assert said.code
    assert problem["errors"], name
    assert all(fault["field"] and fault["zh"] and fault["en"] for fault in problem["errors"])


def named(body: bytes) -> str:
    """The first key of a hostile body, which the answer must name."""
    return body.decode().lstrip("{ ").split(":")[0].strip('"').replace("\\u0073", "s")


@pytest.mark.parametrize("door", ["submit", "drawdown", "dismiss", "clock"])
def test_hostile_bodies_are_refused_and_change_nothing(hub: Hub, door: str) -> None:
    frontend, operator = hub.caller(), hub.caller("sandbox-operator-key")
    identifier = submitted(frontend)
    before = snapshot(hub)
    sent = {
        "submit": lambda raw, key: frontend.post(APPLICATIONS, raw, Idempotency_Key=key),
        "drawdown": lambda raw, key: frontend.post(
            f"{APPLICATIONS}/{identifier}/drawdown", raw, Idempotency_Key=key
        ),
        "dismiss": lambda raw, key: operator.post("/v1/operations/matters/mat_1/dismiss", raw),
        "clock": lambda raw, key: operator.put("/v1/sandbox/clock", raw),
    }[door]
    cases = hostile()
    assert len(cases) > 20
    for name, raw in cases:
        said = sent(raw, name)
        assert_refused(name, said)
        if raw.startswith(b'{"') and said.json()["errors"][0]["field"] != "(body)":
            assert named(raw) in said.fields, (name, said.fields)
    assert snapshot(hub) == before
    assert len(hub.times) == 1
