"""What the money for a case costs at a programme."""

from __future__ import annotations

from decimal import Decimal

from contracts.money import divide, ratio
from contracts.programme import Programme
from hub.domain.routing.case import RoutingCase
from hub.domain.routing.record import CostLine, FundingCost
from hub.domain.schedule import outstanding_fen_months


def funding_cost(case: RoutingCase, programme: Programme, base: int | None = None) -> FundingCost:
    """Price the case at a programme: capital of each side by its share, guarantee, fees; each line half up.

    Yearly prices run on the principal outstanding month by month (30/360). `base` is
    `outstanding_fen_months` of the case, where it is already known.
    """
    if base is None:
        base = outstanding_fen_months(case.amount_fen, case.annual_rate, case.term_months, case.method)
    share = programme.own_share
    lines = [CostLine("capital", _yearly(base, share * programme.funding_rate))]
    if programme.co_funding_rate is not None:
        lines.append(CostLine("co_capital", _yearly(base, (1 - share) * programme.co_funding_rate)))
    if programme.guarantee_rate:
        lines.append(CostLine("guarantee", _yearly(base, programme.guarantee_rate)))
    if programme.per_loan_fee_fen:
        lines.append(CostLine("per_loan_fee", programme.per_loan_fee_fen))
    if programme.per_application_fee_fen:
        lines.append(CostLine("per_application_fee", programme.per_application_fee_fen))
    total = sum(line.fen for line in lines)
    millionths = divide(total * 12_000_000, base)
    return FundingCost(total, Decimal(millionths).scaleb(-6), tuple(lines))


def _yearly(base: int, rate: Decimal) -> int:
    """A yearly rate on a base of fen-months, half up to the fen, in integers only."""
    numerator, denominator = ratio(rate)
    return divide(base * numerator, 12 * denominator)
