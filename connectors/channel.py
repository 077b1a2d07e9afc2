"""Sealed exchanges between us and one partner, from either side, failing in the port's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.port import Answer, Call, Forged, Partner, Random, Request, Uncertain
from signing.envelope import Opened, Plain, Unverified, Wire, read_unsigned, seal, unseal
from signing.errors import ProfileInvalid, SigningError
from signing.profile import FormBody, Leg, Profile, TextBody, Unsigned

_NO_FIELDS: Mapping[str, str] = {}
_CLEAR = Leg(
    body=TextBody(kind="text", content_type="application/json; charset=utf-8"),
    signature=Unsigned(kind="unsigned", reason="some partners send news in clear that proves nothing"),
)


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts both sides agreed on, as configured and never as a header claims.

    Only HTTP message signatures cover a host. `theirs` takes our requests, `ours` their callbacks.
    """

    theirs: str
    ours: str

    @classmethod
    def of(cls, partner: Partner) -> Hosts:
        """Those of the settings `authority` and `callback_authority`; a sandbox does with names."""
        return cls(
            partner.settings.get("authority", partner.id), partner.settings.get("callback_authority", "hub")
        )


class _Legs:
    def __init__(self, profile: Profile, partner: Partner) -> None:
        if profile.answer is None:
            raise ValueError(f"profile {profile.name} lacks the answer to a request")
        self._hosts = Hosts.of(partner)
        self._request: Leg = profile.request
        self._answer: Leg = profile.answer
        self._callback = profile.callback
        self._ack = profile.ack
        self._keys = partner.keys

    def _read(self, leg: Leg | None, wire: Wire, now: datetime) -> Opened | Unverified:
        """Return what a message says; one nobody signs is believed as far as the leg it came by is."""
        if isinstance(_there(leg).signature, Unsigned):
            return _with_payload(leg, read_unsigned(_there(leg), wire, self._keys, now=now))
        return _with_payload(leg, unseal(_there(leg), wire, self._keys, now=now))

    def _write(self, leg: Leg | None, plain: Plain, now: datetime, random: Random) -> Wire:
        if _is_fields(leg):
            # Such a form has no payload of its own: its fields are the message.
            plain = replace(plain, payload=b"", fields={**plain.fields, **json.loads(plain.payload)})
        return seal(_there(leg), plain, self._keys, now=now, random=random)


def _wire(message: Request | Call, authority: str) -> Wire:
    return Wire(message.method, message.path, message.headers, message.body, authority=authority)


def _there(leg: Leg | None) -> Leg:
    if leg is None:
        raise ProfileInvalid("the profile has no such leg")
    return leg


def _is_fields(leg: Leg | None) -> bool:
    return leg is not None and isinstance(leg.body, FormBody) and leg.body.payload is None


def _with_payload(leg: Leg | None, read: Opened | Unverified) -> Opened | Unverified:
    if not _is_fields(leg):
        return read
    return replace(read, payload=json.dumps(dict(read.fields), ensure_ascii=False).encode())


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
        plain = Plain(
            payload=payload, message_id=message_id, fields=fields, path=path, authority=self._hosts.theirs
        )
        wire = self._write(self._request, plain, now, random)
        return Request(wire.method, wire.path, wire.headers, wire.body)

    @property
    def answers_unsigned(self) -> bool:
        """Whether nobody signs the answers: then one that makes no sense is no answer at all."""
        return isinstance(self._answer.signature, Unsigned)

    def read_answer(self, answer: Answer, *, now: datetime) -> Opened | Unverified:
        """Return the opened answer. Raises Uncertain when it does not verify: then it proves nothing."""
        asked = None if answer.request is None else _wire(answer.request, self._hosts.theirs)
        wire = Wire("POST", "/", answer.headers, answer.body, answer.status, request=asked)
        try:
            return self._read(self._answer, wire, now)
        except SigningError as error:
            # An error page, a gateway's complaint and a forgery look alike here, and none of them is a no.
            raise Uncertain(f"the answer does not verify: {error}", code=f"HTTP {answer.status}") from error

    def read_call(self, call: Call, *, now: datetime) -> Opened:
        """Return the opened callback. Raises Forged when it is not proven to come from the partner."""
        try:
            opened = self._read(self._callback, _wire(call, self._hosts.ours), now)
        except SigningError as error:
            raise Forged(f"{error.code}: {error}") from error
        if isinstance(opened, Unverified):
            raise Forged("nobody signs this callback: it can be a hint at most")
        return opened

    def read_hint(self, call: Call) -> bytes:
        """Return what a callback says that is sent in clear and unsigned. It proves nothing."""
        return read_unsigned(_CLEAR, Wire(call.method, call.path, call.headers, call.body)).payload

    def acknowledge(
        self,
        payload: bytes,
        *,
        message_id: str,
        status: int,
        now: datetime,
        random: Random,
        fields: Mapping[str, str] = _NO_FIELDS,
        call: Call | None = None,
    ) -> Answer:
        """Return our sealed acknowledgement of a call."""
        asked = None if call is None else _wire(call, self._hosts.ours)
        plain = Plain(payload=payload, message_id=message_id, fields=fields, status=status, request=asked)
        wire = self._write(self._ack, plain, now, random)
        return Answer(status, wire.headers, wire.body)


class TheirSide(_Legs):
    """The partner is asked and calls; its simulators speak through this."""

    def read(self, request: Request, *, now: datetime) -> Opened:
        """Return the opened request. Raises Forged."""
        try:
            opened = self._read(self._request, _wire(request, self._hosts.theirs), now)
        except SigningError as error:
            raise Forged(f"{error.code}: {error}") from error
        if isinstance(opened, Unverified):
            raise Forged("nobody signs this request")
        return opened

    def answer(
        self,
        payload: bytes,
        *,
        message_id: str,
        now: datetime,
        random: Random,
        fields: Mapping[str, str] = _NO_FIELDS,
        request: Request | None = None,
    ) -> Answer:
        """Return the partner's sealed answer to a request."""
        asked = None if request is None else _wire(request, self._hosts.theirs)
        plain = Plain(payload=payload, message_id=message_id, fields=fields, request=asked)
        wire = self._write(self._answer, plain, now, random)
        return Answer(wire.status, wire.headers, wire.body, request)

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
        plain = Plain(
            payload=payload, message_id=message_id, fields=fields, path=path, authority=self._hosts.ours
        )
        wire = self._write(self._callback, plain, now, random)
        return Call(wire.method, wire.path, wire.headers, wire.body)

    def hint(self, path: str, payload: bytes, *, now: datetime, random: Random) -> Call:
        """Return a callback in clear that nobody signs."""
        plain = Plain(payload=payload, message_id="", path=path)
        wire = seal(_CLEAR, plain, self._keys, now=now, random=random)
        return Call(wire.method, wire.path, wire.headers, wire.body)

    def read_acknowledgement(
        self, answer: Answer, *, now: datetime, call: Call | None = None
    ) -> Opened | Unverified:
        """Return our opened acknowledgement of a call. Raises Forged."""
        asked = None if call is None else _wire(call, self._hosts.ours)
        wire = Wire("POST", "/", answer.headers, answer.body, answer.status, request=asked)
        try:
            return self._read(self._ack, wire, now)
        except SigningError as error:
            raise Forged(f"{error.code}: {error}") from error
