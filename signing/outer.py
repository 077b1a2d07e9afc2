"""Sign, then encrypt: the layer outside a signed message, and how its failures are kept alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from signing import bodies
from signing.draft import Draft, lower_names
from signing.errors import ClockRefused, KeyUnavailable, MalformedMessage, OpenFailed, ProfileInvalid
from signing.keys import PartnerKeys
from signing.profile import Outer
from signing.protection import close, open_blind


def fields_outside(how: Outer, fields: Mapping[str, str]) -> dict[str, str]:
    """Those of the caller's fields that stand outside."""
    return {name: fields[name] for name in how.fields if name in fields}


def close_message(
    how: Outer,
    message: bytes,
    fields: Mapping[str, str],
    draft: Draft,
    keys: PartnerKeys,
    *,
    now: datetime,
    random: Callable[[int], bytes],
) -> bytes:
    """The outer body around a signed message; the draft's Content-Type becomes the outer one."""
    outside = Draft(draft.method, draft.path, draft.headers, {**fields, **how.constants})
    text = close(how.encryption, message, outside, keys, now=now, random=random)
    bodies.place_payload(how.body, outside, text, encrypted=True)
    draft.headers["content-type"] = bodies.content_type(how.body)
    return bodies.render(how.body, outside)


@contextmanager
def open_message(
    how: Outer, body: bytes, headers: Mapping[str, str], keys: PartnerKeys, *, now: datetime
) -> Iterator[bytes]:
    """The signed message inside, for as long as it is read.

    Whether it was the padding, the shape or the signature that failed, the reader of this block raises
    OpenFailed after the same steps: the difference would decrypt messages for whoever can ask often enough.
    """
    outside = Draft("POST", "/", lower_names(headers), body=body)
    bodies.parse(how.body, outside)
    for name, value in how.constants.items():
        if outside.fields.get(name) != value:
            raise MalformedMessage(f"field {name} must be {value!r}")
    opened = open_blind(how.encryption, bodies.take_payload(how.body, outside), outside, keys, now=now)
    try:
        yield opened.text
    except (ClockRefused, KeyUnavailable, ProfileInvalid):
        raise  # neither depends on what an attacker can do to the ciphertext
    except Exception:
        raise OpenFailed from None
    if opened.failed:
        raise OpenFailed
