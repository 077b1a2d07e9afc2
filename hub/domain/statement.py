"""Statements: the lines of a closed month as one party reads them, proven whole, and written as CSV.

Chinese first, English second. The hash covers every line in order, so the same lines always give the same
statement; anything added, dropped or altered gives another.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

from contracts.agreement import PartyTerms
from contracts.money import format_yuan
from contracts.statement import Control, Statement, StatementDue, StatementLine, StatementTotal
from hub.domain.settlement import month_days
from hub.domain.sharing.line import Basis, ShareLine


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a statement file: headings, what it shows of a line, and its width in characters."""

    zh: str
    en: str
    value: Callable[[StatementLine], str | int]
    """Text, or an amount in fen."""
    width: int = 16

    @property
    def heading(self) -> str:
        """Chinese first, English second."""
        return f"{self.zh} {self.en}"


WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "disbursed": "放款",
        "received": "还款",
        "compensated": "代偿",
        "refunded": "退款",
        "cancelled": "放款撤销",
        "month_end": "月末计提",
        "contribution": "出资",
        "return": "本金归还",
        "share": "分润",
        "upfront": "前分润",
        "reserve_held": "准备金存入",
        "reserve_drawn": "准备金支取",
        "claim": "代偿支出",
        "recovery": "代偿追回",
        "monthly": "月度费用",
        "top_up": "保底封顶调整",
        "first_loss": "优先损失分担",
        "tax": "增值税(价外)",
        "tax_within": "增值税(价内)",
        "withheld": "代扣代缴",
        "correction": "异议更正",
        "corrected": "异议更正",
        "principal": "本金",
        "interest": "利息",
        "fee": "费用",
        "penalty": "罚息",
        "balance": "日均余额",
        "application": "有效申请",
        "loss": "净损失",
        "given": "条款合计",
        "": "",
    }
)
"""Chinese words of the codes a statement shows; the code itself is the English."""


def word(code: str) -> str:
    """Return a code as people read it: Chinese, then the code."""
    return f"{WORDS.get(code, code)} {code}".strip()


FIELDS: Final = tuple(field.name for field in fields(StatementLine))
"""The fields of a line, in the order in which the hash covers them."""

KIND: Final = Column("项目", "Kind", lambda line: word(line.kind))
BASE: Final = Column("计算基础", "Base", lambda line: word(line.base))
OWN: Final = Column("本方份额(元)", "Own part (CNY)", lambda line: line.own_fen, 18)
DUE: Final = Column("应收付(元)", "Due (CNY)", lambda line: line.due_fen, 18)

COLUMNS: Final = (
    Column("入账日", "Date", lambda line: line.on.isoformat()),
    Column("借款编号", "Loan", lambda line: line.loan_id, 38),
    Column("业务", "Event", lambda line: word(line.event)),
    Column("流水号", "Serial", lambda line: line.serial, 24),
    Column("期数", "Term", lambda line: "" if line.period is None else str(line.period), 8),
    KIND,
    Column("条款", "Clause", lambda line: line.clause),
    Column("对手方", "Counterparty", lambda line: line.counterparty),
    BASE,
    Column("基数(元)", "Base amount (CNY)", lambda line: line.base_fen, 18),
    OWN,
    DUE,
    Column("计算依据", "Basis", lambda line: line.basis, 60),
    Column("冲销原行", "Takes back", lambda line: line.mirrors, 24),
    Column("跨期", "Carried", lambda line: "是 yes" if line.carried else "", 8),
    Column("行号", "Reference", lambda line: line.ref, 48),
)
"""The columns of every statement file, in order."""

_SIGNS: Final = frozenset("=+-@＝＋－＠\t\r\n")


