"""A connector that speaks from a phrasebook: a dialect adds its paths, its frames and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from connectors import facts
from connectors.phrasebook import Asks, Phrase
from connectors.port import Answer, Call, Heard, Random, Unreadable, Verdict
from connectors.translator import Said, Translator
from connectors.words import Words
from contracts.messages import AnyAsk, AnyTold, QueryMovements
from signing.envelope import Opened


class Interpreter(Translator):
    """The common part of such a connector. `paths` says where each kind of ask goes."""

    book: ClassVar[Asks]
    paths: ClassVar[Mapping[str, str]]
    page_rows: ClassVar[int] = 50
    """How many movements fit in one answer: a full page is no proof that there are no more."""

    def _say(self, ask: AnyAsk, request_no: str, now: datetime) -> Said:
        words = self.book.asks[ask.kind].of(ask, self._settings)
        return Said(
            self.paths[ask.kind],
            self._framed(ask, words, request_no, now),
            self._fields(ask, request_no),
        )

    def _framed(self, ask: AnyAsk, words: Phrase, request_no: str, now: datetime) -> Words:
        """Return the ask in the frame the partner wants around it."""
        return words

    def _fields(self, ask: AnyAsk, request_no: str) -> Mapping[str, str]:
        """Return the envelope's own fields of a request."""
        return {}

    def _message_id(self, kind: str, opened: Opened) -> str:
        return opened.nonce or ""

    def _acknowledgement(self, kind: str, verdict: Verdict, message_id: str) -> Said:
        return Said("", Words(), {})

    def acknowledge(
        self,
        kind: str,
        call: Call,
        verdict: Verdict,
        *,
        now: datetime,
        random: Random,
        heard: Heard | None = None,
    ) -> Answer:
        """Return the acknowledgement; a partner that never calls has none, and whoever called is told so."""
        if not self.notices:
            return Answer(404, {"content-type": "text/plain"}, b"")
        return super().acknowledge(kind, call, verdict, now=now, random=random, heard=heard)

    def _news(self, ask: AnyAsk, payload: bytes) -> tuple[AnyTold, ...]:
        told = super()._news(ask, payload)
        if not isinstance(ask, QueryMovements):
            return told
        if any(getattr(fact, "paid_on", ask.day) != ask.day for fact in told):
            raise Unreadable("a movement of another day than was asked")
        return *told, facts.page(ask.day, ask.skip, len(told), self.page_rows)
