"""The OpenAPI description: bodies from their models, an example for every operation, problems everywhere."""

from __future__ import annotations

from collections.abc import Mapping
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


def answers(status: int, model: type[BaseModel], example: object, *, words: str = "Done.") -> Responses:
    """Return the description of the answer of an operation that went well."""
    content = {"schema": {"$ref": _REF.format(model=model.__name__)}, "example": example}
    return {status: {"description": words, "content": {"application/json": content}}}


def body(model: type[BaseModel], example: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a JSON body that `strict_json` reads."""
    schema = {"$ref": _REF.format(model=model.__name__)}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def install(app: FastAPI, bodies: list[type[BaseModel]]) -> None:
    """Let the app describe itself with the schemas its operations refer to: bodies, and every shape."""
    inputs = [(model, "validation") for model in bodies]
    outputs = [(model, "serialization") for model in _below(Shape)]

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
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _below(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [found for child in model.__subclasses__() for found in (child, *_below(child))]
