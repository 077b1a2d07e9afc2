"""Every try of every request is kept: sealed, with a harmless view, whatever became of the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import update

from connectors.port import Request
from connectors.transport import Retries, Transport
from contracts.messages import CreditOutcome, CreditTold
from hub.flows import exchanges, outbound, requests
from hub.flows.requests import queue_of
from hub.store import mailbox, queries
from hub.store.tables import T
from tests.hub.flows.world import World, say

Wire = Callable[[httpx.Request], httpx.Response]


def dialled(world: World, wire: Wire) -> None:
    """Let alpha be reached over the real transport, on a wire of our making."""
    transport = Transport(
        "https://alpha.example",
        wire=httpx.MockTransport(wire),
        retries=Retries(attempts=2, first=0.0),
        sleep=lambda seconds: None,
        observer=exchanges.observe,
    )
    world.context.desks["alpha"] = replace(world.context.desks["alpha"], transport=transport)  # type: ignore[index]


def fine(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=httpx.ByteStream(say().body))


def test_an_exchange_is_kept_with_the_state_it_led_to(world: World) -> None:
    dialled(world, fine)
    application_id = world.routed()
    row = world.row(T.exchange)
    attempt = world.attempt(application_id)
    assert (row.partner, row.kind, row.subject) == ("alpha", "apply", attempt.id)
    assert (row.verdict, row.attempt, row.at) == ("answered", 1, world.time)
    sent = world.row(T.message, T.message.c.direction == "out")
    assert row.number == sent.number
    request, answer = exchanges.unpack(world.context.vault.exchange(row.sealed, row.id))
    assert request.path == "/apply"
    assert world.context.vault.raw(sent.sealed, sent.id).endswith(request.body)
    assert (answer.status, answer.body) == (200, b"[]") if answer else False


def test_what_people_see_holds_nothing_personal(world: World) -> None:
    dialled(world, fine)
    application_id = world.routed()
    (seen,) = queries.exchanges(world.database, application_id, after=None, limit=9) or []
    assert seen["view"]["path"] == "/apply"
    assert "sealed" not in seen
    row = world.row(T.exchange)
    request, _ = exchanges.unpack(world.context.vault.exchange(row.sealed, row.id))
    mobile = b"13800000001"
    assert mobile in request.body
    assert mobile.decode() not in str(seen)
    assert mobile not in row.sealed


def test_every_try_is_kept_and_numbered(world: World) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    dialled(world, refuse)
    world.routed()
    rows = world.rows(T.exchange)
    assert [(row.attempt, row.verdict) for row in rows] == [(1, "unreachable"), (2, "unreachable")]
    assert len({row.number for row in rows}) == 1
    _, answer = exchanges.unpack(world.context.vault.exchange(rows[0].sealed, rows[0].id))
    assert answer is None


def test_queries_are_kept_beside_the_request_they_ask_about(world: World) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/apply":
            raise httpx.ReadTimeout("silence")
        told = CreditTold(event_id="e", subject=attempt_id, outcome=CreditOutcome.PENDING)
        return httpx.Response(200, stream=httpx.ByteStream(say(told).body))

    attempt_id = ""
    dialled(world, slow)
    application_id = world.routed()
    attempt_id = world.attempt(application_id).id
    world.pass_time(seconds=31)
    seen = queries.exchanges(world.database, application_id, after=None, limit=9) or []
    assert [(row["kind"], row["verdict"]) for row in seen] == [
        ("apply", "uncertain"),
        ("query_credit", "answered"),
    ]
    assert queries.exchanges(world.database, "app_none", after=None, limit=9) is None


def test_an_exchange_is_kept_when_its_work_cannot_be_ended(world: World) -> None:
    """Another worker takes the work over meanwhile: its record counts, but what we exchanged happened."""

    def overtaken(request: httpx.Request) -> httpx.Response:
        with world.database.write() as tx:
            tx.execute(update(T.work).values(attempts=T.work.c.attempts + 1))
        return fine(request)

    dialled(world, overtaken)
    world.submit()
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue=mailbox.LOCAL, most=1, owner="test", now=world.time)
    outbound.route(world.context, job)
    with world.database.write() as tx:
        (job,) = mailbox.claim(tx, queue=queue_of("alpha"), most=1, owner="test", now=world.time)
    with pytest.raises(mailbox.LeaseLost), exchanges.heard(world.context):
        requests.send(world.context, job)
    assert world.row(T.exchange).verdict == "answered"
    assert world.row(T.attempt).state == "written"


def test_outside_of_work_nothing_is_heard(world: World) -> None:
    dialled(world, fine)
    desk = world.context.desks["alpha"]
    request = Request("POST", "/x", {}, b"")
    assert exchanges.send(desk, request, kind="x", subject="y", number="1").status == 200
    assert world.rows(T.exchange) == []
