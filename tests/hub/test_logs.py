"""Every log line is one JSON object, ours and the libraries', and shows nobody's numbers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from contracts.sensitive import IdNumber, Mobile
from hub import logs
from tests.hub.people import applicant

MOBILE = "13800138000"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The logging of the other tests as it was."""
    root = logging.getLogger()
    before, configured = (root.handlers[:], root.level), structlog.get_config()
    yield
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.configure(**configured)
    structlog.contextvars.clear_contextvars()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_a_line_is_one_json_object_with_time_level_and_module(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    logs.get("hub.x").info("taken\nback", jobs=3, who="张", nothing=None)
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "taken\nback", "level": "info", "module": "hub.x", "jobs": 3, "who": "张", "nothing": None
    }  # fmt: skip


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("WARNING")
    logs.get("hub.x").info("quiet")
    logging.getLogger("lib").info("quiet")
    logs.get("hub.x").warning("heard")
    logging.getLogger("lib").warning("heard")
    assert [line["event"] for line in lines(capsys)] == ["heard", "heard"]


def test_other_libraries_write_json_too_and_the_chatty_only_when_it_matters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up()
    logging.getLogger("lib").info("dialled %s", MOBILE)
    logging.getLogger("httpx").info("HTTP Request: GET /?phone=%s", MOBILE)
    (line,) = lines(capsys)
    assert (line["event"], line["level"]) == ("dialled 138****8000", "info")


def test_personal_values_and_what_looks_like_one_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    person = applicant()
    log = logs.get("hub.x")
    log.info(
        "one", mobile=Mobile(MOBILE), person=person, many=[person.id_number], named={"a": person.bank_card}
    )
    log.info("two", reason=f"客户 {MOBILE}，证件 {IdNumber.example}")
    structlog.contextvars.bind_contextvars(caller=MOBILE)
    log.info(f"three {MOBILE}")
    shown = json.dumps(lines(capsys), ensure_ascii=False)
    for plain in (MOBILE, IdNumber.example, person.name.reveal(), person.id_number.reveal()):
        assert plain not in shown
    for plain in (person.mobile.reveal(), person.bank_card.reveal()):
        assert plain not in shown
    assert shown.count("138****8000") >= 3


def test_an_error_is_told_with_its_trace_and_without_the_numbers_in_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up()
    for log in (logs.get("hub.x"), logging.getLogger("lib")):
        try:
            raise ValueError(f"the partner said {MOBILE}")
        except ValueError:
            log.exception("failed")
    for line in lines(capsys):
        assert "ValueError: the partner said 138****8000" in line["exception"]
        assert "Traceback" in line["exception"]
        assert line["level"] == "error"


def test_what_json_has_no_word_for_is_written_as_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    logs.get("hub.x").info("odd", value=object(), raw=b"\x00")
    (line,) = lines(capsys)
    assert line["value"].startswith("<object object")
    assert line["raw"] == "b'\\x00'"
