"""An agreement in words: each clause as a sentence a partner can read, Chinese first, English second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from contracts.agreement import (
    Agreement,
    Base,
    BetweenTwo,
    Bounds,
    CapitalSplit,
    Clause,
    CostFirst,
    DailyBalance,
    FirstLoss,
    MonthlyClause,
    PerApplication,
    QualityTiers,
    ReserveReview,
    Residual,
    RiskReserve,
    ShareOfReceived,
    ShareOnDisbursement,
    Tax,
    TierMode,
    VolumeTiers,
    Withholding,
)
from contracts.money import RemainderRule, Rounding, format_yuan


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a clause says."""

    clause: str
    zh: str
    en: str


POTS: Final[Mapping[Base, tuple[str, str]]] = MappingProxyType(
    {
        Base.DISBURSED: ("放款金额", "the amount disbursed"),
        Base.PRINCIPAL: ("收回本金", "principal received"),
        Base.INTEREST: ("实收利息", "interest received"),
        Base.FEE: ("实收费用", "fees received"),
        Base.PENALTY: ("实收罚息", "penalties received"),
    }
)
REMAINDERS: Final[Mapping[RemainderRule, tuple[str, str]]] = MappingProxyType(
    {
        RemainderRule.LARGEST_REMAINDER: ("余分按最大余数分配", "left-over fen by largest remainder"),
        RemainderRule.FIRST_LISTED: ("余分按列示顺序分配", "left-over fen in the order listed"),
        RemainderRule.LARGEST_WEIGHT: ("余分给占比大者", "left-over fen to the larger share"),
        RemainderRule.RESIDUAL_PARTY: ("余分归最后一方", "left-over fen to the last party"),
        RemainderRule.SEQUENTIAL: ("自末位起逐方取整", "rounded down one after the other from the last"),
    }
)
ROUNDINGS: Final[Mapping[Rounding, tuple[str, str]]] = MappingProxyType(
    {
        Rounding.HALF_UP: ("四舍五入到分", "half up to the fen"),
        Rounding.HALF_EVEN: ("四舍六入五成双到分", "half even to the fen"),
        Rounding.DOWN: ("舍去不足一分", "down to the fen"),
        Rounding.UP: ("不足一分进一分", "up to the fen"),
    }
)


def render(agreement: Agreement) -> tuple[Sentence, ...]:
    """Return an agreement's clauses in words, those on each movement before those on each month."""
    return tuple(sentence(agreement, clause) for clause in (*agreement.clauses, *agreement.monthly))


def sentence(agreement: Agreement, clause: Clause | MonthlyClause) -> Sentence:
    """Return what a clause of the agreement says."""
    zh, en = _WORDS[type(clause)](_Names(agreement), clause)
    return Sentence(clause.id, zh, en)


def per_cent(rate: Decimal) -> str:
    """Return a fraction as a percentage without needless zeros: 0.0850 is 8.5%."""
    text = f"{rate * 100:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


class _Names:
    """The parties by their names in both languages."""

    def __init__(self, agreement: Agreement) -> None:
        self.agreement = agreement

    def __call__(self, party: str) -> tuple[str, str]:
        terms = self.agreement.by_party[party]
        return terms.name_zh, terms.name_en

    def pair(self, clause: BetweenTwo | ShareOnDisbursement) -> tuple[str, str]:
        """Who pays whom, as the opening of a sentence."""
        (payer_zh, payer_en), (to_zh, to_en) = self(clause.payer), self(clause.receiver)
        return f"{payer_zh}付{to_zh}", f"{payer_en} pays {to_en}"


def _capital(names: _Names, clause: CapitalSplit) -> tuple[str, str]:
    agreement = names.agreement
    zh = "、".join(f"{names(share.party)[0]} {share.weight}" for share in agreement.capital)
    en = ", ".join(f"{names(share.party)[1]} {share.weight}" for share in agreement.capital)
    rule = REMAINDERS[clause.remainder]
    also_zh = "".join(f"，{POTS[base][0]}余额亦同" for base in clause.also)
    also_en = "".join(f"; so is what is left of {POTS[base][1]}" for base in clause.also)
    return (
        f"本金按出资比例（{zh}）出资与归还，{rule[0]}{also_zh}。",
        f"Capital is put in and returned by shares ({en}), {rule[1]}{also_en}.",
    )


