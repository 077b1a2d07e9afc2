"""Sealing of what is stored: personal records and raw messages, and the indexes that find them again."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.messages import ASK, MANY_TOLD, AnyAsk, AnyTold, Applicant
from contracts.sensitive import REVEAL, Sensitive
from signing.fields import FieldSealer


class Vault:
    """Seals and opens stored values; table, column and row are bound into each, so none can be moved."""

    def __init__(self, sealer: FieldSealer) -> None:
        self._sealer = sealer

    def seal_applicant(self, applicant: Applicant, row: str) -> bytes:
        """Seal an applicant for `application.sealed`."""
        plain = applicant.model_dump_json(context=REVEAL).encode()
        return self._sealer.seal(plain, table="application", column="sealed", row=row)

    def applicant(self, sealed: bytes, row: str) -> Applicant:
        """Open `application.sealed`."""
        plain = self._sealer.unseal(sealed, table="application", column="sealed", row=row)
        return Applicant.model_validate_json(plain)

    def seal_bytes(self, raw: bytes, row: str) -> bytes:
        """Seal the raw bytes of a message for `message.sealed`."""
        return self._sealer.seal(raw, table="message", column="sealed", row=row)

    def seal_exchange(self, raw: bytes, row: str) -> bytes:
        """Seal request and answer of an exchange for `exchange.sealed`."""
        return self._sealer.seal(raw, table="exchange", column="sealed", row=row)

    def exchange(self, sealed: bytes, row: str) -> bytes:
        """Open `exchange.sealed`."""
        return self._sealer.unseal(sealed, table="exchange", column="sealed", row=row)

    def raw(self, sealed: bytes, row: str) -> bytes:
        """Open `message.sealed`."""
        return self._sealer.unseal(sealed, table="message", column="sealed", row=row)

    def seal_ask(self, ask: AnyAsk, row: str) -> bytes:
        """Seal what we asked for `message.facts`."""
        plain = ASK.dump_json(ask, context=REVEAL)
        return self._sealer.seal(plain, table="message", column="facts", row=row)

    def ask(self, sealed: bytes, row: str) -> AnyAsk:
        """Open what we asked."""
        return ASK.validate_json(self._sealer.unseal(sealed, table="message", column="facts", row=row))

    @staticmethod
    def plain_facts(facts: Sequence[AnyTold]) -> bytes:
        """What a partner told, as bytes that are equal for equal facts.

        When it was told, and fields we have no word for, differ between one telling and the next and are left
        out.
        """
        leave_out = {"__all__": {"extra", "occurred_at"}}
        return MANY_TOLD.dump_json(tuple(facts), context=REVEAL, exclude=leave_out)

    def seal_facts(self, facts: Sequence[AnyTold], row: str) -> bytes:
        """Seal what a partner told for `message.facts`."""
        plain = MANY_TOLD.dump_json(tuple(facts), context=REVEAL)
        return self._sealer.seal(plain, table="message", column="facts", row=row)

    def facts(self, sealed: bytes, row: str) -> tuple[AnyTold, ...]:
        """Open what a partner told."""
        return MANY_TOLD.validate_json(self._sealer.unseal(sealed, table="message", column="facts", row=row))

    def index(self, column: str, value: Sensitive) -> str:
        """Blind index of a personal value: equal values share it, and it tells nothing else."""
        return self._sealer.blind_index(f"application.{column}", value.reveal())

    def indexes(self, column: str, value: Sensitive) -> tuple[str, ...]:
        """Every blind index a row of this value can have: indexes were shorter when there were fewer rows.

        Other values share them; open what is found and compare.
        """
        return self._sealer.blind_indexes(f"application.{column}", value.reveal())
