"""The end of a month: each monthly clause as a rule over what the month came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from contracts.agreement import (
    Agreement,
    Base,
    BetweenTwo,
    Bounds,
    DailyBalance,
    FirstLoss,
    PerApplication,
    QualityTiers,
    ReserveReview,
    RiskReserve,
    Tax,
    Tier,
    TierMode,
    VolumeTiers,
    Withholding,
)
from contracts.money import divide, format_yuan, portion, ratio
from hub.domain.sharing.events import EventKind
from hub.domain.sharing.line import Basis, LineKind, ShareLine
from hub.domain.sharing.month import Month
from hub.domain.sharing.rules import Draft, fraction_text


def month_end(
    agreement: Agreement, month: str, facts: Month, history: Sequence[ShareLine]
) -> tuple[ShareLine, ...]:
    """Return the lines a month's end gives under an agreement, in the order of its monthly clauses.

    `month` is `YYYY-MM`; `history` holds the lines of all earlier months' ends under the agreement. A line's
    `loan_id` is the agreement's reference, as it concerns all loans. First comes what is taken back of
    earlier months, in proportion to what movements have taken back of what those lines were reckoned on.
    """
    draft = Draft(agreement, agreement.reference, EventKind.MONTH_END, month, facts.last_day)
    work = _Work(draft, facts, history, dict(facts.given))
    _take_back(work)
    for clause in agreement.monthly:
        draft.serial = month
        _RULES[type(clause)](work, clause)
    return tuple(draft.lines)


def volume_charge(volume_fen: int, tiers: Sequence[Tier], mode: TierMode) -> tuple[Fraction, str]:
    """Return what tiers make of a volume, exactly, in fen, and how: each part x its rate.

    A part's `flat_fen` is paid when some of the volume lies in it, the first tier's always.
    """
    total, parts = Fraction(0), []
    bounds = [*(tier.from_fen for tier in tiers[1:]), None]
    if mode is TierMode.WHOLE:
        reached = [tier for tier in tiers if tier.from_fen <= max(volume_fen, 0)][-1]
        chosen = [(reached, volume_fen)]
    else:
        chosen = [
            (tier, (volume_fen if end is None else min(volume_fen, end)) - tier.from_fen)
            for tier, end in zip(tiers, bounds, strict=True)
            if volume_fen > tier.from_fen or tier is tiers[0]
        ]
    for tier, part in chosen:
        total += part * Fraction(tier.rate) + tier.flat_fen
        flat = f" + {format_yuan(tier.flat_fen)}" if tier.flat_fen else ""
        parts.append(f"{format_yuan(part)} x {tier.rate}{flat}")
    return total, " + ".join(parts)


@dataclass(slots=True)
class _Work:
    """A month's end in the making; `given` grows by what its own clauses give."""

    draft: Draft
    facts: Month
    history: Sequence[ShareLine]
    given: dict[tuple[str, str], int]
    given_back: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.given_back = dict(self.facts.given_back)

    def give(
        self,
        clause: BetweenTwo,
        base: Base,
        base_fen: int,
        amount_fen: int,
        basis: Basis,
        kind: LineKind = LineKind.MONTHLY,
    ) -> None:
        """Let the payer of a clause owe its receiver an amount."""
        self.draft.add(
            kind, clause.id, clause.receiver, base, base_fen, amount_fen, basis, counterparty=clause.payer
        )
        key = (clause.id, clause.receiver)
        self.given[key] = self.given.get(key, 0) + amount_fen

    def of(self, clause: Bounds | Tax | Withholding, *, back: bool) -> int:
        """What the clauses named give the receiver this month; with what was taken back, if asked."""
        keys = [(name, clause.receiver) for name in clause.of]
        total = sum(self.given.get(key, 0) for key in keys)
        return total + sum(self.given_back.get(key, 0) for key in keys) if back else total


def _take_back(work: _Work) -> None:
    """Mirror earlier months' lines in proportion to what was taken back of their base in all."""
    before: dict[str, int] = {}
    for line in work.history:
        if line.mirrors is not None:
            before[line.mirrors] = before.get(line.mirrors, 0) - line.amount_fen
    for line in work.history:
        in_all = work.facts.taken_back.get((line.serial, line.base), 0)
        if line.kind is not LineKind.MONTHLY or line.mirrors is not None or not in_all or not line.base_fen:
            continue
        amount = divide(line.amount_fen * in_all, line.base_fen) - before.get(line.ref, 0)
        work.draft.mirror(line, amount)
        key = (line.clause, line.party)
        work.given_back[key] = work.given_back.get(key, 0) - amount


def _volume(work: _Work, clause: VolumeTiers) -> None:
    volume = work.facts.measured.get(clause.measure, 0)
    exact, tiers = volume_charge(volume, clause.tiers, clause.mode)
    amount = divide(exact.numerator, exact.denominator, clause.rounding)
    basis = Basis(
        exact=fraction_text(exact.numerator, exact.denominator), rounding=clause.rounding, tiers=tiers
    )
    work.give(clause, clause.measure, volume, amount, basis)


