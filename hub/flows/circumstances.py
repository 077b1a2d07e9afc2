"""What routing knows of an application beyond its request: what was told, and what the person had before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from contracts.application import Submission
from contracts.messages import Applicant
from contracts.money import Rounding, portion
from contracts.programme import Programme
from contracts.terms import Collateral, CustomerKind, Regions, Words
from contracts.vocabulary import Consent, DocumentKind
from hub.domain.calendar import business_day
from hub.domain.reasons import Reason, because
from hub.domain.routing import History, QuotaUse, RoutingCase
from hub.domain.routing.sequence import SEARCH_MAX, TRIES_MAX
from hub.store import quota, rows

_HAD = ("declined_before", "failed_before")


def told(submission: Submission) -> dict[str, Any]:
    """Return what is kept of a submission for routing, unsealed: nothing in it names the person."""
    told = submission.circumstances.model_dump(mode="json", exclude_defaults=True)
    return {**told, "consents": [consent.value for consent in submission.consents]}


def case_of(
    application: Any,
    applicant: Applicant,
    history: Mapping[str, History],
    excluded: Mapping[str, Reason],
    programmes: Iterable[Programme],
) -> RoutingCase:
    """Return the case of a stored application. `excluded` is by programme, `history` by partner.

    The case is recorded in clear: what is sealed of the applicant goes into it only if a programme asks.
    """
    asked = [programme.borrowers for programme in programmes]
    born = any(whom.identity_regions != Regions() for whom in asked)
    works = any(whom.occupations != Words() for whom in asked)
    facts: Mapping[str, Any] = application.facts or {}
    customer, collateral = facts.get("customer"), facts.get("collateral")
    return RoutingCase(
        application_id=application.id,
        product=application.product,
        amount_fen=application.amount_fen,
        term_months=application.term_months,
        method=application.method,
        annual_rate=application.annual_rate,
        age=application.age,
        region=application.region,
        excluded=excluded,
        person=hashlib.sha256(application.id_index.encode()).hexdigest()[:32],
        identity_region=applicant.id_number.region if born else None,
        work_region=facts.get("work_region"),
        occupation=applicant.occupation if works else None,
        customer=None if customer is None else CustomerKind(customer),
        card_bank=facts.get("card_bank"),
        tier=facts.get("tier"),
        collateral=None if collateral is None else Collateral(collateral),
        documents=tuple(map(DocumentKind, facts.get("documents", ()))),
        consents=tuple(map(Consent, facts.get("consents", ()))),
        history=history,
    )


def history_of(tx: Connection, application: Any, today: date) -> dict[str, History]:
    """Return what the person has at each partner, over all applications: open loans, days since a decline."""
    found: dict[str, History] = {}
    for partner, number in rows.open_loans(tx, application.id_index):
        found[partner] = History(open_loans=number)
    for partner, declined_at in rows.declines(tx, application.id_index):
        days = (today - business_day(declined_at)).days
        found[partner] = replace(found.get(partner, History()), declined_days_ago=days)
    return found


def usage(tx: Connection, programmes: Iterable[Programme], day: date) -> dict[str, QuotaUse]:
    """Return what is taken of each programme, with the partner's balance where a programme bounds it.

    The balance is the partner's own share, by the programme each loan was made under, of what is outstanding
    and of what is asked for and not yet lent. It is read, not reserved: two decisions at one moment may both
    find room in it.
    """
    listed = list(programmes)
    used = quota.usage(tx, listed, day)
    bounded = [p for p in listed if p.concentration is not None]
    if not bounded:
        return used
    share = {(p.id, p.version): p.own_share for p in listed}
    balance: dict[str, int] = {}
    for partner, programme, version, fen in rows.exposures(tx):
        own = portion(fen, share.get((programme, version), 1), Rounding.UP)
        balance[partner] = balance.get(partner, 0) + own
    return used | {p.id: replace(used[p.id], balance_fen=balance.get(p.partner, 0)) for p in bounded}


def bounded(
    excluded: Mapping[str, Reason], tried: int, waited: timedelta, programmes: Iterable[Programme]
) -> dict[str, Reason]:
    """Return who is excluded: everybody, once the search has had its tries or its time.

    Those that had the application keep their own reason.
    """
    if tried >= TRIES_MAX:
        why = because("tries_used", "partner", limit=TRIES_MAX)
    elif tried and waited > SEARCH_MAX:
        why = because("search_too_long", "partner", limit=SEARCH_MAX.days)
    else:
        return dict(excluded)
    had = {name: reason for name, reason in excluded.items() if reason.code in _HAD}
    return {programme.id: why for programme in programmes} | had
