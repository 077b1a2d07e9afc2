"""What a programme asks about the person is found in what was told and in what was before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from contracts.application import Circumstances
from contracts.messages import CreditOutcome, CreditTold
from contracts.terms import Borrowers, Concentration, CustomerKind, Regions
from hub.domain.calendar import business_day
from hub.domain.reasons import because
from hub.domain.routing import History
from hub.flows import circumstances
from hub.store.tables import T
from tests.hub.flows.world import World
from tests.hub.people import applicant


def ask(world: World, **terms: object) -> None:
    """Give the cheaper programme these terms, before anything is routed."""
    catalogue = world.context.catalogue
    alpha, beta = catalogue.programmes
    changed = replace(catalogue, programmes=(alpha.model_copy(update=terms), beta))
    object.__setattr__(world.context, "catalogue", changed)


def decisions(world: World, application_id: str) -> list[dict[str, object]]:
    rows = world.rows(T.routing_decision, T.routing_decision.c.application_id == application_id)
    return [row.body for row in rows]


def decline(world: World, application_id: str) -> None:
    attempt = world.attempt(application_id)
    fact = CreditTold(event_id=f"no {attempt.id}", subject=attempt.id, outcome=CreditOutcome.DECLINED)
    world.tell(attempt.partner, "credit", fact)


def test_a_declined_person_is_kept_away_for_the_partners_days(world: World) -> None:
    ask(world, borrowers=Borrowers(blocked_days_after_decline=7))
    first = world.routed()
    assert world.attempt(first).partner == "alpha"
    decline(world, first)
    world.time += timedelta(days=7)
    again = world.routed(2, applicant=applicant(1))
    assert world.attempt(again).partner == "beta"
    codes = [why["code"] for refusal in decisions(world, again)[0]["refusals"] for why in refusal["reasons"]]
    assert codes == ["declined_recently"]
    world.time += timedelta(days=1)
    assert world.attempt(world.routed(3, applicant=applicant(1))).partner == "alpha"
    assert world.attempt(world.routed(4, applicant=applicant(9))).partner == "alpha"


def test_loans_of_the_person_at_the_partner_are_counted(world: World) -> None:
    ask(world, borrowers=Borrowers(open_loans_max=0))
    world.loan(world.routed())
    assert world.attempt(world.routed(2, applicant=applicant(1))).partner == "beta"
    assert world.attempt(world.routed(3, applicant=applicant(9))).partner == "alpha"


def test_what_the_platform_tells_is_routed_by(world: World) -> None:
    ask(
        world, borrowers=Borrowers(customers=(CustomerKind.RETURNING,), work_regions=Regions(allowed=("32",)))
    )
    untold = world.routed()
    told = world.routed(2, circumstances=Circumstances(customer=CustomerKind.RETURNING, work_region="320506"))
    assert [world.attempt(one).partner for one in (untold, told)] == ["beta", "alpha"]


def test_what_no_programme_asks_is_not_recorded(world: World) -> None:
    case = decisions(world, world.routed())[0]["case"]
    assert isinstance(case, dict)
    assert case["identity_region"] is None
    assert case["occupation"] is None
    assert case["consents"] == ["personal_data"]


def test_the_partners_balance_is_its_share_of_what_is_lent_and_asked_for(world: World) -> None:
    bound = Concentration(tier1_net_capital_fen=10**12, balance_max_fen=3_000_000)
    ask(world, concentration=bound)
    loan = world.routed()
    world.loan(loan)
    world.routed(2)
    with world.context.database.read() as tx:
        used = circumstances.usage(tx, world.context.catalogue.programmes, business_day(world.time))
    assert used["alpha_main"].balance_fen == 2_400_000
    assert used["beta_main"].balance_fen == 0
    assert world.attempt(world.routed(3)).partner == "beta"


def test_after_so_many_partners_or_so_much_time_no_more(world: World) -> None:
    offers = world.context.catalogue.programmes
    days = timedelta(days=3)
    had = because("declined_before", "partner")
    paused = because("partner_suspended", "partner")
    out = {"alpha_main": had, "beta_main": paused}
    assert circumstances.bounded(out, 4, days, offers) == out
    for tried, waited, code in ((5, days, "tries_used"), (1, days + timedelta(seconds=1), "search_too_long")):
        found = circumstances.bounded(out, tried, waited, offers)
        assert found["alpha_main"] == had
        assert found["beta_main"].code == code


def test_history_of_nobody(world: World) -> None:
    application = world.rows(T.application, T.application.c.id == world.routed())[0]
    with world.context.database.read() as tx:
        assert circumstances.history_of(tx, application, business_day(world.time)) == {}
    assert History() == History(0, None)
    assert Decimal(1) == world.context.catalogue.programmes[0].own_share