def _quality(work: _Work, clause: QualityTiers) -> None:
    base, whole = work.facts.measured.get(clause.measure, 0), work.facts.outstanding_fen
    overdue = work.facts.overdue.get(clause.overdue_days, 0)
    tier = next(
        tier
        for tier in clause.tiers
        if tier.at_most is None or overdue * ratio(tier.at_most)[1] <= whole * ratio(tier.at_most)[0]
    )
    basis = Basis(
        rate=str(tier.fraction),
        balance_fen=whole,
        rounding=clause.rounding,
        tiers=f"逾期 overdue {format_yuan(overdue)} / {format_yuan(whole)}",
    )
    work.give(clause, clause.measure, base, portion(base, tier.fraction, clause.rounding), basis)


def _daily_balance(work: _Work, clause: DailyBalance) -> None:
    top, bottom = ratio(clause.rate)
    exact, days = top * work.facts.balance_fen_days, work.facts.last_day.day
    average = divide(work.facts.balance_fen_days, days)
    amount = divide(exact, bottom * clause.day_count, clause.rounding)
    basis = Basis(
        rate=str(clause.rate),
        balance_fen=average,
        days=days,
        day_count=clause.day_count,
        exact=fraction_text(exact, bottom * clause.day_count),
        rounding=clause.rounding,
    )
    work.give(clause, Base.BALANCE, average, amount, basis)


def _per_application(work: _Work, clause: PerApplication) -> None:
    amount = work.facts.applications * clause.price_fen
    basis = Basis(count=work.facts.applications, balance_fen=clause.price_fen)
    work.give(clause, Base.APPLICATION, amount, amount, basis)


def _bounds(work: _Work, clause: Bounds) -> None:
    given = work.of(clause, back=False)
    target = given if clause.floor_fen is None else max(given, clause.floor_fen)
    target = target if clause.cap_fen is None else min(target, clause.cap_fen)
    limit = clause.floor_fen if target > given else clause.cap_fen
    basis = Basis(balance_fen=limit, taken_fen=given)
    work.give(clause, Base.GIVEN, given, target - given, basis, LineKind.TOP_UP)


def _first_loss(work: _Work, clause: FirstLoss) -> None:
    """Bring what the payer bears of each cohort to the lesser of its losses and its limit."""
    month = work.draft.serial
    for cohort, facts in sorted(work.facts.cohorts.items()):
        limit = portion(facts.disbursed_fen, clause.fraction, clause.rounding)
        borne = sum(
            line.amount_fen
            for line in work.history
            if line.clause == clause.id and line.serial.endswith(f":{cohort}")
        )
        work.draft.serial = f"{month}:{cohort}"
        basis = Basis(rate=str(clause.fraction), balance_fen=limit, rounding=clause.rounding, taken_fen=borne)
        bears = min(max(facts.lost_fen, 0), limit)
        work.give(clause, Base.LOSS, facts.lost_fen, bears - borne, basis, LineKind.FIRST_LOSS)


def _review(work: _Work, clause: ReserveReview) -> None:
    """Release to the payer what the reserve holds above its target, or let the payer top it up."""
    reserve = next(c for c in work.draft.agreement.clauses if c.id == clause.of)
    if not isinstance(reserve, RiskReserve):
        raise TypeError(f"{clause.of} is no risk reserve")
    held = work.facts.reserves.get(reserve.id, 0)
    above = held - portion(work.facts.outstanding_fen, reserve.fraction, reserve.rounding)
    kind, to, by = (
        (LineKind.RESERVE_DRAWN, reserve.payer, reserve.holder)
        if above > 0
        else (LineKind.RESERVE_HELD, reserve.holder, reserve.payer)
    )
    basis = Basis(rate=str(reserve.fraction), balance_fen=held, rounding=reserve.rounding)
    base_fen = work.facts.outstanding_fen
    work.draft.add(kind, reserve.id, to, Base.DISBURSED, base_fen, abs(above), basis, counterparty=by)


def _tax(work: _Work, clause: Tax) -> None:
    given = work.of(clause, back=True)
    top, bottom = ratio(clause.rate)
    basis = Basis(rate=str(clause.rate), rounding=clause.rounding)
    if clause.inclusive:  # net = given / (1 + rate), the tax is the rest
        amount = given - divide(given * bottom, bottom + top, clause.rounding)
        work.give(clause, Base.GIVEN, given, amount, basis, LineKind.TAX_WITHIN)
    else:
        work.give(
            clause, Base.GIVEN, given, portion(given, clause.rate, clause.rounding), basis, LineKind.TAX
        )


def _withholding(work: _Work, clause: Withholding) -> None:
    given = work.of(clause, back=True)
    basis = Basis(rate=str(clause.rate), rounding=clause.rounding)
    kept = portion(given, clause.rate, clause.rounding)
    work.give(clause, Base.GIVEN, given, -kept, basis, LineKind.WITHHELD)


_RULES: Mapping[type, Callable[[_Work, Any], None]] = {
    VolumeTiers: _volume,
    QualityTiers: _quality,
    DailyBalance: _daily_balance,
    PerApplication: _per_application,
    Bounds: _bounds,
    FirstLoss: _first_loss,
    ReserveReview: _review,
    Tax: _tax,
    Withholding: _withholding,
}