def _cost(names: _Names, clause: CostFirst) -> tuple[str, str]:
    (zh, en), rate = names(clause.party), per_cent(clause.rate)
    rounding = ROUNDINGS[clause.rounding]
    return (
        f"实收利息先付{zh}：期初本金 × {rate} × 天数/{clause.day_count}，{rounding[0]}，收多少付多少。",
        f"Interest received first pays {en}: opening principal x {rate} x days/{clause.day_count},"
        f" {rounding[1]}, as far as it goes.",
    )


def _share(names: _Names, clause: ShareOfReceived) -> tuple[str, str]:
    (zh, en), rate = names(clause.party), per_cent(clause.fraction)
    pot, rounding = POTS[clause.base], ROUNDINGS[clause.rounding]
    zh_bounds = f"，每笔不低于 {format_yuan(clause.least_fen)} 元" if clause.least_fen else ""
    en_bounds = f", at least {format_yuan(clause.least_fen)} yuan a payment" if clause.least_fen else ""
    if clause.most_fen is not None:
        zh_bounds += f"，每笔不高于 {format_yuan(clause.most_fen)} 元"
        en_bounds += f", at most {format_yuan(clause.most_fen)} yuan a payment"
    return (
        f"{zh}取{pot[0]}的 {rate}{zh_bounds}，{rounding[0]}。",
        f"{en} takes {rate} of {pot[1]}{en_bounds}, {rounding[1]}.",
    )


def _upfront(names: _Names, clause: ShareOnDisbursement) -> tuple[str, str]:
    (zh, en), rate, days = names.pair(clause), per_cent(clause.fraction), clause.refund_window_days
    return (
        f"{zh}放款金额的 {rate}；放款后 {days} 天内撤销的按比例退回。",
        f"{en} {rate} of the amount disbursed; taken back in proportion when undone within {days} days.",
    )


def _reserve(names: _Names, clause: RiskReserve) -> tuple[str, str]:
    (payer_zh, payer_en), (holder_zh, holder_en) = names(clause.payer), names(clause.holder)
    rate = per_cent(clause.fraction)
    return (
        f"{payer_zh}按放款金额的 {rate} 向{holder_zh}存入风险准备金，代偿时由其补偿担保方。",
        f"{payer_en} places {rate} of the amount disbursed with {holder_en} as a risk reserve;"
        " a compensation draws on it.",
    )


def _residual(names: _Names, clause: Residual) -> tuple[str, str]:
    (zh, en), pot = names(clause.party), POTS[clause.base]
    return f"{pot[0]}的余额归{zh}。", f"What is left of {pot[1]} is {en}'s."


def _volume(names: _Names, clause: VolumeTiers) -> tuple[str, str]:
    (zh, en), pot = names.pair(clause), POTS[clause.measure]
    whole = clause.mode is TierMode.WHOLE
    steps_zh, steps_en = [], []
    for tier in clause.tiers:
        flat = f" + {format_yuan(tier.flat_fen)}" if tier.flat_fen else ""
        steps_zh.append(f"{format_yuan(tier.from_fen)} 元起 {per_cent(tier.rate)}{flat}")
        steps_en.append(f"from {format_yuan(tier.from_fen)} yuan {per_cent(tier.rate)}{flat}")
    how_zh = "全额按所达档位" if whole else "分段累进"
    how_en = "the tier reached on all" if whole else "each part by its tier"
    return (
        f"{zh}当月{pot[0]}的阶梯服务费（{how_zh}）：{'，'.join(steps_zh)}。",
        f"{en} by tiers of the month's {pot[1].removeprefix('the ')} ({how_en}): {', '.join(steps_en)}.",
    )


def _quality(names: _Names, clause: QualityTiers) -> tuple[str, str]:
    (zh, en), pot, days = names.pair(clause), POTS[clause.measure], clause.overdue_days
    steps_zh, steps_en = [], []
    for tier in clause.tiers:
        rate = per_cent(tier.fraction)
        bound = None if tier.at_most is None else per_cent(tier.at_most)
        steps_zh.append(f"其余 {rate}" if bound is None else f"≤{bound} 为 {rate}")
        steps_en.append(f"else {rate}" if bound is None else f"up to {bound}: {rate}")
    return (
        f"{zh}当月{pot[0]}的一部分，按逾期 {days} 天以上本金占比：{'，'.join(steps_zh)}。",
        f"{en} a part of the month's {pot[1]} by the share of principal overdue for more than {days} days:"
        f" {', '.join(steps_en)}.",
    )


