"""Writes a statement as PDF: heading, party, control totals, then every line, each page with its heading.

Chinese is set in STSong-Light, one of the fonts every PDF reader brings along, so no font file is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from contracts.money import format_yuan
from contracts.statement import Statement, StatementLine
from hub.domain.statement import word

FONT: Final = "STSong-Light"
LATIN: Final = "Helvetica"
WIDTH, HEIGHT = landscape(A4)
MARGIN: Final = 36
SIZE: Final = 6.5
STEP: Final = 10
_RIGHT: Final = "right"

_COLUMNS: Final[tuple[tuple[str, str, int, str, Callable[[StatementLine], str]], ...]] = (
    ("入账日", "Date", 46, "left", lambda line: line.on.isoformat()),
    ("借款编号", "Loan", 140, "left", lambda line: line.loan_id),
    ("业务", "Event", 82, "left", lambda line: word(line.event)),
    ("项目", "Kind", 92, "left", lambda line: word(line.kind)),
    ("条款", "Clause", 74, "left", lambda line: line.clause),
    ("对手方", "Counterparty", 80, "left", lambda line: line.counterparty),
    ("计算基础", "Base", 66, "left", lambda line: word(line.base)),
    ("本方份额(元)", "Own part (CNY)", 74, _RIGHT, lambda line: format_yuan(line.own_fen)),
    ("应收付(元)", "Due (CNY)", 74, _RIGHT, lambda line: format_yuan(line.due_fen)),
    ("跨期", "Carried", 42, _RIGHT, lambda line: "是 yes" if line.carried else ""),
)
"""Chinese, English, width in points, side, and what the column shows of a line."""


def to_pdf(
    statement: Statement, target: Path | BinaryIO, *, progress: Callable[[int], None] | None = None
) -> None:
    """Write the statement; the same one gives the same bytes. `progress` is told the lines after a page."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    # Invariant: no time of creation and no random id stand in the file.
    canvas = Canvas(
        str(target) if isinstance(target, Path) else target, pagesize=(WIDTH, HEIGHT), invariant=1
    )
    canvas.setTitle(f"{statement.party_zh} {statement.period}")
    canvas.setAuthor("LoanHub")
    pages = _pages(len(statement.lines))
    _summary(canvas, statement, pages)
    for number, (first, last) in enumerate(_spans(len(statement.lines)), 2):
        _page(canvas, statement, statement.lines[first:last], number, pages)
        if progress is not None:
            progress(last)
    canvas.save()


_PER_PAGE: Final = int((HEIGHT - 2 * MARGIN - 5 * STEP) // STEP)


def _pages(lines: int) -> int:
    return 1 + -(-lines // _PER_PAGE)


def _spans(lines: int) -> list[tuple[int, int]]:
    return [(first, min(first + _PER_PAGE, lines)) for first in range(0, lines, _PER_PAGE)]


def _put(canvas: Canvas, x: float, y: float, text: str, size: float, side: str = "left") -> None:
    """Draw a text; what is plain ASCII in a narrower face, which is also faster to set."""
    canvas.setFont(LATIN if text.isascii() else FONT, size)
    if side == _RIGHT:
        canvas.drawRightString(x, y, text)
    else:
        canvas.drawString(x, y, text)


def _fitted(text: str, width: int, size: float) -> str:
    """The text cut to its column, with dots for what is missing."""
    font = LATIN if text.isascii() else FONT
    if len(text) * size <= width or pdfmetrics.stringWidth(text, font, size) <= width:
        return text
    while text and pdfmetrics.stringWidth(text + "..", font, size) > width:
        text = text[:-1]
    return text + ".."


def _summary(canvas: Canvas, statement: Statement, pages: int) -> None:
    """The first page: whose statement it is, what it comes to, by kind and by counterparty."""
    control, y = statement.control, HEIGHT - MARGIN - 18
    _put(canvas, MARGIN, y, "结算对账单 Settlement statement", 18)
    head = (
        ("对账方 Party", f"{statement.party_zh} {statement.party_en} ({statement.party})"),
        ("账期 Period", statement.period),
        ("行数 Lines", str(control.lines)),
        ("本方份额合计(元) Own part", format_yuan(control.own_fen)),
        ("应收付合计(元) Due", format_yuan(control.due_fen)),
        ("校验 SHA-256", control.sha256),
    )
    y -= 14
    for name, value in head:
        y -= 16
        _put(canvas, MARGIN, y, name, 10)
        _put(canvas, MARGIN + 170, y, value, 10)
    tables: list[tuple[tuple[str, ...], list[tuple[str, ...]]]] = [
        (
            ("对手方 Counterparty", "净额, 收为正(元) Net, to receive above zero"),
            [(due.counterparty, format_yuan(due.due_fen)) for due in statement.dues],
        ),
        (
            ("项目 Kind", "计算基础 Base", "行数 Lines", "本方份额(元) Own part", "应收付(元) Due"),
            [
                (word(t.kind), word(t.base), str(t.lines), format_yuan(t.own_fen), format_yuan(t.due_fen))
                for t in statement.totals
            ],
        ),
    ]
    y -= 14
    for names, rows in tables:
        y -= 14
        for row in (names, *rows):
            if y < MARGIN + STEP:
                _foot(canvas, 1, pages)
                canvas.showPage()
                y = HEIGHT - MARGIN
            for place, text in enumerate(row):
                _put(canvas, MARGIN + place * 150, y, text, 9)
            y -= 13
    _foot(canvas, 1, pages)
    canvas.showPage()


def _page(
    canvas: Canvas, statement: Statement, lines: Sequence[StatementLine], number: int, pages: int
) -> None:
    top = HEIGHT - MARGIN
    _put(canvas, MARGIN, top, f"{statement.party_zh} {statement.party_en} {statement.period}", 9)
    y, x = top - 1.6 * STEP, float(MARGIN)
    for zh, en, width, side, _ in _COLUMNS:
        at = x + width - 4 if side == _RIGHT else x
        _put(canvas, at, y, zh, SIZE, side)
        _put(canvas, at, y - 8, en, SIZE - 0.5, side)
        x += width
    canvas.line(MARGIN, y - 11, WIDTH - MARGIN, y - 11)
    y -= 2 * STEP
    for line in lines:
        x = float(MARGIN)
        for _, _, width, side, value in _COLUMNS:
            at = x + width - 4 if side == _RIGHT else x
            _put(canvas, at, y, _fitted(value(line), width - 4, SIZE), SIZE, side)
            x += width
        y -= STEP
    _foot(canvas, number, pages)
    canvas.showPage()


def _foot(canvas: Canvas, number: int, pages: int) -> None:
    _put(canvas, WIDTH - MARGIN, MARGIN - 12, f"第 {number} 页 / 共 {pages} 页", 8, _RIGHT)
