"""Routing: the cheapest funding that is allowed, and why not every other.

A pure function of the case, the programmes, the quota in use, the bid prices and the time.
"""

from hub.domain.routing.case import NO_USE, History, QuotaUse, RoutingCase
from hub.domain.routing.comparison import at_random, first_configured
from hub.domain.routing.costing import funding_cost
from hub.domain.routing.decide import NO_PRICES, route
from hub.domain.routing.ranking import rule_key
from hub.domain.routing.record import Candidate, CostLine, Decision, FundingCost, Refusal
from hub.domain.routing.router import Choice, Router

__all__ = [
    "NO_PRICES",
    "NO_USE",
    "Candidate",
    "Choice",
    "CostLine",
    "Decision",
    "FundingCost",
    "History",
    "QuotaUse",
    "Refusal",
    "Router",
    "RoutingCase",
    "at_random",
    "first_configured",
    "funding_cost",
    "route",
    "rule_key",
]
