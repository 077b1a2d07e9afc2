"""Every behaviour seen at real platforms is played by a partner of ours, and names the test that shows it.

Three are the hub's own and no partner can show them; they are listed, so that nobody takes them for shown.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from connectors import registry
from connectors.conformance.rig import Talk, application, keys, seeded
from connectors.port import Partner
from contracts.messages import CreditOutcome
from tests.shared import ROOT, shared_json

SHOWN: Mapping[str, tuple[str, ...]] = {
    "approval callback is plain text and unsigned": (
        "connectors/conformance/hostile.py::test_credit_hint_is_no_more_than_a_hint",
    ),
    "disbursement callback is sent exactly once": (
        "tests/connectors/sandbox/test_faults.py::test_a_callback_sent_once_is_not_sent_again_though_we_were_busy",
        "tests/connectors/x_ca_hmac/test_connector.py::test_a_disbursement_is_called_once_and_never_again",
    ),
    "response body is encrypted only for 2xx": (
        "tests/connectors/x_ca_hmac/test_connector.py::test_an_error_in_clear_is_no_failed_decryption",
    ),
    "amounts are quoted strings, decimals beyond the declared scale are rounded by the partner "
    "(12345.678 -> 12345.68 for Number 9(7:2))": (
        "tests/connectors/x_ca_hmac/test_wire.py::test_what_the_platform_would_round_is_not_sent",
    ),
    "transaction query returns at most 10 rows of the last 90 days by default; "
    "repayment plan at most 50 rows": (
        "tests/connectors/x_ca_hmac/test_wire.py::test_a_plan_that_fills_its_page_may_have_been_cut",
        "connectors/conformance/honest.py::test_movements_agree_with_the_partners_books",
    ),
    "transaction number is unique only within one day": (
        "connectors/conformance/honest.py::test_movements_agree_with_the_partners_books",
    ),
    "a second application for the same borrower is refused while one is new or in approval": (
        "tests/connectors/x_ca_hmac/test_wire.py::test_an_application_that_is_open_there_is_refused_for_now",
    ),
    "signature failure returns the server's string-to-sign in an error header with line feeds removed": (
        "tests/connectors/x_ca_hmac/test_connector.py::test_an_error_in_clear_is_no_failed_decryption",
        "tests/signing/explain/test_difference.py::test_gateways_that_tell_what_they_signed",
    ),
    "AES-CBC with an all-zero IV, then HMAC-SHA256 over the MD5 of the ciphertext": (
        "tests/signing/vectors/test_x_ca.py::test_both_directions",
    ),
    "partner switch chain": (
        "tests/connectors/sandbox/test_behaviours.py::test_a_partner_names_the_reason_for_which_it_declines",
        "tests/hub/flows/test_outbound.py::test_a_declined_application_goes_to_the_next_partner_and_its_quota_back",
    ),
}
OF_THE_HUB = {
    "balance below warning value delays the payout and opens a breaker",
    "too many automatic voids open a breaker on the void task",
    "rate number is looked up by (source system, source type, term count, partner, amount); none found is an "
    "error, not a default",
}


def test_every_behaviour_is_shown_or_is_the_hubs() -> None:
    told = shared_json("vectors/partners/behaviours.json")
    names = {one["name"] for one in (*told["callback_behaviours"], *told["routing_behaviours"])}
    assert names == SHOWN.keys() | OF_THE_HUB


@pytest.mark.parametrize("place", sorted({place for places in SHOWN.values() for place in places}))
def test_what_is_named_as_proof_exists(place: str) -> None:
    file, _, name = place.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree))


@pytest.mark.parametrize(("tail", "reason"), [(91, "FUNDS"), (92, "OPEN_LOAN"), (93, "REGION")])
@pytest.mark.parametrize("dialect", ["sorted_form", "envelope_json"])
def test_a_partner_names_the_reason_for_which_it_declines(dialect: str, tail: int, reason: str) -> None:
    ours, theirs = keys("ours")
    partner = registry.simulator(dialect, Partner("p", theirs), random=seeded("partner"), seed=1)
    talk = Talk(registry.build(dialect, Partner("p", ours)), partner)  # type: ignore[arg-type]  # it is a Desk
    told = talk.decided(application(1).model_copy(update={"amount_fen": 1_000_000 + tail}))
    assert (told.outcome, told.reason_code) == (CreditOutcome.DECLINED, reason)
