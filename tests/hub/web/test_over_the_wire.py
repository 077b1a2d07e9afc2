"""The same doors behind the real server: refusals arrive as problems, and the connection lives on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from hub.web.strict_json import DRAIN_BYTES
from tests.hub.web.client import FRONTEND
from tests.hub.web.conftest import Hub
from tests.hub.web.test_frontend import APPLICATIONS, stored, submission
from tests.hub.web.test_strict_json import hostile


@pytest.fixture
def client(hub: Hub) -> Iterator[httpx.Client]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(hub.app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    headers = {"Authorization": f"Bearer {FRONTEND}", "Content-Type": "application/json"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30) as calling:
        yield calling
    server.should_exit = True
    thread.join(timeout=10)
    listening.close()


def test_hostile_bodies_are_problems_and_the_connection_lives_on(hub: Hub, client: httpx.Client) -> None:
    for name, raw in hostile():
        said = client.post(APPLICATIONS, content=raw, headers={"Idempotency-Key": name})
        assert 400 <= said.status_code < 500, name
        assert said.headers["content-type"] == "application/problem+json"
        assert said.json()["errors"], name
    done = client.post(APPLICATIONS, json=submission(), headers={"Idempotency-Key": "k"})
    assert done.status_code == 201
    assert stored(hub) == 1


@pytest.mark.parametrize("size", [100_000, DRAIN_BYTES])
def test_a_body_that_is_too_large_sees_its_answer(client: httpx.Client, size: int) -> None:
    said = client.post(APPLICATIONS, content=b"x" * size, headers={"Idempotency-Key": "k"})
    assert (said.status_code, said.json()["code"]) == (413, "body_too_large")


def test_a_body_in_pieces_is_read_whole(client: httpx.Client) -> None:
    raw = httpx.Request("POST", "http://hub", json=submission()).content
    pieces = (raw[at : at + 50] for at in range(0, len(raw), 50))
    said = client.post(APPLICATIONS, content=pieces, headers={"Idempotency-Key": "k"})
    assert said.status_code == 201
