"""Every behaviour seen at real platforms is played by a partner of ours, and run here by its name.

Three are the hub's own and no partner can show them; they are listed, so that nobody takes them for shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest

from connectors import registry
from connectors.conformance import contract
from connectors.conformance.rig import PARTNER, Talk, application, keys, seeded
from connectors.port import Partner
from connectors.x_ca_hmac import wire
from connectors.x_ca_hmac.connector import PROFILE
from contracts.messages import CreditOutcome, CreditTold, Hint, QueryCredit, QueryMovements
from signing.profile import load_profile
from tests.connectors.x_ca_hmac import test_connector as x_ca
from tests.connectors.x_ca_hmac import test_wire as x_ca_wire
from tests.shared import shared_json
from tests.signing.explain import test_difference as difference


def platform() -> Talk:
    """Return a conversation with the platform whose document the behaviours were restated from."""
    rig = contract("x_ca_hmac")()
    connector = registry.build("x_ca_hmac", Partner(PARTNER, rig.keys("ours")[0]))
    return Talk(connector, rig.partner_with("ours"))


def an_approval_in_clear() -> None:
    """The callback is a hint, a signed question tells, and one that never comes is recovered by asking."""
    talk = platform()
    ask = application(1)
    talk.ask(ask)
    talk.now += timedelta(minutes=2)
    ((kind, call),) = talk.simulator.callbacks(now=talk.now)
    (hint,) = talk.connector.read_callback(kind, call, now=talk.now).facts
    assert isinstance(hint, Hint)
    (told,) = talk.ask(QueryCredit(subject=ask.subject))
    assert isinstance(told, CreditTold)
    assert told.outcome is CreditOutcome.APPROVED


def a_disbursement_called_once() -> None:
    """It does not come again whatever we answered, and the question still finds it."""
    x_ca.test_a_disbursement_is_called_once_and_never_again()


def an_error_in_clear() -> None:
    """An error body in clear is read as such, whatever its status."""
    for status in (400, 401, 500):
        x_ca.test_an_error_in_clear_is_no_failed_decryption(status)


def pages_that_are_full() -> None:
    """Twelve movements of a day are two pages, and a plan that fills its page is not believed."""
    talk = platform()
    for serial in range(1, 13):
        talk.ask(talk.drawing(serial, amount_fen=1_000_080))
    talk.now += timedelta(days=45)
    talk.simulator.callbacks(now=talk.now)
    day = next(talk.simulator.lender.loans()[0].terms()).due_on
    *rows, page = talk.ask(QueryMovements(subject="day", day=day))
    assert len(rows) == wire.PAGE_ROWS
    assert page.skip == wire.PAGE_ROWS  # type: ignore[union-attr]
    *rest, last = talk.ask(QueryMovements(subject="day", day=day, skip=wire.PAGE_ROWS))
    assert len(rest) == 2
    assert last.skip is None  # type: ignore[union-attr]
    assert {row.event_id for row in rows}.isdisjoint(row.event_id for row in rest)
    x_ca_wire.test_a_plan_that_fills_its_page_may_have_been_cut()


def a_number_of_one_day() -> None:
    """The same number on another day, or another contract, is another fact."""
    rows = [
        wire.Row(
            loan_no=loan,
            serial="000001",
            type="RPY",
            paid_on=day,
            principal_fen=100,
            interest_fen=1,
            period=1,
        )
        for loan, day in (("A", date(2026, 1, 5)), ("A", date(2026, 1, 6)), ("B", date(2026, 1, 5)))
    ]
    assert len({row.fact().event_id for row in rows}) == 3


def a_weak_profile() -> None:
    """It is spoken where a profile declares it, both ways, and nothing declares it by default."""
    talk = platform()
    assert talk.ask(application(1)) == ()
    assert getattr(load_profile(PROFILE).request.encryption, "iv", "") == "zero"


def a_switch_names_its_reason() -> None:
    """Funds exhausted, an open loan there, a region: each decline says which, for the next hop."""
    for tail, reason in ((91, "FUNDS"), (92, "OPEN_LOAN"), (93, "REGION")):
        told = platform().decided(application(1, amount_fen=1_000_000 + tail))
        assert (told.outcome, told.reason_code) == (CreditOutcome.DECLINED, reason)


def the_text_they_sign() -> None:
    """What the gateway says it signed is shown, and compared with what we did."""
    x_ca.test_an_error_in_clear_is_no_failed_decryption(400)
    difference.test_gateways_that_tell_what_they_signed()


RUN: Mapping[str, Callable[[], None]] = {
    "approval callback is plain text and unsigned": an_approval_in_clear,
    "disbursement callback is sent exactly once": a_disbursement_called_once,
    "response body is encrypted only for 2xx": an_error_in_clear,
    "amounts are quoted strings, decimals beyond the declared scale are rounded by the partner "
    "(12345.678 -> 12345.68 for Number 9(7:2))": x_ca_wire.test_what_the_platform_would_round_is_not_sent,
    "transaction query returns at most 10 rows of the last 90 days by default; "
    "repayment plan at most 50 rows": pages_that_are_full,
    "transaction number is unique only within one day": a_number_of_one_day,
    "a second application for the same borrower is refused while one is new or in "
    "approval": x_ca_wire.test_an_application_that_is_open_there_is_refused_for_now,
    "signature failure returns the server's string-to-sign in an error header with line feeds "
    "removed": the_text_they_sign,
    "AES-CBC with an all-zero IV, then HMAC-SHA256 over the MD5 of the ciphertext": a_weak_profile,
    "partner switch chain": a_switch_names_its_reason,
}
OF_THE_HUB = {
    "balance below warning value delays the payout and opens a breaker",
    "too many automatic voids open a breaker on the void task",
    "rate number is looked up by (source system, source type, term count, partner, amount); none found is an "
    "error, not a default",
}


def test_every_behaviour_is_run_or_is_the_hubs() -> None:
    told = shared_json("vectors/partners/behaviours.json")
    names = {one["name"] for one in (*told["callback_behaviours"], *told["routing_behaviours"])}
    assert names == RUN.keys() | OF_THE_HUB


@pytest.mark.parametrize("name", RUN)
def test_a_behaviour(name: str) -> None:
    RUN[name]()


@pytest.mark.parametrize(("tail", "reason"), [(91, "FUNDS"), (92, "OPEN_LOAN"), (93, "REGION")])
@pytest.mark.parametrize("dialect", ["sorted_form", "envelope_json"])
def test_a_partner_names_the_reason_for_which_it_declines(dialect: str, tail: int, reason: str) -> None:
    ours, theirs = keys("ours")
    partner = registry.simulator(dialect, Partner("p", theirs), random=seeded("partner"), seed=1)
    talk = Talk(registry.build(dialect, Partner("p", ours)), partner)  # type: ignore[arg-type]  # it is a Desk
    told = talk.decided(application(1).model_copy(update={"amount_fen": 1_000_000 + tail}))
    assert (told.outcome, told.reason_code) == (CreditOutcome.DECLINED, reason)
