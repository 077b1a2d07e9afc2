"""A decision in words, Chinese first: what was asked, who was chosen at what cost, and why nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hub.domain.calendar import shanghai
from hub.domain.reasons import percent, yuan
from hub.domain.routing.record import Candidate, Decision

_COSTS: Final = {
    "capital": "资金成本",
    "co_capital": "联合资金成本",
    "guarantee": "担保费",
    "per_loan_fee": "每笔放款费",
    "per_application_fee": "每笔申请费",
    "per_call_fee": "查询费",
    "payout_fee": "代付手续费",
    "collection_fee": "代扣手续费",
    "reserve": "保证金占用",
    "expected_loss": "预期损失",
    "subsidy": "贴息",
    "subsidy_per_loan": "每笔贴息",
    "tax": "税费",
}


def told(decision: Decision) -> Iterator[tuple[str, str]]:
    """Yield the lines of a decision, each in Chinese and in English."""
    case, at = decision.case, f"{shanghai(decision.decided_at):%Y-%m-%d %H:%M:%S}"
    amount, rate = yuan(case.amount_fen), percent(case.annual_rate)
    yield (
        f"申请 {case.application_id}：{case.product} {amount} 元，{case.term_months} 期，年利率 {rate}，{at}",
        f"application {case.application_id}: {amount} yuan, {case.term_months} months at {rate}",
    )
    if not decision.candidates:
        yield "未选定：没有可用的资金方", "chosen: nobody may fund it"
    for place, candidate in enumerate(decision.candidates, start=1):
        yield from _candidate(place, candidate)
    for refusal in decision.refusals:
        name = f"{refusal.programme}@{refusal.version} ({refusal.partner})"
        for why in refusal.reasons:
            yield f"未选 {name}：{why.zh} [{why.code}]", f"not {name}: {why.en}"


def _candidate(place: int, candidate: Candidate) -> Iterator[tuple[str, str]]:
    name = f"{candidate.programme}@{candidate.version} ({candidate.partner})"
    total, rate = yuan(candidate.cost.fen), percent(candidate.cost.annual_rate)
    first = place == 1
    bid_zh = f"，稀缺额度价值 {yuan(candidate.bid_fen)} 元" if candidate.bid_fen else ""
    bid_en = f", its scarce quota worth {yuan(candidate.bid_fen)} yuan" if candidate.bid_fen else ""
    yield (
        f"{'选定' if first else f'候选 {place}'} {name}：成本 {total} 元，年化 {rate}{bid_zh}",
        f"{'chosen' if first else f'candidate {place}'} {name}: costs {total} yuan, {rate} a year{bid_en}",
    )
    for line in candidate.cost.lines:
        code, _, party = line.code.partition(".")
        yield f"  {_COSTS.get(code, code)}{party and f' {party}'} {yuan(line.fen)} 元", f"  {line.code}"