def build(party: PartyTerms, period: str, lines: Iterable[ShareLine]) -> Statement:
    """Return a party's statement of a month from the lines the month was closed with.

    Lines of other parties are passed over. ValueError when the period is no month.
    """
    first, _ = month_days(period)
    rows: list[StatementLine] = []
    totals: dict[tuple[str, str], list[int]] = {}
    dues: dict[str, int] = {}
    digest = hashlib.sha256()
    for line in lines:
        if party.id not in (line.party, line.counterparty):
            continue
        row = _row(party.id, line, carried=line.on < first)
        rows.append(row)
        digest.update(_proof(row))
        total = totals.setdefault((row.kind, row.base), [0, 0, 0])
        for place, amount in enumerate((1, row.own_fen, row.due_fen)):
            total[place] += amount
        if row.due_fen:
            dues[row.counterparty] = dues.get(row.counterparty, 0) + row.due_fen
    return Statement(
        party=party.id,
        party_zh=party.name_zh,
        party_en=party.name_en,
        period=period,
        lines=tuple(rows),
        totals=tuple(
            StatementTotal(kind=kind, base=base, lines=count, own_fen=own, due_fen=due)
            for (kind, base), (count, own, due) in sorted(totals.items())
        ),
        dues=tuple(
            StatementDue(counterparty=other, due_fen=due) for other, due in sorted(dues.items()) if due
        ),
        control=Control(
            lines=len(rows),
            own_fen=sum(row.own_fen for row in rows),
            due_fen=sum(dues.values()),
            sha256=digest.hexdigest(),
        ),
    )


def explain(basis: Basis) -> str:
    """Return a basis in numbers, amounts in yuan: what was multiplied, rounded, and capped by what."""
    parts = []
    if basis.rate is not None:
        parts.append(f"比例 rate {basis.rate}")
    if basis.balance_fen is not None:
        parts.append(f"余额 balance {format_yuan(basis.balance_fen)}")
    if basis.days is not None:
        parts.append(f"天数 days {basis.days}/{basis.day_count}")
    if basis.count is not None:
        parts.append(f"笔数 count {basis.count}")
    if basis.tiers is not None:
        parts.append(f"分段 tiers {basis.tiers}")
    if basis.exact is not None:
        parts.append(f"= {basis.exact} 分 fen")
    if basis.rounding is not None:
        parts.append(f"取整 rounding {basis.rounding}")
    if basis.taken_fen:
        parts.append(f"已计 taken {format_yuan(basis.taken_fen)}")
    if basis.left_fen is not None:
        parts.append(f"可分 left {format_yuan(basis.left_fen)}")
    return "; ".join(parts)


def to_csv(statement: Statement) -> bytes:
    """Return the statement as CSV: UTF-8 with byte order mark, headings, lines, then the control figures.

    Text that a spreadsheet would run as a formula is written behind an apostrophe; amounts are plain numbers.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.heading for column in COLUMNS])
    for line in statement.lines:
        writer.writerow([_cell(column, line) for column in COLUMNS])
    control = statement.control
    sums = {OWN.en: format_yuan(control.own_fen), DUE.en: format_yuan(control.due_fen)}
    writer.writerow(["合计 Total", *(sums.get(column.en, "") for column in COLUMNS[1:])])
    writer.writerow(["行数 Lines", control.lines])
    writer.writerow(["校验 SHA-256", control.sha256])
    return out.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: a leading sign is put behind an apostrophe.

    Covers = + - @, their full-width forms, tab, carriage return and line feed, also after leading blanks.
    """
    start = text.lstrip(" \u3000\u00a0")
    return f"'{text}" if start[:1] in _SIGNS and start else text


def _cell(column: Column, line: StatementLine) -> str:
    value = column.value(line)
    return format_yuan(value) if isinstance(value, int) else harmless(value)


def _row(party: str, line: ShareLine, *, carried: bool) -> StatementLine:
    owns = line.party == party
    owed = line.owed_fen
    return StatementLine(
        ref=line.ref,
        on=line.on,
        loan_id=line.loan_id,
        event=line.event.value,
        serial=line.serial,
        period=line.period,
        kind=line.kind.value,
        clause=line.clause,
        counterparty=line.counterparty if owns else line.party,
        base=line.base.value,
        base_fen=line.base_fen,
        own_fen=line.amount_fen if owns else 0,
        due_fen=owed if owns else -owed,
        basis=explain(line.basis),
        mirrors=line.mirrors or "",
        carried=carried,
    )


def _proof(row: StatementLine) -> bytes:
    """The bytes of a line under the hash: each value in the order of its fields, as length:text in UTF-8."""
    values = [str(getattr(row, name)) for name in FIELDS]
    return "".join([f"{len(value)}:{value}" for value in values]).encode()
