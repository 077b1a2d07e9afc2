"""The PDF shows who, what and every line, the same bytes each time, without a font of its own."""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Iterator

from contracts.statement import Statement
from hub.domain.statement import build
from hub.flows.statement_pdf import to_pdf
from tests.hub.domain.sharing.agreements import SPREAD, opened, received


def statement(repayments: int) -> Statement:
    book = opened(SPREAD)
    for number in range(repayments):
        book.play(received(f"r{number}", 1_000, 700))
    return build(SPREAD.by_party["bank"], "2026-01", book.lines)


def written(made: Statement) -> bytes:
    target = io.BytesIO()
    to_pdf(made, target)
    return target.getvalue()


def shown(pdf: bytes) -> Iterator[str]:
    """Every text that is drawn, page by page: what stands before Tj, in Latin-1 or as UCS-2."""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        content = zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
        for text in re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", content, re.DOTALL):
            raw = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), text)
            raw = re.sub(rb"\\(.)", rb"\1", raw, flags=re.DOTALL)
            if raw.isascii() and b"\0" not in raw:
                yield raw.decode()
            else:
                yield raw.decode("utf-16-be", "replace")


def test_it_shows_the_party_the_totals_and_every_line_on_pages_with_the_heading() -> None:
    made = statement(60)
    pdf = written(made)
    texts = list(shown(pdf))
    assert pdf == written(made)
    assert "结算对账单 Settlement statement" in texts
    assert any(made.party_zh in text for text in texts)
    assert made.control.sha256 in texts
    pages = len(re.findall(rb"/Type /Page\b(?!s)", pdf))
    assert pages > 2
    assert texts.count("入账日") == texts.count("Due (CNY)") == pages - 1
    assert sum(text == made.lines[0].loan_id for text in texts) == len(made.lines)
    assert f"第 {pages} 页 / 共 {pages} 页" in texts
    assert b"/STSong-Light" in pdf
    assert b"/FontFile" not in pdf


def test_progress_is_told_page_by_page_and_no_lines_are_a_page() -> None:
    made, told = statement(60), list[int]()
    to_pdf(made, io.BytesIO(), progress=told.append)
    assert told == sorted(set(told))
    assert told[-1] == len(made.lines)
    empty = build(SPREAD.by_party["bank"], "2026-01", ())
    assert "第 1 页 / 共 1 页" in list(shown(written(empty)))
