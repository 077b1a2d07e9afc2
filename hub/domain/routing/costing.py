"""What the money for a case costs at a programme, a line for each part, each rounded once.

A tariff is what holds for every loan of one term, credit grade and volume: the lines as exact ratios. Pricing
a loan is then one division a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from contracts.costs import RateStep
from contracts.money import Exact, divide, portion, ratio
from contracts.programme import Programme
from hub.domain.routing.case import RoutingCase
from hub.domain.routing.record import CostLine, FundingCost
from hub.domain.schedule import outstanding_fen_months


class Basis(Enum):
    """What a line's ratio is taken of."""

    BALANCE = "balance"  # the principal outstanding, a year of it: fen-months / 12
    PRINCIPAL = "principal"
    LOAN = "loan"  # a number of fen, whatever the amount


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a tariff: `top` / `bottom` of its basis, in fen."""

    code: str
    basis: Basis
    top: int
    bottom: int
    taxed: bool = False

    def fen(self, base: int, amount_fen: int) -> int:
        """The line for a loan, half up."""
        if self.basis is Basis.BALANCE:
            return divide(base * self.top, self.bottom)
        if self.basis is Basis.PRINCIPAL:
            return divide(amount_fen * self.top, self.bottom)
        return self.top


@dataclass(frozen=True, slots=True)
class Tariff:
    """All lines of a programme for one term, grade and volume, and the tax on those that are taxed."""

    items: tuple[Item, ...]
    tax_rate: Decimal

    def total(self, base: int, amount_fen: int) -> int:
        """The sum of the lines in fen; see `lines`."""
        if self.tax_rate:
            return sum(line.fen for line in self.lines(base, amount_fen))
        return sum([item.fen(base, amount_fen) for item in self.items])

    def lines(self, base: int, amount_fen: int) -> tuple[CostLine, ...]:
        """The lines of a loan. `base` is `outstanding_fen_months` of it."""
        lines = [CostLine(item.code, item.fen(base, amount_fen)) for item in self.items]
        if self.tax_rate:
            taxed = sum(line.fen for line, item in zip(lines, self.items, strict=True) if item.taxed)
            lines.append(CostLine("tax", portion(taxed, self.tax_rate)))
        return tuple(lines)


def tariff(programme: Programme, term_months: int, tier: str | None, volume_fen: int) -> Tariff:
    """Return the lines a programme charges for loans of a term and credit grade.

    `volume_fen` is what the programme has taken this month before the loan; it chooses the step of the rates.
    """
    at = (term_months, tier, volume_fen)
    return Tariff((*_capital(programme, *at), *_fees(programme, term_months, tier)), programme.costs.tax_rate)


def funding_cost(
    case: RoutingCase, programme: Programme, base: int | None = None, *, volume_fen: int = 0
) -> FundingCost:
    """Price the case at a programme.

    Yearly prices run on the principal outstanding month by month (30/360). `base` is
    `outstanding_fen_months` of the case, where it is already known; `volume_fen` see `tariff`.
    """
    if base is None:
        base = outstanding_fen_months(case.amount_fen, case.annual_rate, case.term_months, case.method)
    return priced(tariff(programme, case.term_months, case.tier, volume_fen), base, case.amount_fen)


def priced(charged: Tariff, base: int, amount_fen: int) -> FundingCost:
    """Return the cost of a loan under a tariff, with its lines."""
    lines = charged.lines(base, amount_fen)
    total = sum(line.fen for line in lines)
    return FundingCost(total, Decimal(millionths(total, base)).scaleb(-6), lines)


def millionths(total_fen: int, base: int) -> int:
    """Return a cost as a simple annual rate on the principal outstanding, in millionths, half up."""
    return divide(total_fen * 12_000_000, base)


def volume_steps(programme: Programme) -> list[int]:
    """Return the volumes, ascending, from which another tariff may hold."""
    steps = [*programme.costs.steps, *(step for funder in programme.co_funders for step in funder.steps)]
    return sorted({step.volume_from_fen for step in steps} - {0})


def _capital(programme: Programme, term: int, tier: str | None, volume: int) -> Iterator[Item]:
    share = programme.own_share
    rate = _stepped(programme.funding_rate, programme.costs.steps, term, tier, volume)
    yield _yearly("capital", Fraction(share) * Fraction(rate))
    if programme.co_funding_rate is not None:
        yield _yearly("co_capital", Fraction(1 - share) * Fraction(programme.co_funding_rate))
    for funder in programme.co_funders:
        rate = _stepped(funder.rate, funder.steps, term, tier, volume)
        yield _yearly(f"co_capital.{funder.party}", Fraction(funder.share) * Fraction(rate))


def _fees(programme: Programme, term: int, tier: str | None) -> Iterator[Item]:
    costs = programme.costs
    if programme.guarantee_rate:
        yield _yearly("guarantee", programme.guarantee_rate, taxed=True)
    for code, fen in (
        ("per_loan_fee", programme.per_loan_fee_fen),
        ("per_application_fee", programme.per_application_fee_fen),
        ("per_call_fee", costs.per_call_fee_fen * costs.calls),
        ("payout_fee", costs.payout_fee_fen),
        ("collection_fee", costs.collection_fee_fen * term),
    ):
        if fen:
            yield Item(code, Basis.LOAN, fen, 1, taxed=True)
    if costs.reserve_rate and costs.reserve_carry_rate:
        yield _yearly("reserve", Fraction(costs.reserve_rate) * Fraction(costs.reserve_carry_rate))
    loss = costs.loss_rate if tier is None else costs.tier_losses.get(tier, costs.loss_rate)
    if loss and costs.loss_share:
        top, bottom = ratio(Fraction(loss) * Fraction(costs.loss_share))
        yield Item("expected_loss", Basis.PRINCIPAL, top, bottom)
    if costs.subsidy_rate:
        top, bottom = ratio(costs.subsidy_rate)
        yield Item("subsidy", Basis.PRINCIPAL, -top, bottom)
    if costs.subsidy_fen:
        yield Item("subsidy_per_loan", Basis.LOAN, -costs.subsidy_fen, 1)


def _stepped(base: Decimal, steps: tuple[RateStep, ...], term: int, tier: str | None, volume: int) -> Decimal:
    for step in steps:
        if (
            step.terms_from <= term <= step.terms_to
            and (not step.tiers or tier in step.tiers)
            and volume >= step.volume_from_fen
        ):
            return step.rate
    return base


def _yearly(code: str, rate: Exact, *, taxed: bool = False) -> Item:
    top, bottom = ratio(rate)
    return Item(code, Basis.BALANCE, top, 12 * bottom, taxed)
