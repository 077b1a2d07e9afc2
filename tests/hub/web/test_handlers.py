"""Whatever goes wrong is a problem that can be written, says what to do, and repeats nothing personal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.requests import ClientDisconnect
from structlog.testing import capture_logs

from hub.flows import errors
from hub.store.session import Database
from hub.web import handlers
from hub.web.problems import STATUS, Refused, from_flow
from tests.hub.web.client import Caller, Said
from tests.hub.web.conftest import Hub

ID_NUMBER = "110101199003074518"


def failing(error: Exception) -> Said:
    app = FastAPI()
    handlers.install(app)

    @app.get("/fails/{what}")
    async def fails(what: str) -> None:
        raise error

    return Caller(app).get("/fails/now")


def test_what_nobody_foresaw_says_nothing(hub: Hub) -> None:
    with capture_logs() as logs:
        said = failing(ValueError(f"cannot store {ID_NUMBER}"))
    assert (said.status, said.code) == (500, "internal_error")
    assert ID_NUMBER not in said.body.decode() + json.dumps(logs)
    assert logs[0]["error"] == "ValueError"
    assert any("fails" in place for place in logs[0]["at"])


def test_a_database_that_does_not_answer_is_a_503(hub: Hub) -> None:
    said = failing(OperationalError(f"INSERT {ID_NUMBER}", {}, Exception("down")))
    assert (said.status, said.code) == (503, "database_unavailable")
    assert said.headers["retry-after"]
    assert ID_NUMBER not in said.body.decode()


def test_readiness_is_the_databases(hub: Hub, tmp_path: Path) -> None:
    caller = hub.caller(None)
    assert caller.get("/healthz").json() == caller.get("/readyz").json() == {"status": "ok"}
    gone = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    hub.app.state.context = _Parts(gone)
    assert caller.get("/healthz").status == 200
    said = caller.get("/readyz")
    assert (said.status, said.code) == (503, "database_unavailable")
    gone.close()


class _Parts:
    def __init__(self, database: Database) -> None:
        self.database = database


def test_a_caller_that_hangs_up_is_no_error() -> None:
    with capture_logs() as logs, pytest.raises(KeyError, match="headers"):
        failing(ClientDisconnect())  # nothing is answered, for nobody listens
    assert logs == []


@pytest.mark.parametrize("kind", errors.FlowError.__subclasses__())
def test_every_refusal_of_a_flow_has_its_status(kind: type[errors.FlowError]) -> None:
    assert kind in STATUS
    refused = from_flow(kind("some_code", "中文", "english", field=None, retry_after=3))
    assert (refused.status, refused.headers["Retry-After"]) == (STATUS[kind], "3")


def test_a_refusal_that_names_a_field_is_that_fields_fault() -> None:
    said = failing(errors.OverLimit("over_limit", "超过", "at most", field="amount_fen"))
    assert (said.status, said.code, said.fields) == (422, "over_limit", {"amount_fen"})


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/applications/", 404, "not_found"),
        ("DELETE", "/v1/applications", 405, "method_not_allowed"),
        ("GET", "/v1/applications/app%001", 422, "invalid_fields"),
        ("GET", "/v1/applications/%ED%A0%80", 422, "invalid_fields"),
        ("GET", "/v1/applications/" + "a" * 5000, 422, "invalid_fields"),
        ("GET", "/v1/applications?cursor=%00", 422, "invalid_fields"),
        ("GET", "/v1/applications?state=%ED%A0%80", 422, "invalid_fields"),
    ],
)
def test_wrong_addresses_are_problems_too(hub: Hub, method: str, path: str, status: int, code: str) -> None:
    said = hub.caller().call(method, path)
    assert (said.status, said.code) == (status, code)


@pytest.mark.parametrize("path", [f"/v1/{ID_NUMBER}", "/v1/applications/13800138000", "/a/张三"])
def test_paths_with_personal_values_are_not_repeated(hub: Hub, path: str) -> None:
    said = hub.caller().get(path)
    last = path.rsplit("/", 1)[1]
    assert said.json()["instance"].endswith("/*")
    assert last not in said.body.decode()


def test_a_problem_can_always_be_written() -> None:
    said = failing(Refused(422, "odd", "\ud800", "\udfff"))
    assert said.status == 422
    assert "\\ud800" in said.body.decode()
    assert said.json()["detail"] == "\ud800 / \udfff"
