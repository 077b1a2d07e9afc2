"""From submission to the partner's desk: once, to the cheapest, and never to two at a time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.port import Rejected, Uncertain, Unreachable
from contracts.application import DrawdownWish
from contracts.messages import CreditOutcome, CreditTold, DrawdownOutcome, DrawdownTold
from hub.domain.lifecycle import DEAD_ATTEMPT
from hub.flows import outbound
from hub.flows.errors import KeyReused, NotKnown, NumberTaken, OverLimit, WrongState
from hub.store import mailbox
from hub.store.tables import T
from tests.hub.flows.world import World, say


def _state(world: World, application_id: str) -> tuple[str, str]:
    return world.application(application_id).state, world.attempt(application_id).state


def test_the_cheapest_partner_gets_the_request_and_every_other_its_reason(world: World) -> None:
    application_id = world.routed()
    assert _state(world, application_id) == ("reviewing", "accepted")
    assert [len(w.sent) for w in world.wires.values()] == [1, 0]
    decision = world.row(T.routing_decision)
    assert decision.chosen == "alpha_main"
    assert [r["programme"] for r in decision.body["refusals"]] == ["beta_main"]
    asked = json.loads(world.wires["alpha"].sent[0].body)
    assert asked["applicant"]["name"].endswith("试")  # the partner gets the plain name


def test_what_admission_refuses_is_declined_with_every_reason_and_sent_to_nobody(world: World) -> None:
    reply = world.submit(amount_fen=50, consents=())
    world.worker.drain()
    codes = {reason["code"] for reason in reply.body["reasons"]}
    assert reply.body["state"] == "declined"
    assert {"amount_too_small", "consent_missing"} <= codes
    assert not world.wires["alpha"].sent


def test_a_key_answers_once_and_for_ever(world: World) -> None:
    first = world.submit(key="k")
    again = world.submit(key="k")
    assert again.replayed
    assert again.body == first.body
    with pytest.raises(KeyReused):
        world.submit(key="k", amount_fen=900_000)
    assert len(world.rows(T.application)) == 1


def test_a_refused_submission_keeps_nothing_under_its_key(world: World) -> None:
    world.submit(1)
    with pytest.raises(NumberTaken):
        world.submit(2, key="other", platform_no="P1")
    assert world.submit(2, key="other").status == 201
    with pytest.raises(NotKnown):
        world.submit(3, product="none")


def test_a_declined_application_goes_to_the_next_partner_and_its_quota_back(world: World) -> None:
    application_id = world.routed()
    world.call("alpha", "credit", "m1", world.decline(application_id))
    world.worker.drain()
    assert world.attempt(application_id).partner == "beta"
    q = T.quota.c
    assert all(row.used_fen == 0 for row in world.rows(T.quota, q.programme == "alpha_main"))
    assert all(row.used_fen == 1_200_000 for row in world.rows(T.quota, q.programme == "beta_main"))
    world.call("beta", "credit", "m2", world.decline(application_id))
    world.worker.drain()
    assert world.application(application_id).state == "declined"
    assert world.application(application_id).reason[0]["code"] == "no_partner"


def test_a_full_quota_sends_the_next_one_elsewhere(database_url: str) -> None:
    world = World(database_url, daily_fen=2_000_000)
    partners = [world.attempt(world.routed(n)).partner for n in (1, 2)]
    third = world.routed(3)
    assert partners == ["alpha", "beta"]
    assert world.application(third).state == "declined"
    world.database.close()


@pytest.mark.parametrize("failures", [1, 3])
def test_what_did_not_arrive_is_sent_again_with_the_same_bytes(world: World, failures: int) -> None:
    world.wires["alpha"].then(*[Unreachable("refused")] * failures)
    application_id = world.routed()
    assert _state(world, application_id) == ("reviewing", "written")
    for _ in range(failures):
        world.pass_time(minutes=6)
    assert _state(world, application_id) == ("reviewing", "accepted")
    sent = world.wires["alpha"].sent[: failures + 1]
    assert len({(r.body, tuple(r.headers.items())) for r in sent}) == 1


def test_what_never_arrived_at_all_is_proven_and_goes_to_the_next(world: World) -> None:
    world.wires["alpha"].then(*[Unreachable("refused")] * 40)
    application_id = world.routed()
    for _ in range(14):
        world.pass_time(minutes=6)
    assert world.attempt(application_id).partner == "beta"
    assert world.row(T.attempt, T.attempt.c.partner == "alpha").state == "failed"


def test_an_uncertain_request_is_asked_about_and_never_sent_again_or_elsewhere(world: World) -> None:
    world.wires["alpha"].then(Uncertain("timeout"), Uncertain("timeout"))
    application_id = world.routed()
    assert _state(world, application_id) == ("reviewing", "uncertain")
    world.pass_time(seconds=31)
    assert world.attempt(application_id).partner == "alpha"
    world.wires["alpha"].then(say(world.approve(application_id)))
    world.pass_time(minutes=5)
    assert _state(world, application_id) == ("approved", "approved")
    kinds = [r.path for r in world.wires["alpha"].sent]
    assert kinds.count("/apply") == 1
    assert not world.wires["beta"].sent


def test_no_such_order_counts_only_after_the_partners_delay(world: World) -> None:
    world.wires["alpha"].then(Uncertain("timeout"))
    application_id = world.routed()
    gone = CreditTold(event_id="q", subject=world.attempt(application_id).id, outcome=CreditOutcome.NOT_FOUND)
    for _ in range(3):
        world.wires["alpha"].then(say(gone))
    world.pass_time(seconds=31)
    assert _state(world, application_id) == ("reviewing", "uncertain")
    for _ in range(6):
        world.wires["alpha"].then(say(gone))
        world.pass_time(minutes=5)
    assert world.attempt(application_id).partner == "beta"


def test_a_request_whose_worker_died_is_asked_about_first(world: World) -> None:
    application_id = str(world.submit().body["id"])
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue="local", most=5, owner="dead", now=world.time)
    outbound.route(world.context, job)
    with world.database.write() as tx:
        mailbox.claim(tx, queue="partner:alpha", most=5, owner="dead", now=world.time)
    world.pass_time(seconds=29)
    assert not world.wires["alpha"].sent  # the lease still holds
    world.pass_time(seconds=2)
    with world.database.write() as tx:
        assert mailbox.take_back(tx, world.time) == 1
    world.worker.drain()
    assert _state(world, application_id) == ("reviewing", "uncertain")
    world.pass_time(seconds=31)
    assert [r.path for r in world.wires["alpha"].sent] == ["/query_credit"]


def test_a_request_that_failed_in_our_own_hands_is_asked_about_first(world: World) -> None:
    world.wires["alpha"].then(RuntimeError("a bug"))
    application_id = world.routed()
    assert world.attempt(application_id).state == "written"
    world.pass_time(seconds=3)
    assert world.attempt(application_id).state == "uncertain"
    world.pass_time(seconds=31)
    assert [r.path for r in world.wires["alpha"].sent] == ["/apply", "/query_credit"]
    assert not world.wires["beta"].sent


def test_a_refused_request_is_final_and_the_next_partner_is_asked(world: World) -> None:
    world.wires["alpha"].then(Rejected("blacklist", code="E7"))
    application_id = world.routed()
    assert world.row(T.attempt, T.attempt.c.partner == "alpha").state == "failed"
    assert world.attempt(application_id).partner == "beta"


@pytest.mark.parametrize("after", ["accepted", "approved"])
def test_a_refusal_after_the_partner_took_it_is_parked_and_asked_about(world: World, after: str) -> None:
    """A callback overtook the first answer, and the request sent again is refused: which of them is true?"""
    world.wires["alpha"].then(Unreachable("down"), Rejected("blacklist", code="E7"))
    application_id = world.routed()
    attempt = world.attempt(application_id)
    told = world.approve(application_id)
    if after == "accepted":
        told = CreditTold(event_id="p", subject=attempt.id, outcome=CreditOutcome.PENDING)
    world.tell("alpha", "credit", told)
    world.pass_time(seconds=5)
    assert world.attempt(application_id).state == after
    (reason,) = world.parked()
    assert "blacklist" in reason
    assert after in reason
    assert not world.wires["beta"].sent
    world.pass_time(seconds=31)
    asked = [request.path for request in world.wires["alpha"].sent]
    assert asked == ["/apply", "/apply", "/query_credit"][: 3 if after == "accepted" else 2]


def test_every_try_unreachable_after_the_partner_took_it_is_parked(world: World) -> None:
    world.wires["alpha"].then(*[Unreachable("down")] * 40)
    application_id = world.routed()
    world.tell("alpha", "credit", world.approve(application_id))
    for _ in range(20):
        world.pass_time(minutes=6)
    assert world.attempt(application_id).state == "approved"
    assert len(world.parked()) == 1
    assert not world.wires["beta"].sent


def test_an_unreadable_answer_is_kept_parked_and_asked_about(world: World) -> None:
    answer = say()
    world.wires["alpha"].then(type(answer)(200, {}, b"rubbish"))
    application_id = world.routed()
    assert world.parked() == ["rubbish"]
    assert _state(world, application_id) == ("reviewing", "uncertain")
    world.pass_time(seconds=31)
    assert [r.path for r in world.wires["alpha"].sent] == ["/apply", "/query_credit"]


def test_a_drawdown_needs_an_approval_and_stays_within_it(world: World) -> None:
    application_id = world.routed()

    def draw(fen: int, key: str) -> Any:
        wish = DrawdownWish(amount_fen=fen)
        return outbound.request_drawdown(
            world.context, application_id, wish, owner="shop", key=key, sha256=str(fen)
        )

    with pytest.raises(WrongState):
        draw(1_200_000, "a")
    world.call("alpha", "credit", "m", world.approve(application_id, limit_fen=1_000_000))
    world.worker.drain()
    with pytest.raises(OverLimit):
        draw(1_000_001, "b")
    assert draw(1_000_000, "c").status == 202
    with pytest.raises(WrongState):
        draw(1_000_000, "d")
    with pytest.raises(NotKnown):
        outbound.request_drawdown(
            world.context, application_id, DrawdownWish(amount_fen=1), owner="thief", key="e", sha256=""
        )


def test_an_uncertain_drawdown_is_asked_about_until_it_is_known(world: World) -> None:
    application_id = world.routed()
    world.call("alpha", "credit", "m", world.approve(application_id))
    world.worker.drain()
    world.wires["alpha"].then(Uncertain("timeout"))
    world.drawn(application_id)
    assert _state(world, application_id) == ("drawing", "draw_uncertain")
    world.wires["alpha"].then(say(world.disbursed(application_id)))
    world.pass_time(seconds=31)
    assert _state(world, application_id) == ("repaying", "funded")
    assert [r.path for r in world.wires["alpha"].sent].count("/drawdown") == 1


def test_a_question_is_asked_until_it_is_answered_however_often_it_fails(world: World) -> None:
    world.wires["alpha"].then(Uncertain("timeout"), *[Unreachable("refused")] * 30)
    application_id = world.routed()
    for _ in range(36):
        world.pass_time(minutes=6)
        assert _state(world, application_id) in {("reviewing", "uncertain"), ("reviewing", "accepted")}
    assert _state(world, application_id) == ("reviewing", "accepted")
    assert not world.rows(T.work, T.work.c.state == mailbox.BURIED)


def test_a_failed_drawdown_goes_to_the_next_partner(world: World) -> None:
    application_id = world.routed()
    draw_no = world.drawn(application_id)
    failed = DrawdownTold(
        event_id="f", subject=draw_no, outcome=DrawdownOutcome.FAILED, reason_code="X", reason="card"
    )
    world.tell("alpha", "drawdown", failed)
    assert world.attempt(application_id).partner == "beta"
    live = [a for a in world.rows(T.attempt) if a.state not in DEAD_ATTEMPT]
    assert len(live) == 1


def test_every_change_of_state_has_one_event_with_its_source(world: World) -> None:
    application_id = world.routed()
    world.loan(application_id)
    e = T.event.c
    chain = [
        (r.what, r.before, r.after, r.source)
        for r in world.rows(T.event, e.application_id == application_id, e.machine == "application")
    ]
    assert chain == [
        ("submitted", None, "submitted", "api"),
        ("routed", "submitted", "reviewing", "worker"),
        ("approved", "reviewing", "approved", "callback"),
        ("drawdown_requested", "approved", "drawing", "api"),
        ("disbursed", "drawing", "repaying", "callback"),
    ]
