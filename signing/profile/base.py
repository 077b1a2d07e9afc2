"""What every declaration has in common, and the places a value can stand in a message."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Declared(BaseModel):
    """Base of every declaration: immutable, strict, nothing unknown."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class SlotAt(Declared):
    """Where one value stands.

    ``field``: a member of the body, ``outer.inner`` in a nested object; ``header``; ``param``: a parameter of
    the authorization header; ``payload``: inside the opened payload, read only, where ``a.b`` goes down and
    ``a+b`` joins two texts.
    """

    at: Literal["field", "header", "param", "payload"]
    name: str = Field(min_length=1)


def _from_text(value: object) -> object:
    if isinstance(value, str):
        at, _, name = value.partition(":")
        return {"at": at, "name": name.lower() if at == "header" else name}
    return value


# Written ``field:sign`` or ``header:X-Signature`` in YAML.
Slot = Annotated[SlotAt, BeforeValidator(_from_text)]
