"""Routing: the cheapest funding that is allowed, and why not every other.

A pure function of the case, the programmes, the quota in use, the bid prices and the time.
"""

from hub.domain.routing.case import NO_USE, QuotaUse, RoutingCase
from hub.domain.routing.comparison import at_random, first_configured
from hub.domain.routing.decide import NO_PRICES, route
from hub.domain.routing.pricing import funding_cost
from hub.domain.routing.record import Candidate, CostLine, Decision, FundingCost, Refusal

__all__ = [
    "NO_PRICES",
    "NO_USE",
    "Candidate",
    "CostLine",
    "Decision",
    "FundingCost",
    "QuotaUse",
    "Refusal",
    "RoutingCase",
    "at_random",
    "first_configured",
    "funding_cost",
    "route",
]
