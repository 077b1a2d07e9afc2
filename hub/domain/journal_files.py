"""The journal as an ERP imports it: a plain CSV of every posting, and the voucher layout 凭证.

Both are UTF-8 with byte order mark, Chinese headings first, amounts in yuan with two decimals, debit and
credit in columns of their own. docs/settlement.md shows them. A voucher is one journal entry, numbered in the
order of the books within its month; its postings are in balance, and so is the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Final

from contracts.money import format_yuan
from hub.domain.ledger import CHART, OutOfBalance
from hub.domain.statement import harmless


@dataclass(frozen=True, slots=True)
class Booked:
    """A journal entry as it was written; postings are account, party and fen, debit positive."""

    id: str
    kind: str
    loan_id: str | None
    serial: str
    month: str
    on: date
    memo: str
    postings: tuple[tuple[str, str, int], ...]


class Layout(StrEnum):
    """What columns the file has."""

    JOURNAL = "journal"
    VOUCHER = "voucher"


_HEADINGS: Final[Mapping[Layout, tuple[str, ...]]] = {
    Layout.JOURNAL: (
        "分录编号 Entry", "行号 Line", "入账日 Date", "账期 Period", "类型 Kind", "借款编号 Loan",
        "流水号 Serial", "摘要 Memo", "科目 Account", "科目名称 Account name", "往来单位 Party",
        "借方(元) Debit", "贷方(元) Credit",
    ),
    Layout.VOUCHER: (
        "日期", "凭证字", "凭证号", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额", "往来单位",
    ),
}  # fmt: skip

_DEBIT: Final[Mapping[Layout, int]] = {Layout.JOURNAL: 11, Layout.VOUCHER: 6}
"""Where the two columns of amounts begin."""

_WORD: Final = "转"
"""转账凭证: no entry of these books touches a cash or bank account."""


def to_csv(entries: Iterable[Booked], layout: Layout) -> Iterator[bytes]:
    """Yield the file entry by entry, then a row of totals and one of the hash of all rows above.

    Raises OutOfBalance when an entry, or what was read of it, does not sum to zero.
    """
    digest, debit, credit = sha256(), 0, 0
    yield b"\xef\xbb\xbf"

    def written(rows: Iterable[Sequence[object]]) -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\r\n").writerows(rows)
        content = out.getvalue().encode()
        digest.update(content)
        return content

    yield written([_HEADINGS[layout]])
    number = 0
    for number, entry in enumerate(entries, 1):
        total = sum(fen for _, _, fen in entry.postings)
        if total:
            raise OutOfBalance(f"entry {entry.id} is out by {total} fen")
        debit += sum(fen for _, _, fen in entry.postings if fen > 0)
        credit -= sum(fen for _, _, fen in entry.postings if fen < 0)
        yield written(_ROWS[layout](number, entry))
    row: list[object] = ["合计 Total", number, *[""] * (len(_HEADINGS[layout]) - 2)]
    at = _DEBIT[layout]
    row[at : at + 2] = [format_yuan(debit), format_yuan(credit)]
    yield written([row])
    yield written([["校验 SHA-256", digest.hexdigest()]])


def _journal(number: int, entry: Booked) -> Iterator[Sequence[object]]:
    head = (entry.on.isoformat(), entry.month, entry.kind, entry.loan_id or "", entry.serial, entry.memo)
    for line, (account, party, fen) in enumerate(entry.postings, 1):
        names = (*head, account, CHART[account].zh, party)
        yield entry.id, line, *(harmless(name) for name in names), *_sides(fen)


def _voucher(number: int, entry: Booked) -> Iterator[Sequence[object]]:
    memo = harmless(f"{entry.memo} {entry.loan_id or ''}".strip())
    for account, party, fen in entry.postings:
        what = (memo, account, CHART[account].zh)
        yield entry.on.isoformat(), _WORD, number, *what, *_sides(fen), harmless(party)


_ROWS: Final[Mapping[Layout, Callable[[int, Booked], Iterator[Sequence[object]]]]] = {
    Layout.JOURNAL: _journal,
    Layout.VOUCHER: _voucher,
}


def _sides(fen: int) -> tuple[str, str]:
    return (format_yuan(fen), "") if fen > 0 else ("", format_yuan(-fen))
