"""A message as a profile reads it, and how a supposed mistake may change it before its text is built anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from signing import bodies
from signing.covered import signed_text
from signing.draft import Draft, lower_names, read_authorization
from signing.envelope import Wire
from signing.profile import Leg, Signature, SignedText

Step = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Scene:
    """One reading of one message. ``plain`` is the opened payload, where it is encrypted and we hold the key.

    ``form`` builds the signed text in another way than the profile's, ``after`` are steps on what was built.
    """

    leg: Leg
    signature: Signature
    draft: Draft
    plain: bytes | None = None
    form: Callable[[Scene], bytes] | None = None
    after: tuple[Step, ...] = ()

    def text(self) -> bytes:
        """The signed text under this reading. Raises MalformedMessage or ProfileInvalid."""
        built = signed_text(self.leg, self.signature, self.draft) if self.form is None else self.form(self)
        for step in self.after:
            built = step(built)
        return built

    @property
    def payload_name(self) -> str | None:
        """The field that carries the payload, once a wildcard is resolved."""
        return self.draft.payload_name or self.leg.body.payload

    def reading(self, changed: SignedText) -> Scene:
        """The same message under another declaration of the signed text."""
        return replace(self, signature=self.signature.model_copy(update={"text": changed}))

    def with_fields(self, fields: Mapping[str, str]) -> Scene:
        """The same message with other values in its fields; its body stays."""
        return replace(self, draft=replace(self.draft, fields=dict(fields)))

    def with_body(self, body: bytes) -> Scene:
        """The same message with other bytes in its body; its fields stay."""
        return replace(self, draft=replace(self.draft, body=body))

    def with_path(self, path: str) -> Scene:
        """The same message to another path."""
        return replace(self, draft=replace(self.draft, path=path))

    def formed(self, form: Callable[[Scene], bytes]) -> Scene:
        """The same message, its signed text built by ``form``."""
        return replace(self, form=form)

    def then(self, step: Step) -> Scene:
        """The same message with one more step on its signed text."""
        return replace(self, after=(*self.after, step))


def read_scene(leg: Leg, signature: Signature, wire: Wire, body: bytes) -> Scene:
    """The message as the profile reads it, its digest unchecked. Raises MalformedMessage."""
    draft = Draft(wire.method, wire.path, lower_names(wire.headers), body=body)
    if leg.authorization is not None:
        read_authorization(leg.authorization, draft)
    bodies.parse(leg.body, draft)
    return Scene(leg, signature, draft)
