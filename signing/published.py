"""The list of keys whose secret half is public, and their refusal."""

from __future__ import annotations

from functools import cache
from importlib import resources

from signing.errors import PublishedKeyRefused
from signing.keys import KeyRing


def refuse_published(ring: KeyRing, *, sandbox: bool) -> None:
    """Raise PublishedKeyRefused when a key of the ring has a published secret and this is no sandbox."""
    if sandbox:
        return
    for entry in ring.entries:
        if entry.key.fingerprint() in published_fingerprints():
            raise PublishedKeyRefused(
                f"ring {ring.name}: the secret of key {entry.key.key_id} is published; replace it"
            )


@cache
def published_fingerprints() -> frozenset[str]:
    """SHA-256 fingerprints of public keys and secrets that appear in published samples and test material."""
    text = (resources.files("signing") / "published_keys.txt").read_text(encoding="utf-8")
    return frozenset(line.split()[0] for line in text.splitlines() if line and not line.startswith("#"))
