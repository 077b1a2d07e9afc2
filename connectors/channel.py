"""Sealed exchanges between us and one partner, from either side, failing in the port's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from connectors.port import Answer, Call, Forged, Random, Request, Uncertain
from signing.envelope import Opened, Plain, Wire, seal, unseal
from signing.errors import SigningError
from signing.keys import PartnerKeys
from signing.profile import Leg, Profile

_NO_FIELDS: Mapping[str, str] = {}


class _Legs:
    def __init__(self, profile: Profile, keys: PartnerKeys) -> None:
        if profile.answer is None or profile.callback is None or profile.ack is None:
            raise ValueError(
                f"profile {profile.name} lacks a leg: request, answer, callback and ack are needed"
            )
        self._request: Leg = profile.request
        self._answer: Leg = profile.answer
        self._callback: Leg = profile.callback
        self._ack: Leg = profile.ack
        self._keys = keys


class OurSide(_Legs):
    """We ask and are called."""

    def write(
        self,
        path: str,
        payload: bytes,
        *,
        message_id: str,
        now: datetime,
        random: Random,
        fields: Mapping[str, str] = _NO_FIELDS,
    ) -> Request:
        """Return the sealed request."""
        plain = Plain(payload=payload, message_id=message_id, fields=fields, path=path)
        wire = seal(self._request, plain, self._keys, now=now, random=random)
        return Request(wire.method, wire.path, wire.headers, wire.body)

    def read_answer(self, answer: Answer, *, now: datetime) -> Opened:
        """Return the opened answer. Raises Uncertain when it does not verify: then it proves nothing."""
        wire = Wire("POST", "/", answer.headers, answer.body, answer.status)
        try:
            return unseal(self._answer, wire, self._keys, now=now)
        except SigningError as error:
            # An error page, a gateway's complaint and a forgery look alike here, and none of them is a no.
            raise Uncertain(f"the answer does not verify: {error}", code=f"HTTP {answer.status}") from error

    def read_call(self, call: Call, *, now: datetime) -> Opened:
        """Return the opened callback. Raises Forged when it is not proven to come from the partner."""
        try:
            return unseal(
                self._callback, Wire(call.method, call.path, call.headers, call.body), self._keys, now=now
            )
        except SigningError as error:
            raise Forged(f"{error.code}: {error}") from error

    def acknowledge(
        self,
        payload: bytes,
        *,
        message_id: str,
        status: int,
        now: datetime,
        random: Random,
        fields: Mapping[str, str] = _NO_FIELDS,
    ) -> Answer:
        """Return our sealed acknowledgement."""
        plain = Plain(payload=payload, message_id=message_id, fields=fields)
        wire = seal(self._ack, plain, self._keys, now=now, random=random)
        return Answer(status, wire.headers, wire.body)


class TheirSide(_Legs):
    """The partner is asked and calls; its simulators speak through this."""

    def read(self, request: Request, *, now: datetime) -> Opened:
        """Return the opened request. Raises Forged."""
        wire = Wire(request.method, request.path, request.headers, request.body)
        try:
            return unseal(self._request, wire, self._keys, now=now)
        except SigningError as error:
            raise Forged(f"{error.code}: {error}") from error

    def answer(
        self,
        payload: bytes,
        *,
        message_id: str,
        now: datetime,
        random: Random,
        fields: Mapping[str, str] = _NO_FIELDS,
    ) -> Answer:
        """Return the partner's sealed answer."""
        plain = Plain(payload=payload, message_id=message_id, fields=fields)
        wire = seal(self._answer, plain, self._keys, now=now, random=random)
        return Answer(wire.status, wire.headers, wire.body)

    def call(
        self,
        path: str,
        payload: bytes,
        *,
        message_id: str,
        now: datetime,
        random: Random,
        fields: Mapping[str, str] = _NO_FIELDS,
    ) -> Call:
        """Return the partner's sealed callback to that path of ours."""
        plain = Plain(payload=payload, message_id=message_id, fields=fields, path=path)
        wire = seal(self._callback, plain, self._keys, now=now, random=random)
        return Call(wire.method, wire.path, wire.headers, wire.body)

    def read_acknowledgement(self, answer: Answer, *, now: datetime) -> Opened:
        """Return our opened acknowledgement. Raises Forged."""
        wire = Wire("POST", "/", answer.headers, answer.body, answer.status)
        try:
            return unseal(self._ack, wire, self._keys, now=now)
        except SigningError as error:
            raise Forged(f"{error.code}: {error}") from error
