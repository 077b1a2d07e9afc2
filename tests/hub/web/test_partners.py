"""The partners' door: real dialects, answered in their own words; what is hostile changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors import registry
from connectors.conformance.rig import keys
from connectors.port import Answer, Call, Partner, Random, Request, Verdict
from connectors.simulation.desk import Desk as TheirDesk
from connectors.simulation.desk import Notice
from hub.flows.context import Desk
from hub.store.session import Database
from hub.web.partners import MAX_BYTES
from tests.hub.web.client import Said
from tests.hub.web.conftest import NOW, Hub
from tests.hub.web.test_frontend import stored, submitted
from tests.hub.web.test_strict_json import hostile


class Silent:
    """A road nothing is sent on here."""

    def send(self, request: Request) -> Answer:
        raise AssertionError("no request is expected")


@pytest.fixture
def dialled(hub: Hub) -> Hub:
    """The hub with the three sandbox partners behind their real connectors."""
    desks = {}
    for partner in hub.context.catalogue.partners.values():
        connector = registry.build(partner.connector, Partner(partner.id, keys(partner.id)[0]))
        desks[partner.id] = Desk(partner, connector, Silent())
    hub.app.state.context = replace(hub.context, desks=desks)
    return hub


def other_side(name: str, dialect: str, random: Random) -> TheirDesk:
    played = registry.simulator(dialect, Partner(name, keys(name)[1]), random=random, seed=1)
    assert isinstance(played, TheirDesk)
    return played


def posted(hub: Hub, call: Call) -> Said:
    return hub.caller(None).call(call.method, call.path, call.body, call.headers)


def record(hub: Hub) -> dict[str, int]:
    tables = ("application", "attempt", "loan", "event", "journal_entry", "share_line", "money_event")
    return {table: stored(hub, table) for table in tables}


def kept(hub: Hub) -> tuple[int, int, int]:
    return stored(hub, "message"), stored(hub, "work"), stored(hub, "matter")


@pytest.fixture(params=["citybank", "sunfin", "harvest_trust"])
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


def test_unsigned_hostile_bodies_are_refused_and_nothing_is_kept(dialled: Hub, name: str) -> None:
    submitted(dialled.caller())
    before = (record(dialled), kept(dialled))
    for case, raw in hostile():
        for kind in ("credit", "repayment"):
            said = posted(dialled, Call("POST", f"/v1/partners/{name}/callbacks/{kind}", {}, raw))
            assert 400 <= said.status < 500, (case, said.status, said.body[:200])
            assert said.body
    assert (record(dialled), kept(dialled)) == before


def test_signed_hostile_bodies_are_set_aside_and_change_no_record(dialled: Hub, name: str) -> None:
    dialect = dialled.context.catalogue.partners[name].connector
    them = other_side(name, dialect, dialled.context.random)
    submitted(dialled.caller())
    before = record(dialled)
    for number, (case, raw) in enumerate(hostile()):
        if len(raw) > MAX_BYTES // 4:
            continue
        call = them.tell(Notice("credit", raw, f"h-{number}", _fields(dialect)), now=NOW)
        said = posted(dialled, call)
        assert said.status < 500, (case, said.status, said.body[:200])
    assert record(dialled) == before


def _fields(dialect: str) -> dict[str, str]:
    """The envelope's own fields some dialects sign beside the message."""
    return {"interfaceName": "credit"} if dialect == "envelope_json" else {}


def test_a_touched_callback_is_refused_in_the_partners_words(dialled: Hub, name: str) -> None:
    dialect = dialled.context.catalogue.partners[name].connector
    them = other_side(name, dialect, dialled.context.random)
    call = them.tell(Notice("credit", b"{}", "n-1", _fields(dialect)), now=NOW)
    said = posted(dialled, replace(call, body=call.body[:-2] + b"x}"))
    assert said.status == 400
    assert said.headers["content-type"] != "application/problem+json"
    connector = dialled.app.state.context.desks[name].connector
    refusal = connector.acknowledge("credit", call, Verdict.REFUSED, now=NOW, random=dialled.context.random)
    assert set(said.headers) >= {header.lower() for header in refusal.headers}
    assert kept(dialled) == (0, 0, 0)


def test_an_unknown_partner_is_a_problem(dialled: Hub) -> None:
    said = posted(dialled, Call("POST", "/v1/partners/nobody/callbacks/credit", {}, b"{}"))
    assert (said.status, said.code) == (404, "partner_unknown")


@pytest.mark.parametrize(
    "path", ["citybank/callbacks/CREDIT", "citybank/callbacks/a%00b", "City/callbacks/credit"]
)
def test_a_malformed_address_is_a_problem(dialled: Hub, path: str) -> None:
    said = posted(dialled, Call("POST", f"/v1/partners/{path}", {}, b"{}"))
    assert (said.status, said.code) == (422, "invalid_fields")


def test_a_body_has_a_bound(dialled: Hub) -> None:
    said = posted(dialled, Call("POST", "/v1/partners/citybank/callbacks/credit", {}, b"x" * (MAX_BYTES + 1)))
    assert (said.status, said.code) == (413, "body_too_large")


def test_a_callback_is_kept_once_and_acknowledged_each_time(dialled: Hub) -> None:
    call = unclear(dialled)
    first, again = posted(dialled, call), posted(dialled, call)
    assert (first.status, again.status) == (200, 200)
    assert kept(dialled) == (1, 1, 0)
    assert len(dialled.woken) == 2


def test_what_was_not_stored_is_not_acknowledged(dialled: Hub, tmp_path: Path) -> None:
    call = unclear(dialled)
    gone = Database(f"sqlite:///{tmp_path / 'no' / 'folder.db'}")
    dialled.app.state.context = replace(dialled.app.state.context, database=gone)
    assert posted(dialled, call).status == 503
    gone.close()


def unclear(dialled: Hub) -> Call:
    """An authentic callback of the bank whose status nobody knows."""
    them = other_side("citybank", "sorted_form", dialled.context.random)
    return them.tell(
        Notice("credit", b'{"msg_id":"N1","third_apply_id":"att_1","apply_status":"77"}', "n-1"), now=NOW
    )
