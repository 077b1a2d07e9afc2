"""Any fen explained: from the movement through clause, numbers and rounding to the posted entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.agreement import Agreement
from contracts.money import Rounding, divide, format_yuan
from hub.domain.ledger import CHART, Posting, postings_of
from hub.domain.sharing.events import EventKind
from hub.domain.sharing.line import LineKind, ShareLine
from hub.domain.sharing.wording import Sentence, sentence
from hub.domain.statement import explain as numbers
from hub.domain.statement import word


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an explanation, Chinese first, English second."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a line is what it is. `agrees` is whether its own numbers give its amount again."""

    line: ShareLine
    sentence: Sentence | None
    steps: tuple[Step, ...]
    postings: tuple[Posting, ...]
    agrees: bool


def explain(
    agreement: Agreement, line: ShareLine, siblings: Sequence[ShareLine], original: ShareLine | None
) -> Explanation:
    """Explain a line. `siblings` are all lines of its movement, `original` the one it takes back, if any."""
    clause = next((c for c in (*agreement.clauses, *agreement.monthly) if c.id == line.clause), None)
    said = None if clause is None else sentence(agreement, clause)
    steps = [_event(line), _pot(line, siblings)]
    if said is not None:
        steps.append(Step(f"条款 {said.clause}：{said.zh}", f"Clause {said.clause}: {said.en}"))
    if original is not None:
        steps.append(_taken_back(line, original))
    elif worked := numbers(line.basis):
        steps.append(Step(f"计算：{worked}", f"Numbers: {worked}"))
    result = format_yuan(line.amount_fen)
    steps.append(
        Step(
            f"结果：{line.counterparty} 应付 {line.party} {result} 元（{word(line.kind)}）",
            f"Result: {line.counterparty} owes {line.party} {result} yuan ({line.kind})",
        )
    )
    posted = postings_of(line)
    for posting in posted:
        account, debit = CHART[posting.account], posting.amount_fen > 0
        amount = format_yuan(abs(posting.amount_fen))
        steps.append(
            Step(
                f"分录：{'借' if debit else '贷'} {account.zh} {posting.party} {amount}",
                f"Entry: {'Dr' if debit else 'Cr'} {account.en} {posting.party} {amount}",
            )
        )
    return Explanation(line, said, tuple(steps), posted, agrees(line))


def agrees(line: ShareLine) -> bool:
    """Whether a line's own numbers give its amount again; true where it holds no numbers of its own."""
    basis = line.basis
    if line.mirrors is not None or basis.exact is None or basis.rounding not in set(Rounding):
        return True
    top, bottom = (int(part) for part in basis.exact.split("/"))
    due = divide(top, bottom, Rounding(basis.rounding))
    if line.kind is LineKind.MONTHLY:
        return due == line.amount_fen
    if basis.taken_fen is not None:
        due = max(due - basis.taken_fen, 0)
    return line.amount_fen == (due if basis.left_fen is None else min(due, basis.left_fen))


def _event(line: ShareLine) -> Step:
    number = f" {line.serial}" if line.serial else ""
    term_zh = "" if line.period is None else f"，第 {line.period} 期"
    term_en = "" if line.period is None else f", term {line.period}"
    what = "月末 Month's end" if line.event is EventKind.MONTH_END else word(line.event)
    return Step(
        f"事件：{line.on} {what}{number}，{line.loan_id}{term_zh}",
        f"Event: {line.event}{number} of {line.loan_id} on {line.on}{term_en}",
    )


def _pot(line: ShareLine, siblings: Sequence[ShareLine]) -> Step:
    alike = [other for other in siblings if other.base is line.base and other.kind is not LineKind.CLAIM]
    parts = " + ".join(f"{other.party} {format_yuan(other.amount_fen)}" for other in alike)
    base = format_yuan(line.base_fen)
    return Step(
        f"基数：{word(line.base)} {base} 元；各方：{parts}",
        f"Base: {line.base} {base} yuan; shared as {parts}",
    )


def _taken_back(line: ShareLine, original: ShareLine) -> Step:
    was, back = format_yuan(original.amount_fen), format_yuan(line.amount_fen)
    return Step(
        f"冲销：原行 {original.ref} 为 {was} 元，本次冲回 {back} 元",
        f"Takes back: line {original.ref} was {was} yuan, now {back}",
    )
