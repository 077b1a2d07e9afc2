"""The base of every partner's words: read strictly, unknown fields kept, personal values sealed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from connectors.port import Unreadable
from contracts.messages import AnyTold
from contracts.sensitive import REVEAL, Sensitive

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

    def parted(self) -> tuple[Words, dict[str, str]]:
        """Return the personal values alone, and the other fields as they are written: for flat messages."""
        personal = {name for name, value in self if isinstance(value, Sensitive)}
        written = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=personal)
        sealed = self.model_dump(
            mode="json", by_alias=True, exclude_none=True, include=personal, context=REVEAL
        )
        return Words.model_validate(sealed), written

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


R = TypeVar("R", bound=Words)


def rows_from_text(row: type[R]) -> Callable[[object], object]:
    """Return what reads a list that travels as JSON text inside one field."""
    adapter = TypeAdapter(tuple[row, ...])  # type: ignore[valid-type]  # the row is known when it is called
    return lambda value: adapter.validate_json(value) if isinstance(value, str) else value


def rows_to_text(rows: Iterable[Words]) -> str:
    """Write a list as JSON text inside one field."""
    return "[" + ",".join(row.to_bytes().decode() for row in rows) + "]"


class Telling(Words, ABC):
    """A message, or the part of one, that tells facts."""

    @abstractmethod
    def told(self) -> tuple[AnyTold, ...]:
        """Return the facts in our words. Raises Unreadable when they make no sense."""
