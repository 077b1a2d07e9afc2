"""The base of every partner's words: read strictly, unknown fields kept, personal values sealed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.port import Unreadable
from contracts.messages import AnyTold
from contracts.sensitive import REVEAL

_KEPT_FIELDS = 32
_KEPT_CHARACTERS = 256


class Words(BaseModel):
    """A message in a partner's words, or part of one. Fields have the partner's names, or aliases to them."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, populate_by_name=True)

    @classmethod
    def read(cls, payload: bytes) -> Self:
        """Return the message in a JSON payload. Raises Unreadable naming the fields at fault, no value."""
        with making_sense():
            return cls.model_validate_json(payload)

    def to_bytes(self) -> bytes:
        """Return the JSON payload in plain text, personal values included: for sealing only."""
        return self.model_dump_json(by_alias=True, exclude_none=True, context=REVEAL).encode()

    def kept(self) -> dict[str, str]:
        """Return the fields we have no word for, as text, cut to a bounded size."""
        extra = self.model_extra
        if not extra:
            return {}
        return {k[:64]: str(v)[:_KEPT_CHARACTERS] for k, v in list(extra.items())[:_KEPT_FIELDS]}


@contextmanager
def making_sense() -> Iterator[None]:
    """Turn what pydantic finds wrong with an authentic message into Unreadable, without its values."""
    try:
        yield
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'message'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)[:5]
        )
        raise Unreadable(faults) from None


class Telling(Words, ABC):
    """A message, or the part of one, that tells facts."""

    @abstractmethod
    def told(self) -> tuple[AnyTold, ...]:
        """Return the facts in our words. Raises Unreadable when they make no sense."""
