"""From a draft to the text its signature covers, and the fields that text vouches for."""

from __future__ import annotations

from typing import assert_never

from signing import canonical
from signing.draft import Draft, render
from signing.errors import MalformedMessage
from signing.profile import FormBody, JoinedText, JsonBody, Leg, Signature, SliceText, SortedText, TextBody


def signed_text(leg: Leg, signature: Signature, draft: Draft) -> bytes:
    """The exact bytes to sign or to verify. Raises MalformedMessage when a covered part is absent."""
    text = signature.text
    if isinstance(text, SortedText):
        return _sorted(leg, text, draft)
    if isinstance(text, SliceText):
        return _slice(leg, text, signature, draft)
    if isinstance(text, JoinedText):
        return _joined(leg, text, draft)
    assert_never(text)


def _sorted(leg: Leg, text: SortedText, draft: Draft) -> bytes:
    form = canonical.sorted_form(draft.fields, keep_empty=text.keep_empty, exclude=text.exclude)
    if text.path_prefix:
        form = canonical.path_prefixed(draft.path, form)
    data = form.encode(leg.body.charset if isinstance(leg.body, FormBody) else "utf-8")
    return canonical.digest_of(data) if text.digest == "sha256-hex" else data


def _slice(leg: Leg, text: SliceText, signature: Signature, draft: Draft) -> bytes:
    if not isinstance(leg.body, JsonBody):
        raise MalformedMessage("a slice is taken from a JSON body")
    found = draft.object
    if found is None:  # sealing: the slice is of what is about to be rendered
        if text.span == "until_signature":
            return render(leg.body, draft)[1:-1]
        return _rendered_value(leg.body, draft)
    if text.span == "value":
        if leg.body.payload not in found.members:
            raise MalformedMessage(f"no field {leg.body.payload}")
        return found.raw(leg.body.payload).encode("utf-8")
    *covered, last = found.members.items()
    if not covered or last[0] != signature.place.name:
        raise MalformedMessage("the signature must be the last member of the object")
    return found.text[covered[0][1].name_start : covered[-1][1].end].encode("utf-8")


def _rendered_value(body: JsonBody, draft: Draft) -> bytes:
    alone = Draft(draft.method, draft.path, {}, {body.payload: draft.fields[body.payload]}, draft.raw)
    name_and_colon = len(render(body, Draft("", "", {}, {body.payload: ""}))) - len('""}')
    return render(body, alone)[name_and_colon:-1]


def _joined(leg: Leg, text: JoinedText, draft: Draft) -> bytes:
    parts = [_part(leg, kind, argument, draft) for kind, argument in text.compiled]
    return canonical.joined(parts, separator=text.separator.encode(), end=text.end.encode())


def _part(leg: Leg, kind: str, argument: str, draft: Draft) -> bytes:
    if kind == "body":
        if not draft.body:
            draft.body = render(leg.body, draft)
        return draft.body
    if kind == "literal":
        return argument.encode()
    if kind == "method":
        return draft.method.encode()
    if kind == "path":
        return draft.path.encode()
    found = (draft.headers if kind == "header" else draft.fields).get(argument)
    if found is None:
        raise MalformedMessage(f"no {kind} {argument}")
    return found.encode()


def covered_fields(leg: Leg, signature: Signature, draft: Draft) -> dict[str, str]:
    """The fields the signature vouches for, without the payload: all others are dropped, not passed on."""
    text = signature.text
    payload = None if isinstance(leg.body, TextBody) else leg.body.payload
    hidden = {payload, signature.place.name if signature.place.at == "field" else None}
    if isinstance(text, SortedText):
        hidden |= set(text.exclude)
        return {
            name: value
            for name, value in draft.fields.items()
            if name not in hidden and (text.keep_empty or value)
        }
    if isinstance(text, SliceText):
        if text.span == "value":
            return {}
        return {name: value for name, value in draft.fields.items() if name not in hidden}
    found: dict[str, str] = {}
    for kind, argument in text.compiled:
        if kind == "body":
            found.update({name: value for name, value in draft.fields.items() if name not in hidden})
        elif kind == "header":
            found[argument] = draft.headers[argument]
        elif kind == "field" and argument not in hidden:
            found[argument] = draft.fields[argument]
    return found
