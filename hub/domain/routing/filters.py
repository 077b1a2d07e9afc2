"""What a programme takes and what it refuses, one check for each term.

A check of the first table depends on the case only through its key, so its verdict over all programmes is
remembered by key (`hub.domain.routing.router`). A check of the second looks at the state of the day or at the
one person, and is asked each time of the few programmes that are left.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from contracts.money import Rounding, portion
from contracts.programme import Programme
from hub.domain.reasons import Reason, because, percent, yuan
from hub.domain.routing import borrowers, grey, quotas, validity
from hub.domain.routing.case import Moment, RoutingCase
from hub.domain.routing.price import dearer_than_cap

Refuse = Callable[[RoutingCase, Programme, Moment], Reason | None]
Key = Callable[[RoutingCase, date, time], Hashable]


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict, and the key of a case and a time on which alone it depends, given the programmes."""

    refuse: Refuse
    key: Callable[[Sequence[Programme]], Key]


def refusals(case: RoutingCase, programme: Programme, moment: Moment) -> list[Reason]:
    """Return every reason for which the programme may not fund the case, its price apart."""
    told = [check.refuse(case, programme, moment) for check in FIXED]
    told += [refuse(case, programme, moment) for refuse in CURRENT]
    return [why for why in told if why is not None]


def _excluded(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    whole = case.excluded.get(programme.id)
    return whole or case.excluded.get(f"{programme.id}@{programme.version}")


def _effective(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return None if programme.effective_on(moment.day) else because("not_effective", "effective_from")


def _permitted(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return validity.permitted(programme, moment.day)


def _workday(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return validity.works(programme, moment.day)


def _product(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return None if case.product in programme.products else because("product_not_funded", "product")


def _amount(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if case.amount_fen < programme.amount_min_fen:
        return because("amount_too_small", "amount_fen", limit=yuan(programme.amount_min_fen))
    if case.amount_fen > programme.amount_max_fen:
        return because("amount_too_large", "amount_fen", limit=yuan(programme.amount_max_fen))
    return None


def _step(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if case.amount_fen % programme.amount_step_fen:
        return because("amount_off_step", "amount_fen", limit=yuan(programme.amount_step_fen))
    return None


def _term(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if case.term_months in programme.terms:
        return None
    return because("term_not_offered", "term_months", limit=", ".join(map(str, sorted(programme.terms))))


def _method(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return None if case.method in programme.methods else because("method_not_offered", "method")


def _age(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if case.age < programme.age_min:
        return because("too_young", "age", limit=programme.age_min)
    if case.age > programme.age_max:
        return because("too_old", "age", limit=programme.age_max)
    return None


def _region(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if programme.regions_denied and case.region.startswith(programme.regions_denied):
        return because("region_denied", "region")
    if programme.regions_allowed and not case.region.startswith(programme.regions_allowed):
        return because("region_not_allowed", "region")
    return None


def _customer_rate(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    if case.annual_rate < programme.customer_rate_min:
        return because("rate_too_low", "annual_rate", limit=percent(programme.customer_rate_min))
    if case.annual_rate > programme.customer_rate_max:
        return because("rate_too_high", "annual_rate", limit=percent(programme.customer_rate_max))
    return None


def _window(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    window = programme.window
    if window is None or window.covers(moment.hour):
        return None
    return because("closed_now", "window", limit=f"{window.opens:%H:%M}-{window.closes:%H:%M}")


def _grey(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    trial = programme.grey
    if trial is None or grey.inside(trial.experiment, case.person or case.application_id, trial.share):
        return None
    return because("not_in_grey_release", "grey", limit=trial.experiment)


def _concentration(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    bound = programme.concentration
    if bound is None:
        return None
    most = portion(bound.tier1_net_capital_fen, bound.share_max, Rounding.DOWN)
    if bound.balance_max_fen is not None:
        most = min(most, bound.balance_max_fen)
    after = moment.use.balance_fen + portion(case.amount_fen, programme.own_share, Rounding.UP)
    if after <= most:
        return None
    return because("concentration_reached", "amount_fen", limit=yuan(most), actual=yuan(after))


def _quota(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return quotas.refused(programme.quota, moment.use, case)


def _all_in(case: RoutingCase, programme: Programme, moment: Moment) -> Reason | None:
    return dearer_than_cap(case, programme.borrower_price)


def _by(read: Key) -> Callable[[Sequence[Programme]], Key]:
    return lambda programmes: read


def _amount_key(programmes: Sequence[Programme]) -> Key:
    bounds = sorted({bound for p in programmes for bound in (p.amount_min_fen, p.amount_max_fen + 1)})
    return lambda case, day, hour: bisect_right(bounds, case.amount_fen)


def _rate_key(programmes: Sequence[Programme]) -> Key:
    """Below, at and above a bound are three things, since rates lie anywhere between."""
    bounds = sorted({bound for p in programmes for bound in (p.customer_rate_min, p.customer_rate_max)})
    return lambda case, day, hour: (
        bisect_left(bounds, case.annual_rate),
        bisect_right(bounds, case.annual_rate),
    )


def _step_key(programmes: Sequence[Programme]) -> Key:
    steps = tuple(sorted({p.amount_step_fen for p in programmes} - {1}))
    return lambda case, day, hour: tuple(case.amount_fen % step == 0 for step in steps)


def _window_key(programmes: Sequence[Programme]) -> Key:
    windows = [p.window for p in programmes if p.window is not None]
    bounds = sorted({bound for window in windows for bound in (window.opens, window.closes)})
    return lambda case, day, hour: bisect_right(bounds, hour)


_BY_DAY: Final = _by(lambda case, day, hour: day)

FIXED: Final[tuple[Check, ...]] = (
    Check(_effective, _BY_DAY),
    Check(_permitted, _BY_DAY),
    Check(_workday, _BY_DAY),
    Check(_product, _by(lambda case, day, hour: case.product)),
    Check(_amount, _amount_key),
    Check(_step, _step_key),
    Check(_term, _by(lambda case, day, hour: case.term_months)),
    Check(_method, _by(lambda case, day, hour: case.method)),
    Check(_age, _by(lambda case, day, hour: case.age)),
    Check(_region, _by(lambda case, day, hour: case.region)),
    Check(_customer_rate, _rate_key),
    Check(borrowers.identity_region, _by(lambda case, day, hour: case.identity_region)),
    Check(borrowers.work_region, _by(lambda case, day, hour: case.work_region)),
    Check(borrowers.occupation, _by(lambda case, day, hour: case.occupation)),
    Check(borrowers.customer, _by(lambda case, day, hour: case.customer)),
    Check(borrowers.card_bank, _by(lambda case, day, hour: case.card_bank)),
    Check(borrowers.tier, _by(lambda case, day, hour: case.tier)),
    Check(borrowers.collateral, _by(lambda case, day, hour: case.collateral)),
    Check(borrowers.documents, _by(lambda case, day, hour: case.documents)),
    Check(borrowers.consents, _by(lambda case, day, hour: case.consents)),
    Check(_window, _window_key),
)

CURRENT: Final[tuple[Refuse, ...]] = (
    _excluded,
    borrowers.open_loans,
    borrowers.declined,
    _grey,
    _concentration,
    _quota,
    _all_in,
)


def asked(programme: Programme) -> tuple[Refuse, ...]:
    """Return the checks of the second table that can refuse at this programme at all."""
    whom, price = programme.borrowers, programme.borrower_price
    never: dict[Refuse, bool] = {
        borrowers.open_loans: whom.open_loans_max is None,
        borrowers.declined: not whom.blocked_days_after_decline,
        _grey: programme.grey is None,
        _concentration: programme.concentration is None,
        _all_in: price.all_in_cap is None,
    }
    return tuple(refuse for refuse in CURRENT if not never.get(refuse, False))
