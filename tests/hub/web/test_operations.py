"""The operators' door: what waits is counted, what was parked is closed by a named person with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from hub.flows.pressure import Bounds, Pressure
from hub.settings import Settings
from hub.store.tables import T
from hub.web import examples
from hub.web.access import Access, ApiKey, Scope, load_access
from hub.web.app import create_app
from hub.web.shapes import desk
from tests.hub.flows.world import World
from tests.hub.web.client import Caller, Said
from tests.hub.web.conftest import Hub

WHY = {"why": "the partner has withdrawn it in writing"}


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    yield made
    made.database.close()


@pytest.fixture
def ops(world: World) -> Caller:
    keys = [ApiKey(name, sha256(name.encode()).digest(), frozenset(Scope)) for name in ("ann", "bob")]
    return Caller(create_app(world.context, Access(keys)), "ann")


def parked(world: World, ops: Caller, many: int = 1) -> list[desk.MatterView]:
    for number in range(many):
        world.call("alpha", "credit", f"m{number}", world.approve(world.routed(number), subject="unknown"))
    world.worker.drain()
    return desk.MatterPage.model_validate(ops.get("/v1/operations/matters").json()).items


def test_what_contradicts_the_record_is_listed_with_its_reason(world: World, ops: Caller) -> None:
    (item,) = parked(world, ops)
    assert (item.partner, item.state, item.source) == ("alpha", "open", "callback")
    assert "unknown" in item.reason
    backlog = desk.Backlog.model_validate(ops.get("/v1/operations/backlog").json())
    assert backlog.matters == {"parked": 1}
    assert backlog.applications == {"reviewing": 1}
    assert backlog.at == world.time


def test_waiting_work_is_counted(world: World, ops: Caller) -> None:
    world.submit(1)
    assert ops.get("/v1/operations/backlog").json()["work"]["local"] == 1


def test_pages_hold_everything_once(world: World, ops: Caller) -> None:
    ids = [item.id for item in parked(world, ops, many=3)]
    first = ops.get("/v1/operations/matters?limit=2&kind=parked&partner=alpha").json()
    rest = ops.get(
        f"/v1/operations/matters?limit=2&kind=parked&partner=alpha&cursor={first['next_cursor']}"
    ).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == ids
    assert rest["next_cursor"] is None


def test_a_person_closes_it_with_a_reason_once(world: World, ops: Caller) -> None:
    (item,) = parked(world, ops)
    path = f"/v1/operations/matters/{item.id}/dismiss"
    done = desk.MatterView.model_validate(ops.post(path, WHY).json())
    assert (done.closed_how, done.closed_by, done.closed_why) == ("dismissed", "operator:ann", WHY["why"])
    assert done.closed_at == world.time
    assert ops.post(path, WHY).json() == done.model_dump(mode="json")
    other = Caller(ops.app, "bob").post(path, WHY)
    assert (other.status, other.code) == (409, "matter_closed")
    assert ops.get("/v1/operations/matters").json()["items"] == []
    assert ops.get("/v1/operations/matters?state=closed").json()["items"][0]["id"] == item.id
    assert ops.get("/v1/operations/backlog").json()["matters"] == {}


@pytest.mark.parametrize("why", ["", "ok", "x" * 401, None, 7])
def test_a_reason_is_a_reason(world: World, ops: Caller, why: object) -> None:
    (item,) = parked(world, ops)
    said = ops.post(f"/v1/operations/matters/{item.id}/dismiss", {"why": why})
    assert (said.status, said.fields) == (422, {"why"})
    assert {row.state for row in world.rows(T.matter)} == {"open"}


def test_what_is_not_parked_is_not_closed(ops: Caller) -> None:
    said = ops.post("/v1/operations/matters/mat_none/dismiss", WHY)
    assert (said.status, said.code) == (404, "matter_unknown")


def test_one_matter_is_read_with_its_words(world: World, ops: Caller) -> None:
    (item,) = parked(world, ops)
    assert ops.get(f"/v1/operations/matters/{item.id}").json() == item.model_dump(mode="json")
    assert item.zh.startswith("消息与记录不符")
    assert ops.get("/v1/operations/matters/mat_none").code == "matter_unknown"


def test_a_person_has_a_message_applied_again(world: World, ops: Caller) -> None:
    (item,) = parked(world, ops)
    world.pass_time(seconds=1)
    done = ops.post(f"/v1/operations/matters/{item.id}/replay", WHY)
    assert (done.status, done.json()["closed_how"]) == (200, "replayed")
    world.worker.drain()
    (again,) = desk.MatterPage.model_validate(ops.get("/v1/operations/matters").json()).items
    assert (again.reason, again.id == item.id) == (item.reason, False)


def test_the_sandbox_clock_is_set(hub: Hub, operator: Caller) -> None:
    said = operator.put("/v1/sandbox/clock", {"now": "2026-02-01T00:00:00+08:00"})
    assert (said.status, said.json()) == (200, {"now": "2026-01-31T16:00:00Z"})
    assert hub.times[-1] == datetime(2026, 1, 31, 16, tzinfo=UTC)


def test_in_service_there_is_no_such_clock(hub: Hub) -> None:
    app = create_app(hub.context, load_access(Settings(sandbox=True)))
    said = Caller(app, "sandbox-operator-key").put("/v1/sandbox/clock", {"now": "2026-02-01T00:00:00Z"})
    assert (said.status, said.code) == (404, "not_found")
    assert "/v1/sandbox/clock" not in app.openapi()["paths"]


def test_past_the_bound_intake_answers_503_and_says_when_to_come_back(world: World) -> None:
    context = replace(world.context, pressure=Pressure(Bounds(intake=1)))
    shop = Caller(create_app(context, load_access(Settings(sandbox=True))))
    body = {**examples.SUBMISSION, "product": "cash", "purpose": "consumption", "consents": ["personal_data"]}

    def submit(number: int) -> Said:
        return shop.post(
            "/v1/applications", {**body, "platform_no": f"P{number}"}, Idempotency_Key=f"key-{number}"
        )

    assert submit(1).json()["state"] == "submitted"
    full = submit(2)
    assert (full.status, full.code, full.headers["retry-after"]) == (503, "intake_full", "5")
    assert full.json()["detail"].startswith("系统繁忙")
    assert submit(1).status == 201  # an answer given before
