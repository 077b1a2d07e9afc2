"""Code tables: what no line names is unknown, and each meaning asks for its own next step."""

from __future__ import annotations

import pytest

from connectors.codes import CodeTable, Line, Meaning, fail, load_codes
from connectors.facts import submitted
from connectors.port import ConnectorFailure, Rejected, Uncertain, Unreachable
from connectors.registry import BUILT_IN

TABLE = CodeTable.of(
    [
        Line(code="0", means=Meaning.ACCEPTED),
        Line(code="9", means=Meaning.DECLINED, message="^参数"),
        Line(code="9", means=Meaning.RETRYABLE, message="频繁"),
    ]
)


@pytest.mark.parametrize(
    ("code", "message", "means"),
    [
        ("0", None, Meaning.ACCEPTED),
        ("9", "参数错误", Meaning.DECLINED),
        ("9", "请求频繁", Meaning.RETRYABLE),
        ("9", "系统错误", Meaning.UNKNOWN),
        ("9", None, Meaning.UNKNOWN),
        ("00", None, Meaning.UNKNOWN),
        ("", None, Meaning.UNKNOWN),
        (None, None, Meaning.UNKNOWN),
    ],
)
def test_a_code_means_what_its_line_says_and_nothing_else(
    code: str | None, message: str | None, means: Meaning
) -> None:
    assert TABLE.line(code, message).means is means


@pytest.mark.parametrize("means", list(Meaning))
def test_a_submission_is_taken_refused_sent_again_or_uncertain(means: Meaning) -> None:
    line = Line(code="1", means=means)
    if means in (Meaning.ACCEPTED, Meaning.DUPLICATE):
        assert submitted(line, "m") == ()
        return
    failures: dict[Meaning, type[ConnectorFailure]] = {
        Meaning.RETRYABLE: Unreachable,
        Meaning.DECLINED: Rejected,
    }
    with pytest.raises(failures.get(means, Uncertain)) as caught:
        fail(line, "m")
    assert caught.value.code == "1"


def test_9999_is_success_for_one_partner_and_unknown_to_the_others() -> None:
    meanings = {
        dialect: load_codes(f"connectors.{dialect}")["submit"].line("9999").means for dialect in BUILT_IN
    }
    assert meanings.pop("trust_file") is Meaning.ACCEPTED
    assert set(meanings.values()) == {Meaning.UNKNOWN}
