"""The OpenAPI description: bodies from their models, an example for every operation, problems everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hub.web.problems import MEDIA_TYPE, TITLES
from hub.web.shapes.common import Shape

Responses = dict[int | str, dict[str, Any]]

_REF: Final = "#/components/schemas/{model}"
_PROBLEM: Final = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}


def problems(*statuses: int) -> Responses:
    """Return the descriptions of the problems an operation answers with; 500 and 503 go without saying."""
    return {
        status: {"description": TITLES[status][1], "content": _PROBLEM} for status in (*statuses, 500, 503)
    }


def answers(
    status: int,
    model: type[BaseModel],
    example: object,
    *,
    words: str = "Done.",
    files: Sequence[str] = (),
) -> Responses:
    """Return the description of the answer of an operation that went well; `files` are its other formats."""
    content: dict[str, Any] = {"application/json": _content(model, example)}
    content.update({kind: {"schema": {"type": "string", "format": "binary"}} for kind in files})
    return {status: {"description": words, "content": content}}


def body(model: type[BaseModel], example: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a JSON body that `strict_json` reads."""
    return {"requestBody": {"required": True, "content": {"application/json": _content(model, example)}}}


def _content(model: type[BaseModel], example: object) -> dict[str, Any]:
    # The example travels as text: FastAPI drops every null from it, and a null cursor is what ends a list.
    return {"schema": {"$ref": _REF.format(model=model.__name__)}, "example": json.dumps(example)}


def install(app: FastAPI, bodies: list[type[BaseModel]]) -> None:
    """Let the app describe itself with the schemas its operations refer to: bodies, and every shape."""
    inputs = [(model, "validation") for model in bodies]
    outputs = [(model, "serialization") for model in below(Shape)]

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            _, schemas = models_json_schema([*inputs, *outputs], ref_template=_REF)  # type: ignore[list-item]
            described = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            components = described.setdefault("components", {}).setdefault("schemas", {})
            components.update(schemas["$defs"])
            # FastAPI adds its own error shape to every operation with parameters; ours is the problem.
            for unused in ("HTTPValidationError", "ValidationError"):
                components.pop(unused, None)
            _unpack(described)
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _unpack(described: dict[str, Any]) -> None:
    for operations in described["paths"].values():
        for operation in operations.values():
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                content = part.get("content", {}).get("application/json")
                if content is not None:
                    content["example"] = json.loads(content["example"])


def below(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return every model derived from this one."""
    return [found for child in model.__subclasses__() for found in (child, *below(child))]
