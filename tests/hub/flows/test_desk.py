"""The desk: a cause is brought up once, a person closes it by name and reason, and the chain tells of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.domain.matters import Kind
from hub.flows import desk, outbound, watch
from hub.flows.errors import NotKnown, WrongState
from hub.store import mailbox, matters
from hub.store.audit import audit
from hub.store.matters import Found
from hub.store.sealed import Vault
from hub.store.tables import T
from tests.hub.flows.world import World, say

ANN = {"why": "the cause is mended", "who": "operator:ann"}
FOUND = Found(Kind.PARKED, "parked:m1:0", "credit", "it contradicts", partner="alpha")


def bury(world: World, kind: str, ref: str, *, queue: str = mailbox.LOCAL, lane: str | None = None) -> Any:
    """Put work and give it up at once."""
    with world.database.write() as tx:
        mailbox.put(tx, queue=queue, kind=kind, ref=ref, now=world.time, lane=lane)
        (job,) = mailbox.claim(tx, queue=queue, most=1, owner="test", now=world.time)
        mailbox.bury(tx, job, error="KeyError: poison")
    watch.look(world.context)
    return world.row(T.matter, T.matter.c.kind == "buried", T.matter.c.state == "open")


def unroutable(world: World) -> str:
    """An application whose routing is not queued any more."""
    application_id = str(world.submit().body["id"])
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue=mailbox.LOCAL, most=1, owner="test", now=world.time)
        mailbox.done(tx, job)
    return application_id


def test_buried_work_is_brought_up_once_with_its_application_and_reason(world: World) -> None:
    application_id = unroutable(world)
    matter = bury(world, "route", application_id)
    assert (matter.about, matter.application_id, matter.reason) == (
        "route",
        application_id,
        "KeyError: poison",
    )
    watch.look(world.context)
    world.pass_time(hours=1)
    assert world.row(T.matter).times == 1


def test_replayed_work_is_done_and_the_act_is_in_the_chain_of_the_application(world: World) -> None:
    application_id = unroutable(world)
    matter = bury(world, "route", application_id)
    desk.replay(world.context, matter.id, **ANN)
    desk.replay(world.context, matter.id, **ANN)  # harmless
    assert len(world.rows(T.work)) == 1
    world.worker.drain()
    assert world.application(application_id).state == "reviewing"
    closed = world.row(T.matter)
    assert (closed.state, closed.closed_how, closed.closed_by) == ("closed", "replayed", "operator:ann")
    event = world.row(T.event, T.event.c.machine == "matter")
    assert (event.application_id, event.what, event.who) == (application_id, "replayed", "operator:ann")
    assert event.detail["why"] == ANN["why"]
    assert audit(world.database)[0] == []


def test_a_request_that_is_given_up_is_uncertain_and_asked_about_on_the_partners_schedule(
    world: World,
) -> None:
    """Whatever became of those who sent it, it may be there: a person is told, and the partner is asked."""
    application_id = str(world.submit().body["id"])
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue=mailbox.LOCAL, most=1, owner="test", now=world.time)
    outbound.route(world.context, job)
    for _ in range(mailbox.MAX_ATTEMPTS):
        with world.database.write() as tx:
            mailbox.claim(tx, queue="partner:alpha", most=1, owner="mortal", now=world.time)
        world.time += 2 * mailbox.LEASE
        with world.database.write() as tx:
            mailbox.take_back(tx, world.time)
    for _ in range(2):
        watch.look(world.context)
        assert world.attempt(application_id).state == "uncertain"
        (question,) = world.rows(T.work, T.work.c.kind == "query_credit")
        assert question.due_at == world.time + timedelta(seconds=30)
    matter = world.row(T.matter)
    assert (matter.kind, matter.about, matter.application_id) == ("buried", "send", application_id)
    world.wires["alpha"].then(say(world.approve(application_id)))
    world.pass_time(seconds=31)
    assert [request.path for request in world.wires["alpha"].sent] == ["/query_credit"]
    assert world.application(application_id).state == "approved"


def test_a_request_that_cannot_be_opened_is_brought_up_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.submit()
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue=mailbox.LOCAL, most=1, owner="test", now=world.time)
    outbound.route(world.context, job)
    monkeypatch.setattr(Vault, "ask", lambda *given: 1 / 0)
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue="partner:alpha", most=1, owner="test", now=world.time)
        mailbox.bury(tx, job, error="ZeroDivisionError")
    watch.look(world.context)
    assert world.row(T.matter).about == "send"


def test_a_replayed_request_keeps_its_number_and_bytes_and_is_asked_about_first(world: World) -> None:
    world.submit()
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue=mailbox.LOCAL, most=1, owner="test", now=world.time)
    outbound.route(world.context, job)
    before = world.row(T.message)
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue="partner:alpha", most=1, owner="test", now=world.time)
        mailbox.bury(tx, job, error="it failed in our own hands")
    watch.look(world.context)
    desk.replay(world.context, world.row(T.matter).id, **ANN)
    world.worker.drain()
    attempt = world.row(T.attempt)
    assert (attempt.state, len(world.rows(T.attempt))) == ("uncertain", 1)
    assert world.wires["alpha"].sent == []  # an earlier try may have left: nothing is sent twice
    world.pass_time(seconds=31)
    assert [request.path for request in world.wires["alpha"].sent] == ["/query_credit"]
    after = world.row(T.message, T.message.c.direction == "out")
    assert (after.number, after.sealed) == (before.number, before.sealed)


def test_dismissed_work_is_gone_and_stays_gone(world: World) -> None:
    application_id = unroutable(world)
    matter = bury(world, "route", application_id)
    desk.dismiss(world.context, matter.id, **ANN)
    desk.dismiss(world.context, matter.id, **ANN)
    assert world.rows(T.work) == []
    with pytest.raises(WrongState, match="operator:ann"):
        desk.replay(world.context, matter.id, **ANN)
    # The database may give the number of what is gone to other work: that is another matter.
    world.pass_time(seconds=1)
    assert bury(world, "route", application_id).id != matter.id


def test_what_is_replayed_leaves_its_lane_to_those_behind_it(world: World) -> None:
    loan = world.loan(world.routed())
    told = world.repayment(loan, "R1", 1)
    assert world.call("alpha", "repayment", "m1", told) == "received"
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue=mailbox.LOCAL, most=1, owner="test", now=world.time)
        mailbox.bury(tx, job, error="poison")
    watch.look(world.context)
    matter = world.row(T.matter)
    assert matter.application_id == loan.application_id
    assert world.call("alpha", "repayment", "m2", world.repayment(loan, "R2", 2)) == "received"
    desk.replay(world.context, matter.id, **ANN)
    world.worker.drain()
    serials = [r.serial for r in world.rows(T.money_event, T.money_event.c.kind == "repayment")]
    assert sorted(serials) == ["R1", "R2"]
    assert len(world.rows(T.message, T.message.c.number.like("%m1"))) == 1


def test_a_parked_message_is_applied_again_and_may_be_parked_again(world: World) -> None:
    application_id = world.routed()
    world.tell("alpha", "credit", world.approve(application_id, annual_rate=Decimal("0.2000")))
    (parked,) = world.rows(T.matter)
    assert parked.application_id == application_id
    world.pass_time(seconds=1)
    desk.replay(world.context, parked.id, **ANN)
    world.worker.drain()
    again = world.row(T.matter, T.matter.c.state == "open")
    assert again.cause == parked.cause
    desk.dismiss(world.context, again.id, **ANN)
    assert world.attempt(application_id).state == "accepted"


def test_what_was_never_understood_cannot_be_replayed(world: World) -> None:
    world.raw_call("alpha", "credit", b"rubbish")
    matter = world.row(T.matter)
    with pytest.raises(WrongState, match="nothing to do again"):
        desk.replay(world.context, matter.id, **ANN)
    assert world.row(T.matter).state == "open"
    desk.dismiss(world.context, matter.id, **ANN)
    event = world.row(T.event)
    assert event.application_id == desk.CHAIN  # it is about no application
    assert audit(world.database)[0] == []


def test_what_is_not_there_is_not_closed(world: World) -> None:
    with pytest.raises(NotKnown):
        desk.dismiss(world.context, "mat_none", **ANN)


def test_a_cause_is_open_once_and_counted(world: World) -> None:
    later = world.time + timedelta(minutes=1)
    with world.database.write() as tx:
        assert matters.open_(tx, FOUND, world.time)
        assert not matters.open_(tx, FOUND, later)
        assert not matters.open_(tx, FOUND, later, again=True)
    row = world.row(T.matter)
    assert (row.times, row.opened_at, row.seen_at) == (2, world.time, later)


def test_a_cause_that_ends_closes_its_matter_and_may_come_back(world: World) -> None:
    with world.database.write() as tx:
        matters.open_(tx, FOUND, world.time)
        desk.ended(tx, FOUND.cause, "it is over", world.time)
        desk.ended(tx, FOUND.cause, "it is over", world.time)
        assert matters.open_(tx, FOUND, world.time + timedelta(seconds=1))
    assert sorted(row.state for row in world.rows(T.matter)) == ["closed", "open"]
    assert [row.what for row in world.rows(T.event)] == ["ended"]


def test_a_cause_that_was_dismissed_is_not_brought_up_again(world: World) -> None:
    with world.database.write() as tx:
        matters.open_(tx, FOUND, world.time)
    desk.dismiss(world.context, world.row(T.matter).id, **ANN)
    with world.database.write() as tx:
        assert not matters.open_(tx, FOUND, world.time + timedelta(seconds=1))


def test_persons_that_act_at_one_time_leave_one_act_and_a_whole_chain(world: World) -> None:
    with world.database.write() as tx:
        for number in range(6):
            matters.open_(tx, Found(Kind.PARKED, f"parked:{number}:0", "x", "y"), world.time)
    ids = [row.id for row in world.rows(T.matter)] * 2
    start = threading.Barrier(4)

    def act(place: int) -> None:
        start.wait(20)
        for matter_id in ids[place::4]:
            desk.dismiss(world.context, matter_id, **ANN)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(4)))
    assert len(world.rows(T.event)) == 6
    assert audit(world.database)[0] == []
