"""Whom a programme takes. What it asks for and was not told refuses, and the reason says so."""

from __future__ import annotations

from typing import Final

from contracts.programme import Programme
from contracts.terms import Regions, Words
from hub.domain.reasons import Reason, because
from hub.domain.routing.case import History, Moment, RoutingCase

_NOTHING: Final = History()
_UNTOLD: Final = "未提供 / not told"


def identity_region(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """Where the identity card was first issued."""
    if _lies(programme.borrowers.identity_regions, case.identity_region):
        return None
    return because("identity_region_denied", "identity_region", actual=case.identity_region or _UNTOLD)


def work_region(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """Where the person works."""
    if _lies(programme.borrowers.work_regions, case.work_region):
        return None
    return because("work_region_denied", "work_region", actual=case.work_region or _UNTOLD)


def occupation(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """What the person does."""
    if _among(programme.borrowers.occupations, case.occupation):
        return None
    return because("occupation_not_taken", "occupation", actual=case.occupation or _UNTOLD)


def customer(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """Whether the person has borrowed before."""
    taken = programme.borrowers.customers
    if not taken or case.customer in taken:
        return None
    return because("customer_not_taken", "customer", limit=", ".join(taken), actual=case.customer or _UNTOLD)


def card_bank(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """Whose card it is."""
    if _among(programme.borrowers.card_banks, case.card_bank):
        return None
    return because("card_bank_not_taken", "card_bank", actual=case.card_bank or _UNTOLD)


def tier(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """The person's credit grade."""
    if _among(programme.borrowers.tiers, case.tier):
        return None
    return because("tier_not_taken", "tier", actual=case.tier or _UNTOLD)


def collateral(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """What secures the loan."""
    taken = programme.borrowers.collateral
    if not taken or case.collateral in taken:
        return None
    actual = case.collateral or _UNTOLD
    return because("collateral_not_taken", "collateral", limit=", ".join(taken), actual=actual)


def documents(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """Every document asked for is there."""
    missing = [one for one in programme.borrowers.documents if one not in case.documents]
    return because("document_missing", "documents", actual=", ".join(missing)) if missing else None


def consents(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """Every consent asked for is given."""
    missing = [one for one in programme.borrowers.consents if one not in case.consents]
    return because("consent_missing", "consents", actual=", ".join(missing)) if missing else None


def open_loans(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """How many loans the person has at the partner."""
    most = programme.borrowers.open_loans_max
    number = case.history.get(programme.partner, _NOTHING).open_loans
    if most is None or number <= most:
        return None
    return because("open_loans_too_many", "history", limit=most, actual=number)


def declined(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    """Whether the partner declined the person too short a time ago; the last day blocked is day `limit`."""
    blocked = programme.borrowers.blocked_days_after_decline
    ago = case.history.get(programme.partner, _NOTHING).declined_days_ago
    if not blocked or ago is None or ago > blocked:
        return None
    return because("declined_recently", "history", limit=blocked, actual=ago)


def _lies(regions: Regions, code: str | None) -> bool:
    if not regions.allowed and not regions.denied:
        return True
    if code is None or code.startswith(regions.denied):
        return False
    return not regions.allowed or code.startswith(regions.allowed)


def _among(words: Words, word: str | None) -> bool:
    if not words.allowed and not words.denied:
        return True
    return word is not None and word not in words.denied and (not words.allowed or word in words.allowed)
