"""Mistakes in a sorted form: what goes in, in which order, joined how, under which path, digested or not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from signing import canonical
from signing.bodies import charset
from signing.explain.mistake import Mistake, Readings
from signing.explain.scene import Scene, Step
from signing.gm import sm3
from signing.profile import FormBody, SortedText

Pairs = list[tuple[str, str]]
Arrange = Callable[[Pairs], Pairs]
_DIGESTS = ("none", "sha256-hex", "sm3-hex")


def _sorted(scene: Scene) -> SortedText | None:
    text = scene.signature.text
    return text if isinstance(text, SortedText) else None


def _pairs(scene: Scene) -> Pairs:
    """What the profile signs, in the order it travels in."""
    text = _sorted(scene)
    fields = scene.draft.fields.items()
    if text is None:
        return []
    return [
        (name, value) for name, value in fields if name not in text.exclude and (value or text.keep_empty)
    ]


def _finished(scene: Scene, form: str) -> bytes:
    text = _sorted(scene)
    if text is not None and text.path_prefix:
        form = canonical.path_prefixed(scene.draft.path, form)
    data = form.encode(charset(scene.leg.body))
    if text is None or text.digest == "none":
        return data
    return canonical.digest_of(data, text.digest.removesuffix("-hex"))


def _built(scene: Scene, arrange: Arrange, *, equals: str = "=", joined: str = "&", end: str = "") -> Scene:
    def form(own: Scene) -> bytes:
        pairs = arrange(_pairs(own))
        return _finished(own, joined.join(f"{name}{equals}{value}" for name, value in pairs) + end)

    return scene.formed(form)


def _changed(text: SortedText, **values: object) -> SortedText:
    return SortedText.model_validate({**text.model_dump(), **values}, strict=False)


def _empty_kept(scene: Scene) -> Readings:
    text = _sorted(scene)
    if text is not None and not text.keep_empty:
        yield "", scene.reading(_changed(text, keep_empty=True))


def _empty_dropped(scene: Scene) -> Readings:
    text = _sorted(scene)
    if text is not None and text.keep_empty:
        yield "", scene.reading(_changed(text, keep_empty=False))


def _empty_as_null(scene: Scene) -> Readings:
    text = _sorted(scene)
    if text is not None:
        yield "", scene.with_fields({name: value or "null" for name, value in scene.draft.fields.items()})


def _order(scene: Scene) -> Readings:
    if _sorted(scene) is None or scene.form is not None:
        return
    yield "in the order they travel in", _built(scene, list)
    yield "sorted without regard to case", _built(scene, lambda p: sorted(p, key=lambda one: one[0].lower()))
    yield "sorted as whole pairs", _built(scene, lambda p: sorted(p, key="=".join))
    yield "in reverse", _built(scene, lambda p: sorted(p, reverse=True))


def _joined_otherwise(scene: Scene) -> Readings:
    if _sorted(scene) is None or scene.form is not None:
        return
    yield "names and values without anything between", _built(scene, sorted, equals="", joined="")
    yield "pairs without & between", _built(scene, sorted, joined="")
    yield "pairs with a comma between", _built(scene, sorted, joined=",")
    yield "pairs with | between", _built(scene, sorted, joined="|")
    yield "values only", _built(scene, _nameless, equals="", joined="")
    yield "values with & between", _built(scene, _nameless, equals="")
    yield "an & after the last pair", _built(scene, sorted, end="&")
    yield "values in quotation marks", _built(scene, lambda p: [(n, f'"{v}"') for n, v in sorted(p)])


def _nameless(pairs: Pairs) -> Pairs:
    return [("", value) for _, value in sorted(pairs)]


def _field_missing(scene: Scene) -> Readings:
    text = _sorted(scene)
    if text is not None:
        for name, _ in _pairs(scene):
            yield name, scene.reading(_changed(text, exclude=(*text.exclude, name)))


def _field_added(scene: Scene) -> Readings:
    text = _sorted(scene)
    if text is None:
        return
    for name in text.exclude:
        if name in scene.draft.fields:
            exclude = tuple(other for other in text.exclude if other != name)
            yield name, scene.reading(_changed(text, exclude=exclude))
    own = scene.signature.place.name
    if scene.signature.place.at == "field":
        # Some libraries leave the signature's own name in the form, with nothing behind it.
        empty = {**scene.draft.fields, own: ""}
        kept = _changed(text, keep_empty=True, exclude=tuple(n for n in text.exclude if n != own))
        yield f"{own}=", scene.with_fields(empty).reading(kept)


def _field_decoding(scene: Scene) -> Readings:
    text = _sorted(scene)
    if text is None:
        return
    encoding = charset(scene.leg.body)
    fields = scene.draft.fields
    yield "as the body spells it", scene.with_fields(_undecoded(scene, fields))
    yield "blanks as +", scene.with_fields({n: quote_plus(v, encoding=encoding) for n, v in fields.items()})
    yield "blanks as %20", scene.with_fields({n: quote(v, "", encoding=encoding) for n, v in fields.items()})
    yield "slashes left", scene.with_fields({n: quote(v, encoding=encoding) for n, v in fields.items()})
    lower = {n: _lower_escapes(quote_plus(v, encoding=encoding)) for n, v in fields.items()}
    yield "in lower case", scene.with_fields(lower)
    yield "the whole text", scene.then(lambda built: quote_plus(built).encode("ascii"))
    yield (
        "twice decoded",
        scene.with_fields({n: unquote_plus(v, encoding=encoding) for n, v in fields.items()}),
    )
    yield "twice decoded, + kept", scene.with_fields({n: unquote(v, encoding) for n, v in fields.items()})


def _undecoded(scene: Scene, fields: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(scene.leg.body, FormBody):
        return dict(fields)
    pairs = [pair.partition("=") for pair in scene.draft.body.decode("latin-1").split("&")]
    return {unquote_plus(name): value for name, _, value in pairs}


def _lower_escapes(text: str) -> str:
    first, *rest = text.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])


def _plus_and_blank(scene: Scene) -> Readings:
    fields = scene.draft.fields
    for detail, old, new in (
        ("the plus was sent as it is, and read as a blank", " ", "+"),
        ("a blank is signed as %20", " ", "%20"),
        ("a plus is signed as a blank", "+", " "),
    ):
        touched = [name for name, value in fields.items() if old in value]
        yield detail, scene.with_fields({name: value.replace(old, new) for name, value in fields.items()})
        for name in touched:
            yield f"{detail}, in {name}", scene.with_fields({**fields, name: fields[name].replace(old, new)})


def _blanks_trimmed(scene: Scene) -> Readings:
    changed = {name: value.strip() for name, value in scene.draft.fields.items()}
    if changed != scene.draft.fields:
        yield "", scene.with_fields(changed)


def _plaintext_signed(scene: Scene) -> Readings:
    name = scene.payload_name
    if scene.plain is None:
        return
    if name is None:
        yield "", scene.with_body(scene.plain)
        return
    plain = scene.plain.decode(charset(scene.leg.body), "replace")
    yield "", scene.with_fields({**scene.draft.fields, name: plain})


def _path(scene: Scene) -> Readings:
    text = _sorted(scene)
    if text is None:
        return
    yield (
        ("not signed" if text.path_prefix else "signed"),
        scene.reading(_changed(text, path_prefix=not text.path_prefix)),
    )
    if text.path_prefix:
        for detail, path in other_paths(scene):
            yield detail, scene.with_path(path)
        for detail, between in (("& after it", "&"), ("nothing after it", ""), ("a newline after it", "\n")):
            yield detail, scene.then(_rejoined(scene.draft.path, between))


def _rejoined(path: str, between: str) -> Step:
    bare = path.partition("?")[0].encode()
    return lambda built: built.replace(bare + b"?", bare + between.encode(), 1)


def other_paths(scene: Scene) -> Iterable[tuple[str, str]]:
    """Paths that are signed in the place of the right one."""
    path = scene.draft.path
    bare, _, query = path.partition("?")
    host = scene.draft.headers.get("host", "")
    yield "without its query", bare
    yield "without its first segment", "/" + bare.lstrip("/").partition("/")[2]
    yield "with a slash at its end", f"{bare}/"
    yield "without the slash at its end", bare.rstrip("/")
    yield "without the slash at its beginning", bare.lstrip("/")
    yield "percent-decoded", unquote(path)
    yield "in lower case", path.lower()
    if query:
        yield "its query sorted", f"{bare}?{'&'.join(sorted(query.split('&')))}"
    if host:
        yield "with its host", f"https://{host}{path}"
        yield "with its host, over http", f"http://{host}{path}"


def _digest(scene: Scene) -> Readings:
    text = _sorted(scene)
    if text is None:
        return
    for digest in _DIGESTS:
        if digest != text.digest:
            yield digest, scene.reading(_changed(text, digest=digest))
    if text.digest == "none":
        return
    plain = scene.reading(_changed(text, digest="none"))
    make = sm3 if text.digest == "sm3-hex" else lambda built: hashlib.sha256(built).digest()
    yield "in upper case", plain.then(lambda built: make(built).hex().upper().encode())
    yield "as bytes", plain.then(make)


FORMS = (
    Mistake("empty-kept", _empty_kept),
    Mistake("empty-dropped", _empty_dropped),
    Mistake("order", _order),
    Mistake("field-added", _field_added),
    Mistake("field-missing", _field_missing),
    Mistake("plus-and-blank", _plus_and_blank),
    Mistake("field-decoding", _field_decoding),
    Mistake("path", _path),
    Mistake("digest", _digest),
    Mistake("plaintext-signed", _plaintext_signed),
    Mistake("blanks-trimmed", _blanks_trimmed),
    Mistake("empty-as-null", _empty_as_null),
    Mistake("joined-otherwise", _joined_otherwise),
)
