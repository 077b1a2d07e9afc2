"""From a draft to the text its signature covers, and the fields that text vouches for."""

from __future__ import annotations

import base64
from typing import assert_never

from signing import canonical
from signing.bodies import charset, render
from signing.draft import Draft
from signing.errors import MalformedMessage
from signing.jsontext import quoted
from signing.profile import (
    CanonicalJsonText,
    InnerXmlText,
    JoinedText,
    Leg,
    OrderedJsonText,
    Signature,
    SliceText,
    SlotAt,
    SortedText,
    covers,
)


def signed_text(leg: Leg, signature: Signature, draft: Draft) -> bytes:
    """The exact bytes to sign or to verify. Raises MalformedMessage when a covered part is absent."""
    text = signature.text
    if isinstance(text, SortedText):
        return _sorted(leg, text, draft)
    if isinstance(text, SliceText):
        return _slice(leg, text, signature, draft)
    if isinstance(text, JoinedText):
        return _joined(leg, text, draft)
    if isinstance(text, OrderedJsonText):
        return _ordered_json(text, draft)
    if isinstance(text, CanonicalJsonText):
        return _with_placeholder(leg, text, signature, draft)
    if isinstance(text, InnerXmlText):
        return base64.b64encode(_payload_text(leg, draft).encode("utf-8"))
    assert_never(text)


def accepted_texts(leg: Leg, signature: Signature, draft: Draft) -> list[bytes]:
    """The texts whose signature is accepted: the signed text, or what some senders sign in its stead."""
    texts = [signed_text(leg, signature, draft)]
    text = signature.text
    if isinstance(text, SortedText) and text.or_with:
        exclude = tuple(name for name in text.exclude if name not in text.or_with)
        fields = {**draft.fields, **text.or_with}
        other = text.model_copy(update={"exclude": exclude})
        texts.append(_sorted(leg, other, Draft(draft.method, draft.path, {}, fields)))
    return texts


def _sorted(leg: Leg, text: SortedText, draft: Draft) -> bytes:
    form = canonical.sorted_form(draft.fields, keep_empty=text.keep_empty, exclude=text.exclude)
    if text.path_prefix:
        form = canonical.path_prefixed(draft.path, form)
    data = form.encode(charset(leg.body))
    return data if text.digest == "none" else canonical.digest_of(data, text.digest.removesuffix("-hex"))


def _slice(leg: Leg, text: SliceText, signature: Signature, draft: Draft) -> bytes:
    found = draft.object
    if found is None:  # sealing: the slice is of what is about to be rendered
        if text.span == "until_signature":
            return render(leg.body, draft)[1:-1]
        payload = _payload_text(leg, draft)
        return (payload if draft.payload_name in draft.raw else quoted(payload)).encode("utf-8")
    if text.span == "value":
        name = draft.payload_name or str(leg.body.payload)
        if name not in found.members:
            raise MalformedMessage(f"no field {name}")
        return found.raw(name).encode("utf-8")
    *covered, last = found.members.items()
    if not covered or last[0] != signature.place.name:
        raise MalformedMessage("the signature must be the last member of the object")
    return found.text[covered[0][1].name_start : covered[-1][1].end].encode("utf-8")


def _payload_text(leg: Leg, draft: Draft) -> str:
    name = draft.payload_name or leg.body.payload
    if name is None or name not in draft.fields:
        raise MalformedMessage(f"no field {name}")
    return draft.fields[name]


def _with_placeholder(leg: Leg, text: CanonicalJsonText, signature: Signature, draft: Draft) -> bytes:
    fields = draft.fields | {signature.place.name: text.placeholder}
    return render(leg.body, Draft(draft.method, draft.path, {}, fields, raw=draft.raw))


def _ordered_json(text: OrderedJsonText, draft: Draft) -> bytes:
    members = []
    for name in text.headers:
        value = draft.headers.get(name.lower())
        if value is not None:
            members.append(f"{quoted(name)}:{quoted(value)}")
    for name in text.fields:
        value = draft.get(SlotAt(at="field", name=name))
        members.append(f"{quoted(name)}:{value if name in draft.raw else quoted(value)}")
    return ("{" + ",".join(members) + "}").encode("utf-8")


def _joined(leg: Leg, text: JoinedText, draft: Draft) -> bytes:
    parts = [_part(leg, kind, argument, draft) for kind, argument in text.compiled]
    return canonical.joined(parts, separator=text.separator.encode(), end=text.end.encode())


def _part(leg: Leg, kind: str, argument: str, draft: Draft) -> bytes:
    if kind == "body":
        return body_bytes(leg, draft)
    if kind == "literal":
        return argument.encode()
    if kind == "method":
        return draft.method.encode()
    if kind == "path":
        return draft.path.encode()
    place = draft.headers if kind == "header" else draft.params if kind == "param" else draft.fields
    value = place.get(argument)
    if value is None:
        raise MalformedMessage(f"no {kind} {argument}")
    return value.encode()


def body_bytes(leg: Leg, draft: Draft) -> bytes:
    """The body as received, or as it will be sent."""
    if not draft.body:
        draft.body = render(leg.body, draft)
    return draft.body


def covered_fields(leg: Leg, signature: Signature, draft: Draft) -> dict[str, str]:
    """The fields the signature vouches for, without the payload: all others are dropped, not passed on.

    Values that stand elsewhere than in the body come back under the name the caller knows them by.
    """
    text = signature.text
    hidden = {draft.payload_name or leg.body.payload}
    if signature.place.at == "field":
        hidden.add(signature.place.name)
    found = {
        name: value
        for name, value in draft.fields.items()
        if name not in hidden
        and covers(signature, SlotAt.model_construct(at="field", name=name), leg.body_digest)
    }
    if isinstance(text, SortedText) and not text.keep_empty:
        # An empty value is outside the sorted form, so anyone could have added it.
        found = {name: value for name, value in found.items() if value}
    for name, slot in leg.places.items():
        value = draft.find(slot)
        if value is not None and covers(signature, slot, leg.body_digest):
            found[name] = value
    return found