def _daily(names: _Names, clause: DailyBalance) -> tuple[str, str]:
    (zh, en), rate = names.pair(clause), per_cent(clause.rate)
    return (
        f"{zh}：每日终本金余额 × {rate}/{clause.day_count}，按月合计。",
        f"{en} {rate} a year on the principal outstanding at the end of each day, days/{clause.day_count}.",
    )


def _cpa(names: _Names, clause: PerApplication) -> tuple[str, str]:
    (zh, en), price = names.pair(clause), format_yuan(clause.price_fen)
    return f"{zh}每笔有效申请 {price} 元。", f"{en} {price} yuan for each valid application."


def _bounds(names: _Names, clause: Bounds) -> tuple[str, str]:
    (zh, en), of = names.pair(clause), ", ".join(clause.of)
    floor = None if clause.floor_fen is None else format_yuan(clause.floor_fen)
    cap = None if clause.cap_fen is None else format_yuan(clause.cap_fen)
    zh_bounds = "，".join([*([f"保底 {floor} 元"] if floor else []), *([f"封顶 {cap} 元"] if cap else [])])
    en_bounds = " and ".join(
        [*([f"at least {floor}"] if floor else []), *([f"at most {cap}"] if cap else [])]
    )
    return (
        f"{zh}的 {of} 每月{zh_bounds}，差额另列一行。",
        f"{en} by {of} {en_bounds} yuan a month; the difference is a line of its own.",
    )


def _loss(names: _Names, clause: FirstLoss) -> tuple[str, str]:
    (zh, en), rate = names.pair(clause), per_cent(clause.fraction)
    return (
        f"{zh}每个放款月净损失的优先部分，至放款金额的 {rate} 为限。",
        f"{en} the first losses on the loans of each month, up to {rate} of what was disbursed.",
    )


def _review(names: _Names, clause: ReserveReview) -> tuple[str, str]:
    return (
        f"每月末按在贷本金调整 {clause.of}：不足补足，超出退还。",
        f"At each month's end {clause.of} is set against the principal outstanding: topped up or released.",
    )


def _tax(names: _Names, clause: Tax) -> tuple[str, str]:
    of, rate = ", ".join(clause.of), per_cent(clause.rate)
    if clause.inclusive:
        return f"{of} 含增值税 {rate}。", f"{of} contains value-added tax of {rate}."
    zh, en = names.pair(clause)
    return f"{zh} {of} 的增值税 {rate}（价外）。", f"{en} value-added tax of {rate} on top of {of}."


def _withholding(names: _Names, clause: Withholding) -> tuple[str, str]:
    (zh, en), of, rate = names(clause.payer), ", ".join(clause.of), per_cent(clause.rate)
    return f"{zh}从 {of} 中代扣代缴 {rate}。", f"{en} withholds {rate} of {of} for the tax office."


_WORDS: Final[Mapping[type, Callable[[_Names, Any], tuple[str, str]]]] = MappingProxyType(
    {
        CapitalSplit: _capital,
        CostFirst: _cost,
        ShareOfReceived: _share,
        ShareOnDisbursement: _upfront,
        RiskReserve: _reserve,
        Residual: _residual,
        VolumeTiers: _volume,
        QualityTiers: _quality,
        DailyBalance: _daily,
        PerApplication: _cpa,
        Bounds: _bounds,
        FirstLoss: _loss,
        ReserveReview: _review,
        Tax: _tax,
        Withholding: _withholding,
    }
)


def lines(agreement: Agreement) -> Iterator[str]:
    """Yield the agreement as a document: title, parties, then two lines for each clause."""
    yield f"{agreement.id} 第 {agreement.version} 版 version {agreement.version}"
    end = "另行通知 further notice" if agreement.effective_to is None else str(agreement.effective_to)
    yield f"生效 in force {agreement.effective_from} - {end}"
    yield ""
    for party in agreement.parties:
        yield f"  {party.id}: {party.name_zh} {party.name_en} ({party.role})"
    yield ""
    for number, said in enumerate(render(agreement), 1):
        yield f"{number}. [{said.clause}] {said.zh}"
        yield f"   {said.en}"
