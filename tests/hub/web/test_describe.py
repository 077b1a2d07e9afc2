"""The API description is whole: bodies, examples that hold, problems, and nothing that does not resolve."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from contracts.application import DrawdownWish, RepaymentWish, SigningWish, Submission
from hub.web import describe, examples
from hub.web.operations import NewTime, Stated
from hub.web.settling import Claim, Left
from hub.web.shapes.common import Shape
from tests.hub.web.conftest import Hub

WISHES = (Submission, DrawdownWish, SigningWish, RepaymentWish)
MODELS: dict[str, type[BaseModel]] = {
    model.__name__: model for model in (*describe.below(Shape), *WISHES, Stated, NewTime, Claim, Left)
}


def operations(hub: Hub) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in hub.app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_is_described_with_examples_and_problems(hub: Hub) -> None:
    for name, operation in operations(hub):
        assert operation["summary"], name
        assert operation["description"], name
        responses = operation["responses"]
        good = [status for status in responses if status.startswith("2")]
        assert len(good) == 1, name
        assert "500" in responses, name
        for status, response in responses.items():
            if not status.startswith("2"):
                assert list(response["content"]) == ["application/problem+json"], (name, status)
        kinds = responses[good[0]]["content"]
        assert any("example" in kind for kind in kinds.values()) or "binary" in str(kinds), name
        for parameter in operation.get("parameters", []):
            if parameter["required"]:
                schema = parameter["schema"]
                assert "$ref" in schema or schema.get("examples") or parameter.get("examples"), name


def examples_of(hub: Hub) -> Iterator[tuple[str, str, object]]:
    for name, operation in operations(hub):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for described in (*bodies, *operation["responses"].values()):
            for kind, content in described["content"].items():
                if kind == "application/json":
                    yield name, content["schema"]["$ref"].rsplit("/", 1)[1], content["example"]


def test_every_example_holds(hub: Hub) -> None:
    found = list(examples_of(hub))
    assert len(found) > 20
    for name, model, example in found:
        value = example
        if model == "ApplicationView":
            assert isinstance(example, dict)
            value = example | {"applicant": examples.SUBMISSION["applicant"]}
        assert MODELS[model].model_validate(value, strict=None), name


def test_every_reference_resolves(hub: Hub) -> None:
    described = hub.app.openapi()
    schemas = described["components"]["schemas"]
    wanted = set(re.findall(r"#/components/schemas/([A-Za-z0-9_.-]+)", str(described)))
    assert wanted <= set(schemas)
    assert {"Submission", "Applicant", "Problem"} <= set(schemas)
    assert not {"HTTPValidationError", "ValidationError"} & wanted


def test_the_bodies_are_those_the_models_read(hub: Hub) -> None:
    schema = hub.app.openapi()["components"]["schemas"]["Submission"]
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(Submission.model_fields)
    assert set(schema["required"]) == set(Submission.model_fields) - {"circumstances"}


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_it_is_served(hub: Hub, path: str) -> None:
    assert hub.caller(None).get(path).status == 200
