"""Terms over HTTP: an operator drafts, another activates, and everybody sees who did and why."""

from __future__ import annotations

from hashlib import sha256

import pytest

from hub.web.access import Access, ApiKey, Scope
from hub.web.app import create_app
from hub.web.shapes.desk import TermsList, TermsView
from hub.wiring import _apply
from tests.hub.web.client import FINANCE, Caller
from tests.hub.web.conftest import NOW, Hub

WHY = {"why": "the signed paper"}


@pytest.fixture
def people(hub: Hub) -> tuple[Caller, Caller]:
    with hub.context.database.write() as tx:
        _apply(tx, hub.context.catalogue, NOW)
    keys = [ApiKey(name, sha256(name.encode()).digest(), frozenset(Scope)) for name in ("ann", "bob")]
    app = create_app(hub.context, Access(keys))
    return Caller(app, "ann"), Caller(app, "bob")


def test_one_drafts_and_another_activates(people: tuple[Caller, Caller], hub: Hub) -> None:
    ann, bob = people
    first = hub.context.catalogue.programmes[0]
    path = f"/v1/operations/terms/programme/{first.id}/{first.version}"
    drafted = TermsView.model_validate(ann.post(f"{path}/draft", WHY).json())
    assert (drafted.state, drafted.drafted_who, drafted.drafted_why) == ("draft", "operator:ann", WHY["why"])
    alone = ann.post(f"{path}/activate", WHY)
    assert (alone.status, alone.code) == (409, "second_person")
    active = TermsView.model_validate(bob.post(f"{path}/activate", WHY).json())
    assert (active.state, active.activated_who, active.configured) == ("active", "operator:bob", True)
    listed = TermsList.model_validate(ann.get("/v1/operations/terms").json()).items
    assert [one for one in listed if one.state == "active"] == [active]
    assert len(listed) == len(hub.context.catalogue.programmes) + len(hub.context.catalogue.agreements)


def test_what_is_not_there_and_who_may_not(people: tuple[Caller, Caller], hub: Hub) -> None:
    said = people[0].post("/v1/operations/terms/rules/house/9/draft", WHY)
    assert (said.status, said.code) == (404, "terms_unknown")
    assert people[0].post("/v1/operations/terms/loan/house/9/draft", WHY).status == 422
    assert hub.caller(FINANCE).get("/v1/operations/terms").status == 403
