"""The payment instruction we write and the bank statement we read: two CSV layouts, each in one place.

Both are UTF-8, Chinese headings first. docs/settlement.md shows them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final

from contracts.money import format_yuan, parse_yuan
from hub.domain.reconciliation import BankLine
from hub.domain.statement import harmless


@dataclass(frozen=True, slots=True)
class Instruction:
    """One payment to be made; `id` goes with it as the reference by which the bank's line is found again."""

    id: str
    month: str
    debtor: str
    creditor: str
    amount_fen: int


INSTRUCTION: Final = (
    "序号 No",
    "付款编号 Reference",
    "账期 Period",
    "付款方 Payer",
    "付款方名称 Payer name",
    "收款方 Payee",
    "收款方名称 Payee name",
    "金额(分) Amount (fen)",
    "金额(元) Amount (CNY)",
)
BANK: Final = (
    "交易日期 Date",
    "流水号 Serial",
    "收支金额(元) Amount (CNY)",
    "对方户名 Counterparty",
    "摘要 Reference",
)


def to_csv(payments: Iterable[Instruction], names: Mapping[str, str]) -> bytes:
    """Return the payment instruction: one row a payment, then count, totals and the hash of what is above.

    `names` are the parties' legal names. The hash is SHA-256 over the bytes before its own row, without the
    byte order mark; the same payments always give the same bytes.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(INSTRUCTION)
    count = total = 0
    for count, one in enumerate(payments, 1):
        total += one.amount_fen
        sides = [
            harmless(text) for side in (one.debtor, one.creditor) for text in (side, names.get(side, ""))
        ]
        writer.writerow([count, one.id, one.month, *sides, one.amount_fen, format_yuan(one.amount_fen)])
    writer.writerow(["笔数 Payments", count])
    writer.writerow(["合计 Total", *[""] * 6, total, format_yuan(total)])
    writer.writerow(["校验 SHA-256", sha256(out.getvalue().encode()).hexdigest()])
    return out.getvalue().encode("utf-8-sig")


class BadBankFile(ValueError):
    """The bank's file cannot be read; the message names the row and the column."""


def read_bank(content: bytes) -> tuple[BankLine, ...]:
    """Return the lines of a bank statement in our layout; a serial stands in it once.

    Raises BadBankFile: nothing of a file is taken when any of it cannot be read.
    """
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadBankFile(f"the file is not CSV in UTF-8: {error}") from None
    if not rows or tuple(rows[0]) != BANK:
        raise BadBankFile(f"row 1: the headings are {', '.join(BANK)}")
    lines = [_bank_line(number, row) for number, row in enumerate(rows[1:], 2) if row]
    seen: set[str] = set()
    for number, line in enumerate(lines, 2):
        if line.serial in seen:
            raise BadBankFile(f"row {number}, {BANK[1]}: {line.serial} stands in the file twice")
        seen.add(line.serial)
    return tuple(lines)


def _bank_line(number: int, row: list[str]) -> BankLine:
    if len(row) != len(BANK):
        raise BadBankFile(f"row {number}: has {len(row)} columns, not {len(BANK)}")
    day, serial, amount, counterparty, reference = (cell.strip() for cell in row)
    if not serial:
        raise BadBankFile(f"row {number}, {BANK[1]}: is empty; it is the bank's own number")
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise BadBankFile(f"row {number}, {BANK[0]}: is a day written as 2026-01-31") from None
    try:
        fen = parse_yuan(amount)
    except ValueError as error:
        raise BadBankFile(f"row {number}, {BANK[2]}: {error}") from None
    return BankLine(serial, on, fen, counterparty, reference)
