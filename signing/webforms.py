"""Legs whose signature is a standard's own form: a JWS around or beside the payload, or an HTTP signature."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from signing.draft import Draft
from signing.errors import MalformedMessage
from signing.http_signature import HttpMessage, VerifiedHttp, sign_http, verify_http
from signing.jose import sign_jws, verify_jws
from signing.keys import KeyRing
from signing.profile import HttpSignatureRules, JwsRules, Leg


def put_jws(rules: JwsRules, draft: Draft, ring: KeyRing, now: datetime) -> None:
    """Sign the body: the token becomes the body, or stands in its place beside it. Raises KeyUnavailable."""
    token = sign_jws(rules, draft.body, ring, now=now)
    if rules.place is None:
        draft.body = token.encode("ascii")
    else:
        draft.put(rules.place, token)


def verified_jws(rules: JwsRules, draft: Draft, ring: KeyRing, now: datetime) -> tuple[bytes, str]:
    """The signed text and the id of the key that signed it.

    Raises MalformedMessage, SignatureRefused or KeyUnavailable.
    """
    if rules.place is None:
        try:
            token, beside = draft.body.decode("ascii"), None
        except UnicodeDecodeError:
            raise MalformedMessage("the body is not a compact token") from None
    else:
        token, beside = draft.get(rules.place), draft.body
    verified = verify_jws(rules, token, ring, now=now, payload=beside)
    return verified.payload, verified.key_id


def put_http(
    rules: HttpSignatureRules,
    message: HttpMessage,
    draft: Draft,
    ring: KeyRing,
    now: datetime,
    *,
    nonce: str,
    request: HttpMessage | None,
) -> None:
    """Add digest and signature headers. Raises KeyUnavailable, ProfileInvalid or MalformedMessage."""
    draft.headers.update(sign_http(rules, message, ring, now=now, nonce=nonce or None, request=request))


def verified_http(
    leg: Leg,
    rules: HttpSignatureRules,
    message: HttpMessage,
    ring: KeyRing,
    now: datetime,
    *,
    request: HttpMessage | None,
) -> VerifiedHttp:
    """What the signature vouches for, in the leg's window of time.

    Raises MalformedMessage, SignatureRefused, ClockRefused or KeyUnavailable.
    """
    timed = rules.model_copy(update={"replay": leg.replay})
    return verify_http(timed, message, ring, now=now, request=request)


def vouched_fields(leg: Leg, draft: Draft, covered: Mapping[str, str]) -> dict[str, str]:
    """The covered headers, and the body's fields, which the digest covers, without the payload."""
    found = {
        name.strip('"'): value
        for name, value in covered.items()
        if not name.startswith('"@') and name.endswith('"')
    }
    for name in ("content-digest", "content-type"):
        found.pop(name, None)
    payload = draft.payload_name or leg.body.payload
    found.update({name: value for name, value in draft.fields.items() if name != payload})
    return found
