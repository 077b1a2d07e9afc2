"""Keys in rings: which one acts, which are believed, and how one follows another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NoReturn

from signing.errors import KeyUnavailable
from signing.keys.handle import Key, KeyUse


class KeyState(StrEnum):
    """Where a key stands in its life."""

    PRE_ACTIVE = "pre-active"  # distributed and already accepted from others, so promotion needs no downtime
    ACTIVE = "active"
    ACCEPT_ONLY = "accept-only"  # retired: what it made before is still believed, nothing new is made with it
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class RingEntry:
    """A key's place in a ring. Dates are aware; ``not_after`` is the first instant it no longer holds."""

    key: Key
    state: KeyState = KeyState.ACTIVE
    not_before: datetime | None = None
    not_after: datetime | None = None
    primary: bool = False

    def holds_at(self, now: datetime) -> bool:
        """Whether ``now`` lies in the key's dates."""
        if self.not_before is not None and now < self.not_before:
            return False
        return self.not_after is None or now < self.not_after

    def days_left(self, now: datetime) -> int | None:
        """Whole days until the key no longer holds, negative afterwards; None when it has no end."""
        return None if self.not_after is None else (self.not_after - now).days

    def serves(self, use: KeyUse) -> bool:
        """Whether the key may be used for ``use``."""
        return self.key.use in (use, KeyUse.ANY) or use is KeyUse.ANY


class KeyRing:
    """An immutable set of keys under one name; changing it makes another ring."""

    __slots__ = ("_believed", "_primaries", "entries", "name")

    def __init__(self, name: str, entries: Iterable[RingEntry]) -> None:
        self.name = name
        self.entries = tuple(entries)
        ids = [entry.key.key_id for entry in self.entries]
        if len(set(ids)) != len(ids):
            raise KeyUnavailable(f"ring {name}: two keys share an id")
        for use in KeyUse:
            if sum(1 for entry in self.entries if entry.primary and entry.key.use is use) > 1:
                raise KeyUnavailable(f"ring {name}: more than one primary for use {use.value}")
        # Everything but the dates is settled here, once: a ring is asked twice for every message.
        self._primaries = {use.value: self._primaries_for(use) for use in KeyUse}
        self._believed = {
            use.value: tuple(
                entry for entry in self.entries if entry.state is not KeyState.REVOKED and entry.serves(use)
            )
            for use in KeyUse
        }

    def _primaries_for(self, use: KeyUse) -> tuple[RingEntry, ...]:
        """Active primaries that serve a use, a key made for it before a general one."""
        found = [
            entry
            for entry in self.entries
            if entry.primary and entry.state is KeyState.ACTIVE and entry.serves(use)
        ]
        return tuple(sorted(found, key=lambda entry: entry.key.use is not use))

    @classmethod
    def of(cls, name: str, *keys: Key) -> KeyRing:
        """A ring of active keys without dates; the first of each use is its primary."""
        seen: set[KeyUse] = set()
        entries = []
        for key in keys:
            entries.append(RingEntry(key, primary=key.use not in seen))
            seen.add(key.use)
        return cls(name, entries)

    def primary(self, now: datetime, use: KeyUse = KeyUse.ANY) -> Key:
        """The key to act with at ``now``. Raises KeyUnavailable."""
        for entry in self._primaries[use._value_]:
            if entry.holds_at(now):
                return entry.key
        raise KeyUnavailable(f"ring {self.name}: no active primary key for use {use.value} at this time")

    def accepted(self, now: datetime, key_id: str | None = None, use: KeyUse = KeyUse.ANY) -> tuple[Key, ...]:
        """The keys believed at ``now``, only ``key_id`` when given. Never empty: raises KeyUnavailable."""
        believed = self._believed[use._value_]
        if key_id is not None:
            believed = tuple([entry for entry in believed if entry.key.key_id == key_id])
        if len(believed) == 1 and believed[0].holds_at(now):  # as good as always
            return (believed[0].key,)
        keys = tuple([entry.key for entry in believed if entry.holds_at(now)])
        if not keys:
            wanted = "any key" if key_id is None else "the key named by the message"
            raise KeyUnavailable(f"ring {self.name}: {wanted} is unknown, revoked or outside its dates")
        return keys

    def stored(self, key_id: str) -> Key:
        """The key for data at rest: dates do not matter, revocation does. Raises KeyUnavailable."""
        entry = self.entry(key_id)
        if entry.state is KeyState.REVOKED:
            raise KeyUnavailable(f"ring {self.name}: key {key_id} is revoked")
        return entry.key

    def entry(self, key_id: str) -> RingEntry:
        """The entry of one key. Raises KeyUnavailable."""
        for entry in self.entries:
            if entry.key.key_id == key_id:
                return entry
        raise KeyUnavailable(f"ring {self.name}: no key {key_id}")

    def with_entry(self, entry: RingEntry) -> KeyRing:
        """Phase one of a rotation: the same ring with one more key, usually pre-active."""
        return KeyRing(self.name, (*self.entries, entry))

    def promoted(self, key_id: str) -> KeyRing:
        """Phase two: ``key_id`` becomes the active primary, the former primary of its use accept-only."""
        chosen = self.entry(key_id)
        if chosen.state is KeyState.REVOKED:
            raise KeyUnavailable(f"ring {self.name}: key {key_id} is revoked")

        def step(entry: RingEntry) -> RingEntry:
            if entry is chosen:
                return replace(entry, state=KeyState.ACTIVE, primary=True)
            if entry.primary and entry.key.use is chosen.key.use:
                return replace(entry, state=KeyState.ACCEPT_ONLY, primary=False)
            return entry

        return KeyRing(self.name, map(step, self.entries))

    def expiring(self, now: datetime, *, within_days: int = 30) -> tuple[RingEntry, ...]:
        """The keys still in use that end within so many days, or have ended: the warning to renew them."""
        found = []
        for entry in self.entries:
            left = entry.days_left(now)
            in_use = entry.state in (KeyState.PRE_ACTIVE, KeyState.ACTIVE)
            if in_use and left is not None and left < within_days:
                found.append(entry)
        return tuple(found)

    def revoked(self, key_id: str) -> KeyRing:
        """The ring with one key revoked at once, for signing, believing and opening alike."""
        chosen = self.entry(key_id)
        revoked = replace(chosen, state=KeyState.REVOKED, primary=False)
        return KeyRing(self.name, (revoked if entry is chosen else entry for entry in self.entries))

    def __repr__(self) -> str:
        return f"<KeyRing {self.name}: {len(self.entries)} keys>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key ring is neither pickled nor copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a key ring is neither pickled nor copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a key ring is neither pickled nor copied")


@dataclass(frozen=True, repr=False)
class PartnerKeys:
    """The keys between us and one partner: our private ring, their public ring, and what we share."""

    ours: KeyRing
    theirs: KeyRing
    shared: KeyRing | None = None

    def pre_shared(self) -> KeyRing:
        """The shared ring. Raises KeyUnavailable when none was agreed."""
        if self.shared is None:
            raise KeyUnavailable("no pre-shared key ring is configured for this partner")
        return self.shared

    def __repr__(self) -> str:
        return f"<PartnerKeys {self.ours.name} / {self.theirs.name}>"
